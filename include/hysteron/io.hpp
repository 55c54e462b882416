#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/array.hpp>
#include <hysteron/model.hpp>
#include <hysteron/safetensors.hpp>
#include <hysteron/sequences.hpp>

// What programs exchange: networks as safetensors files, ours or PyTorch's, and sequences as arrays. (Arrays
// themselves: array.hpp; the contents of a run's folder, its journal and result included: run_record.hpp.)

namespace hysteron {

/// One network as it lies in a file: ours, or one that PyTorch wrote.
struct StoredModel {
  ModelShape shape = {};
  Safetensors file = {};                ///< everything in the file, other tensors too
  std::vector<std::string> names = {};  ///< the name in the file of each of parameter_slices(shape)
  /// For the user, in one line: what was taken from a file that does not say itself what it holds, and which tensors
  /// were left out. Empty: a file of ours, all of which was taken.
  std::string taken = {};

  std::uint64_t seed() const;  ///< as the file says, else 1
  /// Whether the network is in double precision: whether any of its parameters is.
  bool is_double() const;
};

/// Biases that the file lacks, as that of a module made with bias=False does: an error, or zeros.
enum class MissingBiases { refused, zeros };

/// What a file without our metadata does not say of its network, and which of its layers the network is.
struct ModelReading {
  std::string cell = {};          ///< "gru" for an nn.GRU, "lstm", "elman" for an nn.RNN
  std::string nonlinearity = {};  ///< of an nn.RNN, "tanh" or "relu"; empty: as the metadata say, else tanh
  std::string recurrent =
      {};  ///< the name before weight_ih_l0, of one of several networks; of a list of modules of
           ///< one layer each (NAME.0, NAME.1, ..) its name, or names, "a,b", from the inputs up; empty: the only one
  std::string readout = {};  ///< the name before weight, or "none"; empty: the layer that can be no other
  MissingBiases biases = MissingBiases::refused;
};

/// Reads a model file. With our metadata, the shape is taken from it, and what `reading` says must be the same (a
/// read-out may be left out). Without it, as in a state_dict, the cell must be given, and sizes come from the shapes of
/// the tensors called PREFIXweight_ih_l0 (or PREFIXweight_ih, as of an nn.GRUCell) and so on, whatever the prefix; a
/// PREFIX.weight [outputs, units] with its bias, called readout or the only one, is the read-out. Other tensors are
/// kept unchanged. Throws usage errors: no cell, or one other than the file's, and whatever can be read in more than
/// one way; data errors: a tensor that is missing, of a wrong shape or not finite.
StoredModel read_model(const std::filesystem::path& path, const ModelReading& reading);
StoredModel read_model(const std::filesystem::path& path, std::string_view cell = "");

/// A population whose replicas all have the file's parameters.
template <class Real>
Model<Real> network_of(Backend& backend, const StoredModel& stored, int replicas = 1);

/// Puts the file's parameters into one replica of a model of that shape.
template <class Real>
void put_parameters(const StoredModel& stored, Model<Real>& model, int replica);

/// The same file with one replica's parameters: names, order, element types and everything else as they were.
template <class Real>
Safetensors with_parameters(const StoredModel& stored, Model<Real>& model, int replica = 0);

/// One replica as a model file of this library, for write_safetensors: names and layouts as torch.nn, so that a module
/// with an nn.GRU called rnn and an nn.Linear called readout loads it with load_state_dict; the shape, `task` and
/// `seed` are its metadata ("hysteron-model/1").
template <class Real>
Safetensors model_file(Model<Real>& model, int replica = 0, std::string_view task = "", std::uint64_t seed = 1);

/// At which steps outputs are compared with targets. automatic: all when there are targets for every step, else last.
enum class Answers { automatic, last, all };

/// By the name that a user gives: "auto", "last", "all". Throws a usage error.
Answers answers_named(const std::string& name);
/// "mse", "cross_entropy" or "binary_cross_entropy". Throws a usage error.
LossKind loss_named(const std::string& name);

/// The order of the first two axes of arrays of sequences and targets: [steps, batch, ..], or [batch, steps, ..] as
/// with PyTorch's batch_first.
enum class Axes { steps_first, batch_first };

/// The user's own sequences. Shapes are given for Axes::steps_first.
struct SequenceArrays {
  Array inputs = {};                            ///< [steps, batch, inputs] float32 or float64
  std::optional<Array> lengths = std::nullopt;  ///< [batch] integers, 1 .. steps; none: every sequence has all steps
  /// mse, binary_cross_entropy (0 .. 1): [1 or steps, batch, outputs] float32 or float64; cross_entropy: [batch] or
  /// [steps, batch] integers from 0 on; none: there are no answers.
  std::optional<Array> targets = std::nullopt;
  LossKind loss = LossKind::mse;
  Answers answers = Answers::automatic;
  std::optional<int> classes = std::nullopt;  ///< labels are less than this; none: the largest label plus 1
  Axes axes = Axes::steps_first;
  int ignored_label = hysteron::ignored_label;  ///< the label that does not count
};

/// The same in files: names of .npy or .npz files, as read_array takes them.
struct SequenceFiles {
  std::string inputs = {};   ///< [steps, batch, inputs]
  std::string lengths = {};  ///< [batch]; empty: every sequence has all steps
  std::string targets = {};  ///< empty: there are no answers
  LossKind loss = LossKind::mse;
  Answers answers = Answers::automatic;
  std::optional<int> classes = std::nullopt;
  Axes axes = Axes::steps_first;
  int ignored_label = hysteron::ignored_label;  ///< the label that does not count
};

/// Lays them out sequence by sequence, as the whole library takes them. With Answers::last and targets for every step,
/// each sequence's target or label is that of its own last step. target_steps is 1 or the inputs' steps, for labels
/// too. Throws data errors: shapes and element types other than the above; values that are not finite; lengths and
/// labels out of range.
Sequences sequences_of(const SequenceArrays& arrays);
Sequences read_sequences(const SequenceFiles& files);

}  // namespace hysteron
