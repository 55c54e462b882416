#pragma once
#include <string>
#include <vector>

#include <hysteron/io.hpp>

namespace hysteron {

/// Tensors of one module whose names are those of a recurrent layer: PREFIXweight_ih_l0 as in an nn.GRU, or
/// PREFIXweight_ih as in an nn.GRUCell.
struct RecurrentModule {
  std::string prefix;
  bool numbered = true;          ///< _l0, _l1, … follow
  int layers = 0;                ///< 1 without numbers
  std::string unsupported = {};  ///< a tensor that only a bidirectional or projected network has
};

/// Every recurrent module of a file, by prefix. Throws a data error when there is none.
std::vector<RecurrentModule> recurrent_modules(const Safetensors& file);

/// The network of a file without our metadata, as `reading` tells it; nothing of it is checked against the cell but the
/// input matrix of the first layer. Throws usage errors for what must be told, data errors for what cannot be read.
StoredModel foreign_model(Safetensors file, const ModelReading& reading);

}  // namespace hysteron
