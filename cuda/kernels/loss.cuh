#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

#include <hysteron/operations.hpp>

#include "block_sum.cuh"

namespace hysteron::cuda {

// The mean loss over the rows that count and its gradient, in double precision, in two launches: over parts of 256
// rows, then over the parts. Memory bound: outputs and targets read, gradients written, 12 bytes per output in single
// precision. A label out of range makes the replica's loss not-a-number, and reads nothing.

inline constexpr int loss_threads = 256, rows_of_loss = 256;

struct RowLoss {
  double loss = 0, right = 0, answers = 0;
};

inline std::ptrdiff_t parts_of_loss(std::ptrdiff_t rows) { return (rows + rows_of_loss - 1) / rows_of_loss; }

/// The label of a row; of another loss, one that counts.
template <class Real>
__device__ int label_of(const LossRun<Real>& run, int replica, std::ptrdiff_t row) {
  if (run.kind != LossKind::cross_entropy) return 0;
  const std::ptrdiff_t first = std::ptrdiff_t(replica) * run.label_steps * run.batch;
  return run.labels[first + (run.label_steps > 1 ? row : row % run.batch)];
}

template <class Real>
__device__ bool row_counts(const LossRun<Real>& run, int replica, std::ptrdiff_t row) {
  const std::ptrdiff_t sequence = std::ptrdiff_t(replica) * run.batch + row % run.batch;
  return label_of(run, replica, row) != ignored_label &&
         (!run.lengths || run.first_step + row / run.batch < run.lengths[sequence]);
}

/// How many rows of a replica count. Called by the whole block.
template <class Real>
__device__ double counted_rows(const LossRun<Real>& run, int replica) {
  if (run.kind == LossKind::cross_entropy) {
    double counted = 0;
    for (std::ptrdiff_t row = threadIdx.x; row < std::ptrdiff_t(run.steps) * run.batch; row += loss_threads)
      counted += row_counts(run, replica, row) ? 1 : 0;
    return block_sum(counted);
  }
  if (!run.lengths) return double(run.steps) * run.batch;
  double counted = 0;
  for (int sequence = int(threadIdx.x); sequence < run.batch; sequence += loss_threads) {
    const int steps = run.lengths[std::ptrdiff_t(replica) * run.batch + sequence] - run.first_step;
    counted += steps < 0 ? 0 : steps < run.steps ? steps : run.steps;
  }
  return block_sum(counted);
}

/// 1 / (number of terms in the mean).
template <class Real>
__device__ double share_of_term(const LossRun<Real>& run, int replica) {
  const double terms = counted_rows(run, replica) * (run.kind == LossKind::mse ? double(run.outputs.columns) : 1.0);
  return terms > 0 ? 1 / terms : 0;
}

/// A row as the lanes of a group see it: each takes every `lanes`-th value.
template <class Real>
struct LossRow {
  const Real* output;
  const Real* target;  // null for cross_entropy
  Real* gradient;      // null: not wanted
  int width, lane, lanes;
  double share;

