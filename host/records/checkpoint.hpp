#pragma once
#include <filesystem>

#include <hysteron/trainer.hpp>

namespace hysteron {

/// Writes everything that a trainer needs to go on bit for bit, in one file that is the old one or the new one.
template <class Real>
void write_checkpoint(const std::filesystem::path& path, const TrainerState<Real>& state);

/// Throws a data error for a file that is not a checkpoint of `replicas` networks of `size` parameters of this
/// precision.
template <class Real>
TrainerState<Real> read_checkpoint(const std::filesystem::path& path, int replicas, std::ptrdiff_t size);

}  // namespace hysteron
