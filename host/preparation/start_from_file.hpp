#pragma once
#include <cstdint>
#include <span>

#include <hysteron/io.hpp>
#include <hysteron/journal.hpp>

namespace hysteron {

/// Throws a data error unless the network reads as many values a step as the sequences have.
void expect_start(const StoredModel& stored, int features);

/// Puts the file's parameters into every replica of a model of that cell, those units and layers. A read-out that the
/// file lacks, or that has another number of outputs, is drawn as torch.nn.Linear's, and that is said.
template <class Real>
void start_from_file(const StoredModel& stored, Model<Real>& model, std::span<const std::uint64_t> seeds,
                     Journal& journal);

}  // namespace hysteron