  template <class Use>
  __device__ void each(Use use) const {
    for (int i = lane; i < width; i += lanes) use(i);
  }
  __device__ void give(int i, double value) const {
    if (gradient) gradient[i] = Real(share * value);
  }
};

template <class Real>
__device__ RowLoss squared_error(const LossRow<Real>& row) {
  RowLoss sum;
  row.each([&](int i) {
    const double error = double(row.output[i]) - double(row.target[i]);
    sum.loss += error * error;
    row.give(i, 2 * error);
  });
  return sum;
}

// max(x, 0) - x y + log(1 + exp(-|x|)), which overflows nowhere.
template <class Real>
__device__ RowLoss binary_cross_entropy(const LossRow<Real>& row) {
  RowLoss sum;
  row.each([&](int i) {
    const double x = double(row.output[i]), y = double(row.target[i]), power = std::exp(x < 0 ? x : -x);
    sum.loss += (x < 0 ? 0 : x) - x * y + std::log1p(power);
    const bool said = x > 0, is = y > 0.5;
    sum.right += said && is ? 1 : 0;
    sum.answers += said || is ? 1 : 0;
    row.give(i, (x >= 0 ? 1 : power) / (1 + power) - y);
  });
  return sum;
}

// Called by the whole warp; a row that does not exist has width zero.
template <class Real>
__device__ RowLoss cross_entropy(const LossRow<Real>& row, int label) {
  double largest = -double(INFINITY);
  int answer = row.width;
  row.each([&](int i) {
    if (double(row.output[i]) > largest) largest = double(row.output[i]), answer = i;
  });
  for (int distance = row.lanes / 2; distance > 0; distance /= 2) {  // the first of equal values
    const double other = __shfl_xor_sync(~0U, largest, distance);
    const int place = __shfl_xor_sync(~0U, answer, distance);
    if (other > largest || (other == largest && place < answer)) largest = other, answer = place;
  }
  double powers = 0;
  row.each([&](int i) { powers += std::exp(double(row.output[i]) - largest); });
  powers = warp_sum(powers, row.lanes);
  row.each([&](int i) { row.give(i, std::exp(double(row.output[i]) - largest) / powers - (i == label ? 1 : 0)); });
  if (row.lane != 0 || row.width == 0) return {};
  const bool in_range = label >= 0 && label < row.width;
  return {.loss = in_range ? largest + std::log(powers) - double(row.output[label]) : double(NAN),
          .right = answer == label ? 1.0 : 0.0,
          .answers = 1};
}

template <class Real>
__global__ void __launch_bounds__(loss_threads)
    loss_of_parts(LossRun<Real> run, int lanes, RowLoss* partial, double* shares) {
  const int replica = int(blockIdx.z), lane = int(threadIdx.x) % lanes, width = int(run.outputs.columns);
  const std::ptrdiff_t rows = std::ptrdiff_t(run.steps) * run.batch;
  const double share = share_of_term(run, replica);
  RowLoss sum;
  const std::ptrdiff_t first = std::ptrdiff_t(blockIdx.x) * rows_of_loss;
  for (int at = 0; at < rows_of_loss; at += loss_threads / lanes) {
    const std::ptrdiff_t row = first + at + int(threadIdx.x) / lanes;
    const bool exists = row < rows;
    const bool counts = exists && row_counts(run, replica, row);
    LossRow<Real> own{
        .output = run.outputs.first + replica * run.outputs.replica + row * run.outputs.row,
        .target =
            run.targets.first ? run.targets.first + replica * run.targets.replica + row * run.targets.row : nullptr,
        .gradient =
            run.gradient.first ? run.gradient.first + replica * run.gradient.replica + row * run.gradient.row : nullptr,
        .width = exists ? width : 0,
        .lane = lane,
        .lanes = lanes,
        .share = share};
    if (!counts) {
      if (own.gradient) own.each([&](int i) { own.gradient[i] = Real(0); });
      own.width = 0;
    }
    RowLoss of_row;
    if (run.kind == LossKind::cross_entropy) {
      of_row = cross_entropy(own, counts ? label_of(run, replica, row) : 0);
    } else {
      of_row = run.kind == LossKind::mse ? squared_error(own) : binary_cross_entropy(own);
    }
    sum.loss += of_row.loss, sum.right += of_row.right, sum.answers += of_row.answers;
  }
  const RowLoss total{.loss = block_sum(sum.loss), .right = block_sum(sum.right), .answers = block_sum(sum.answers)};
  if (threadIdx.x != 0) return;
  partial[std::ptrdiff_t(replica) * gridDim.x + blockIdx.x] = total;
  if (blockIdx.x == 0) shares[replica] = share;
}

template <class Real>
__global__ void __launch_bounds__(loss_threads)
    loss_of_replica(LossRun<Real> run, std::ptrdiff_t parts, const RowLoss* partial, const double* shares) {
  const int replica = int(blockIdx.x);
  RowLoss sum;
  for (std::ptrdiff_t part = threadIdx.x; part < parts; part += loss_threads) {
    const RowLoss& of_part = partial[replica * parts + part];
    sum.loss += of_part.loss, sum.right += of_part.right, sum.answers += of_part.answers;
  }
  const RowLoss total{.loss = block_sum(sum.loss), .right = block_sum(sum.right), .answers = block_sum(sum.answers)};
  if (threadIdx.x != 0) return;
  run.loss[replica] = parts > 0 ? total.loss * shares[replica] : 0;
  if (run.accuracy) run.accuracy[replica] = total.answers > 0 ? total.right / total.answers : 0;
  if (run.answers) run.answers[replica] = total.answers;
}

/// Bytes of workspace that launch_loss needs.
template <class Real>
std::size_t loss_workspace(const LossRun<Real>& run) {
  const std::ptrdiff_t parts = parts_of_loss(std::ptrdiff_t(run.steps) * run.batch);
  return std::size_t(run.outputs.replicas) * (std::size_t(parts) * sizeof(RowLoss) + sizeof(double));
}

template <class Real>
void launch_loss(const LossRun<Real>& run, void* workspace, cudaStream_t stream) {
  const int replicas = run.outputs.replicas;
  if (replicas == 0) return;
  const std::ptrdiff_t parts = parts_of_loss(std::ptrdiff_t(run.steps) * run.batch);
  auto* const partial = static_cast<RowLoss*>(workspace);
  auto* const shares = reinterpret_cast<double*>(partial + replicas * parts);
  const int lanes = int(std::bit_ceil(unsigned(std::clamp<std::ptrdiff_t>(run.outputs.columns, 1, 32))));
  if (parts > 0) {
    launch({.grid = dim3(unsigned(parts), 1, unsigned(replicas)), .block = dim3(loss_threads), .stream = stream},
           loss_of_parts<Real>, run, lanes, partial, shares);
  }
  launch({.grid = dim3(unsigned(replicas)), .block = dim3(loss_threads), .stream = stream}, loss_of_replica<Real>, run,
         parts, partial, shares);
}

}  // namespace hysteron::cuda
