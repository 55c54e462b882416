#include <algorithm>

#include "backend/cpu_operations.hpp"

// Moves rows from place to place.
namespace hysteron {

namespace {

constexpr std::ptrdiff_t rows_of_task = 64;

/// Calls use(replica, row) for every row of every replica.
template <class Use>
void for_each_row(Workers& workers, int replicas, std::ptrdiff_t rows, std::ptrdiff_t columns, const Use& use) {
  const std::ptrdiff_t tasks = (rows + rows_of_task - 1) / rows_of_task;
  workers.run(replicas * tasks, replicas * rows * columns, [&](std::ptrdiff_t i, int) {
    const std::ptrdiff_t replica = i / tasks, first = i % tasks * rows_of_task;
    for (std::ptrdiff_t row = first; row < std::min(rows, first + rows_of_task); ++row) use(replica, row);
  });
}

void require(bool right, std::ptrdiff_t expected, std::ptrdiff_t found) {
  if (!right)
    throw defect(
        {.what = "rows of another shape", .expected = std::to_string(expected), .found = std::to_string(found)});
}

}  // namespace

template <class Real>
void CpuOperations<Real>::repeat_row(View<const Real> from, View<Real> to) {
  require(from.columns == to.columns, to.columns, from.columns);
  for_each_row(*workers_, to.replicas, to.rows, to.columns, [&](std::ptrdiff_t replica, std::ptrdiff_t row) {
    std::copy_n(from.at(replica, 0), to.columns, to.at(replica, row));
  });
}

template <class Real>
void CpuOperations<Real>::copy(View<const Real> from, View<Real> to) {
  require(from.columns == to.columns, to.columns, from.columns);
  require(from.rows == to.rows, to.rows, from.rows);
  for_each_row(*workers_, to.replicas, to.rows, to.columns, [&](std::ptrdiff_t replica, std::ptrdiff_t row) {
    std::copy_n(from.at(replica, row), to.columns, to.at(replica, row));
  });
}

template <class Real>
void CpuOperations<Real>::clear(View<Real> values) {
  for_each_row(*workers_, values.replicas, values.rows, values.columns,
               [&](std::ptrdiff_t replica, std::ptrdiff_t row) {
                 std::fill_n(values.at(replica, row), values.columns, Real(0));
               });
}

template <class Real>
template <class Value>
void CpuOperations<Real>::gather_values(const GatherRun<Value>& run) {
  const std::ptrdiff_t features = run.features;
  require(run.gathered.columns == features, features, run.gathered.columns);
  for_each_row(*workers_, run.gathered.replicas, std::ptrdiff_t(run.steps) * run.batch, features,
               [&](std::ptrdiff_t replica, std::ptrdiff_t row) {
                 const std::ptrdiff_t step = row / run.batch, sequence = row % run.batch;
                 Value* const to = run.gathered.at(replica, row);
                 if (step < run.stored_steps) {
                   const std::ptrdiff_t index = run.indices[replica * run.indices_replica + sequence];
                   std::copy_n(run.sequences + (index * run.stored_steps + step) * features, features, to);
                 } else {
                   std::fill_n(to, features, Value(0));
                 }
               });
}

template void CpuOperations<float>::repeat_row(View<const float>, View<float>);
template void CpuOperations<double>::repeat_row(View<const double>, View<double>);
template void CpuOperations<float>::copy(View<const float>, View<float>);
template void CpuOperations<double>::copy(View<const double>, View<double>);
template void CpuOperations<float>::clear(View<float>);
template void CpuOperations<double>::clear(View<double>);
template void CpuOperations<float>::gather_values(const GatherRun<float>&);
template void CpuOperations<float>::gather_values(const GatherRun<int>&);
template void CpuOperations<double>::gather_values(const GatherRun<double>&);
template void CpuOperations<double>::gather_values(const GatherRun<int>&);

}  // namespace hysteron
