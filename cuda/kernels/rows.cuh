#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <kernel_language.cuh>

#include <hysteron/operations.hpp>

namespace hysteron::cuda {

// Moving rows from place to place, and sums of rows. Memory bound: a copy moves 2 bytes per byte, at 4 TB/s.

/// The number of neighboring values that a thread moves at once where all of them are aligned: 16 bytes.
template <class Value>
struct Wide;
template <>
struct Wide<float> {
  using Word = float4;
};
template <>
struct Wide<double> {
  using Word = double2;
};
template <>
struct Wide<int> {
  using Word = int4;
};
template <class Value>
using WideWord = typename Wide<Value>::Word;

template <class Value>
bool is_wide(const View<Value>& view) {
  constexpr std::ptrdiff_t values = sizeof(WideWord<std::remove_const_t<Value>>) / sizeof(Value);
  return reinterpret_cast<std::uintptr_t>(view.first) % 16 == 0 && view.columns % values == 0 &&
         view.row % values == 0 && view.replica % values == 0;
}

/// The same rows, in words.
template <class Word, class Value>
View<Word> in_words(const View<Value>& view) {
  constexpr std::ptrdiff_t values = sizeof(Word) / sizeof(Value);
  return {reinterpret_cast<Word*>(view.first),
          view.replicas,
          view.rows,
          view.columns / values,
          view.replica / values,
          view.row / values};
}

/// Rows without gaps are one long row.
template <class Value>
View<Value> as_one_row(View<Value> view) {
  if (view.row != view.columns || view.rows == 0) return view;
  view.columns *= view.rows;
  view.row = view.columns;
  view.rows = 1;
  return view;
}

/// A thread for each word of some rows of each replica; the kernel's loops cover what exceeds the grid.
inline LaunchShape row_threads(int replicas, std::ptrdiff_t rows, std::ptrdiff_t columns, cudaStream_t stream) {
  constexpr std::ptrdiff_t threads = 256;
  const auto across = std::ptrdiff_t(std::bit_ceil(std::uint64_t(std::clamp<std::ptrdiff_t>(columns, 1, threads))));
  const std::ptrdiff_t down = threads / across;
  const auto blocks = [](std::ptrdiff_t count, std::ptrdiff_t of) {
    return unsigned(std::min<std::ptrdiff_t>((count + of - 1) / of, 65535));
  };
  return {.grid = dim3(blocks(columns, across), blocks(rows, down), unsigned(replicas)),
          .block = dim3(unsigned(across), unsigned(down)),
          .stream = stream};
}

/// Calls use(row, column) for this thread's part of `rows` times `columns`.
template <class Use>
__device__ void for_each_place(std::ptrdiff_t rows, std::ptrdiff_t columns, Use use) {
  for (std::ptrdiff_t row = std::ptrdiff_t(blockIdx.y) * blockDim.y + threadIdx.y; row < rows;
       row += std::ptrdiff_t(gridDim.y) * blockDim.y)
    for (std::ptrdiff_t column = std::ptrdiff_t(blockIdx.x) * blockDim.x + threadIdx.x; column < columns;
         column += std::ptrdiff_t(gridDim.x) * blockDim.x)
      use(row, column);
}

template <class Word>
__global__ void copy_rows(View<const Word> from, View<Word> to) {
  const Word* const source = from.first + blockIdx.z * from.replica;
  Word* const target = to.first + blockIdx.z * to.replica;
  for_each_place(to.rows, to.columns, [&](std::ptrdiff_t row, std::ptrdiff_t column) {
    target[row * to.row + column] = source[row * from.row + column];
  });
}

template <class Word>
__global__ void clear_rows(View<Word> to) {
  Word* const target = to.first + blockIdx.z * to.replica;
  for_each_place(to.rows, to.columns,
                 [&](std::ptrdiff_t row, std::ptrdiff_t column) { target[row * to.row + column] = Word{}; });
}

template <class Real>
void launch_copy(View<const Real> from, View<Real> to, cudaStream_t stream) {
  if (to.replicas == 0 || to.rows == 0 || to.columns == 0) return;
  if (from.row == from.columns && to.row == to.columns && from.rows == to.rows)
    from = as_one_row(from), to = as_one_row(to);
  const auto copy = [&](const auto& source, const auto& target) {
    using Word = std::remove_reference_t<decltype(*target.first)>;
    launch(row_threads(target.replicas, target.rows, target.columns, stream), copy_rows<Word>, source, target);
  };
  if (is_wide(from) && is_wide(to)) {
    copy(in_words<const WideWord<Real>>(from), in_words<WideWord<Real>>(to));
  } else {
    copy(from, to);
  }
}

/// Sets every row of `to` to the single row of `from`.
template <class Real>
void launch_repeat_row(View<const Real> from, View<Real> to, cudaStream_t stream) {
  from.rows = to.rows;
  from.row = 0;
  launch_copy(from, to, stream);
}

template <class Real>
void launch_clear(View<Real> values, cudaStream_t stream) {
  if (values.replicas == 0 || values.rows == 0 || values.columns == 0) return;
  values = as_one_row(values);
  const auto clear = [&](const auto& target) {
    using Word = std::remove_reference_t<decltype(*target.first)>;
    launch(row_threads(target.replicas, target.rows, target.columns, stream), clear_rows<Word>, target);
  };
  if (is_wide(values)) {
    clear(in_words<WideWord<Real>>(values));
  } else {
    clear(values);
  }
}

// Sums of rows, in two passes: over every 256 rows (or more, if there would be too many parts for a grid), then over
// those sums, in double precision. A block takes 32 columns, each thread every eighth row. The order of summation
// depends only on the number of rows.
inline constexpr int sum_columns = 32, sum_threads = 8;
inline std::ptrdiff_t rows_of_sum(std::ptrdiff_t rows) {
  constexpr std::ptrdiff_t fewest = 256, most_parts = 65535;
  return std::max(fewest, (rows + most_parts - 1) / most_parts);
}

template <class Value, class Sum>
struct RowSums {
  View<const Value> rows;
  View<Sum> sums;  // one row for every `rows_of_part` rows
  std::ptrdiff_t rows_of_part;
  Result result;
};

template <class Value, class Sum>
__global__ void __launch_bounds__(sum_columns* sum_threads) sum_parts_of_rows(RowSums<Value, Sum> run) {
  SHARED_VARIABLE(of_thread, Value[sum_threads][sum_columns]);
  const std::ptrdiff_t column = std::ptrdiff_t(blockIdx.x) * sum_columns + threadIdx.x;
  const std::ptrdiff_t first = blockIdx.y * run.rows_of_part, rows = run.rows.rows - first;
  const std::ptrdiff_t count = rows < run.rows_of_part ? rows : run.rows_of_part;
  const bool within = column < run.rows.columns;
  Value sum = 0;
  if (within) {
    const Value* const source = run.rows.first + blockIdx.z * run.rows.replica + first * run.rows.row + column;
#pragma unroll 4
    for (std::ptrdiff_t row = threadIdx.y; row < count; row += sum_threads) sum += source[row * run.rows.row];
  }
  of_thread[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || !within) return;
  Value total = 0;
  for (int thread = 0; thread < sum_threads; ++thread) total += of_thread[thread][threadIdx.x];
  Sum& to = run.sums.first[blockIdx.z * run.sums.replica + blockIdx.y * run.sums.row + column];
  to = run.result == Result::added ? Sum(Value(to) + total) : Sum(total);
}

inline std::ptrdiff_t parts_of_sum(std::ptrdiff_t rows) { return (rows + rows_of_sum(rows) - 1) / rows_of_sum(rows); }

/// Bytes of workspace that launch_sum_rows needs.
template <class Real>
std::size_t sum_rows_workspace(const View<const Real>& rows) {
  const std::ptrdiff_t parts = parts_of_sum(rows.rows);
  return parts <= 1 ? 0 : sizeof(double) * std::size_t(rows.replicas) * std::size_t(parts * rows.columns);
}

/// Sets the single row of `sums` to the sum of the rows, or adds that sum to it; the sum of no rows is zero.
template <class Real>
void launch_sum_rows(View<const Real> rows, View<Real> sums, Result result, void* workspace, cudaStream_t stream) {
  if (sums.replicas == 0 || sums.columns == 0) return;
  const std::ptrdiff_t parts = std::max<std::ptrdiff_t>(1, parts_of_sum(rows.rows)), columns = rows.columns;
  const auto shape = [&](std::ptrdiff_t down) {
    return LaunchShape{
        .grid = dim3(unsigned((columns + sum_columns - 1) / sum_columns), unsigned(down), unsigned(sums.replicas)),
        .block = dim3(sum_columns, sum_threads),
        .stream = stream};
  };
  if (parts == 1) {
    launch(shape(1), sum_parts_of_rows<Real, Real>, RowSums<Real, Real>{rows, sums, rows_of_sum(rows.rows), result});
    return;
  }
  const View<double> partial{static_cast<double*>(workspace), sums.replicas, parts, columns, parts * columns, columns};
  launch(shape(parts), sum_parts_of_rows<Real, double>,
         RowSums<Real, double>{rows, partial, rows_of_sum(rows.rows), Result::replaced});
  launch(shape(1), sum_parts_of_rows<double, Real>, RowSums<double, Real>{partial, sums, parts, result});
}

}  // namespace hysteron::cuda
