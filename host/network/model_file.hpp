#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/model.hpp>

#include "files/safetensors.hpp"

namespace hysteron {

/// One network as it lies in a file: ours, or one that PyTorch wrote.
struct StoredModel {
  ModelShape shape;
  Safetensors file;
  std::vector<std::string> names;  ///< in the file, of each of parameter_slices(shape)

  std::uint64_t seed() const;  ///< as the file says, else 1
};

/// Reads a model file. With our metadata the shape is what it says; `cell` empty or the same. Without, `cell` must be
/// given, and sizes come from the shapes of the tensors called PREFIXweight_ih_l0 and so on, whatever the prefix; a
/// PREFIX.weight [outputs, units] with its bias, called readout or the only one, is the read-out. Other tensors are
/// kept and left alone. Throws data errors: a tensor missing, of a wrong shape or not finite; a network without biases.
StoredModel read_model(const std::filesystem::path& path, std::string_view cell = "");

/// Puts the file's parameters into one replica of a model of that shape.
template <class Real>
void put_parameters(const StoredModel& stored, Model<Real>& model, int replica);

/// The same file with one replica's parameters: names, order, dtypes and everything else as they were.
template <class Real>
Safetensors with_parameters(const StoredModel& stored, Model<Real>& model, int replica);

/// One replica as a file of ours: "hysteron-model/1", names and layouts as torch.nn.
template <class Real>
Safetensors model_file(Model<Real>& model, int replica, std::string_view task, std::uint64_t seed);

}  // namespace hysteron
