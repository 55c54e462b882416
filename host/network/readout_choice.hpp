#pragma once
#include <string>
#include <vector>

#include <hysteron/io.hpp>

namespace hysteron {

/// The prefix of the linear layer of a file that reads the top layer ("policy."), empty for none. `asked` is
/// ModelReading::readout; `recurrent` are the prefixes of the recurrent layers, whose tensors are no candidates.
/// Without `asked` it is the layer called readout, or the only one that can be it. Throws a usage error where it may be
/// another, or have further layers above it.
std::string chosen_readout(const Safetensors& file, const ModelShape& shape, const std::vector<std::string>& recurrent,
                           const std::string& asked);

}  // namespace hysteron
