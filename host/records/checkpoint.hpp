#pragma once
#include <filesystem>

#include <hysteron/environment.hpp>
#include <hysteron/q_trainer.hpp>
#include <hysteron/trainer.hpp>

namespace hysteron {

/// Writes everything that a trainer needs to go on bit for bit into one file, which is always either the old one or the
/// new one.
template <class Real>
void write_checkpoint(const std::filesystem::path& path, const TrainerState<Real>& state);

/// Throws a data error for a file that is not a checkpoint of `replicas` networks of `size` parameters of this
/// precision.
template <class Real>
TrainerState<Real> read_checkpoint(const std::filesystem::path& path, int replicas, std::ptrdiff_t size);

/// The same for Q-learning. The starts and actions of the replay's episodes are kept; the rest follows from the
/// environment.
template <class Real>
void write_checkpoint(const std::filesystem::path& path, const QTrainerState<Real>& state);
template <class Real>
QTrainerState<Real> read_q_checkpoint(const std::filesystem::path& path, const Environment& environment, int replicas,
                                      std::ptrdiff_t size);

}  // namespace hysteron
