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

  std::uint64_t seed() const;  ///< as the file says, else 1
  /// Whether the network is in double precision: whether any of its parameters is.
  bool is_double() const;
};

/// Reads a model file. With our metadata, the shape is taken from it, and `cell` must be empty or the same. Without it,
/// as in a state_dict, `cell` must be given ("gru" for an nn.GRU, "lstm", "elman" for an nn.RNN), and sizes come from
/// the shapes of the tensors called PREFIXweight_ih_l0 and so on, whatever the prefix; a PREFIX.weight [outputs, units]
/// with its bias, called readout or the only one, is the read-out. Other tensors are kept unchanged. Throws usage
/// errors: no cell, or one other than the file's; data errors: a tensor that is missing, of a wrong shape or not
/// finite, or no biases.
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

/// The user's own sequences. Time is the first axis, the batch the second.
struct SequenceArrays {
  Array inputs = {};                            ///< [steps, batch, inputs] float32 or float64
  std::optional<Array> lengths = std::nullopt;  ///< [batch] integers, 1 .. steps; none: every sequence has all steps
  /// mse, binary_cross_entropy (0 .. 1): [1 or steps, batch, outputs] float32 or float64; cross_entropy: [batch]
  /// integers from 0 on; none: there are no answers.
  std::optional<Array> targets = std::nullopt;
  LossKind loss = LossKind::mse;
  Answers answers = Answers::automatic;
  std::optional<int> classes = std::nullopt;  ///< labels are less than this; none: the largest label plus 1
};

/// The same in files: names of .npy or .npz files, as read_array takes them.
struct SequenceFiles {
  std::string inputs = {};   ///< [steps, batch, inputs]
  std::string lengths = {};  ///< [batch]; empty: every sequence has all steps
  std::string targets = {};  ///< empty: there are no answers
  LossKind loss = LossKind::mse;
  Answers answers = Answers::automatic;
  std::optional<int> classes = std::nullopt;
};

/// Lays them out sequence by sequence, as the whole library takes them. With Answers::last and targets for every step,
/// each sequence's target is that of its own last step. target_steps is 1 or the inputs' steps, for labels too. Throws
/// data errors: shapes and element types other than the above; values that are not finite; lengths and labels out of
/// range.
Sequences sequences_of(const SequenceArrays& arrays);
Sequences read_sequences(const SequenceFiles& files);

}  // namespace hysteron
