#include <algorithm>

#include "backend/product_run.hpp"

namespace hysteron {

using cpu_kernels::Begin;
using cpu_kernels::tile_columns;

/// c = a^T b: the depth is long (steps times batch) and c is small. The depth is cut into parts, which are summed
/// separately and then added in order. Rows of a that hold zeros (past the ends of sequences) are left out.
template <class Real>
void CpuOperations<Real>::transposed_product(const ProductRun& run) {
  constexpr int rows_of_segment = 512, shortest_part = 1024, most_parts = 16;
  constexpr std::ptrdiff_t large = 1 << 16;  // above this size, fewer partial sums are made
  const cpu_kernels::DenseKernels<Real>& kernels = dense();
  const View<Real> c = run.c;
  const int rows = static_cast<int>(c.rows), columns = static_cast<int>(c.columns), replicas = c.replicas;
  const std::ptrdiff_t size = std::ptrdiff_t(rows) * columns;
  const int cuts = std::clamp(run.depth / shortest_part, 1, size > large ? most_parts / 2 : most_parts);

  // The rows of a that count [replicas, depth], gathered segment by segment, and their number.
  const int segments = parts(run.depth, rows_of_segment);
  int* const kept = workers_->shared<int>(Shared::rows, std::ptrdiff_t(replicas) * (run.depth + segments));
  int* const counts = kept + std::ptrdiff_t(replicas) * run.depth;
  workers_->run(
      std::ptrdiff_t(replicas) * segments, std::ptrdiff_t(replicas) * run.depth * 4, [&](std::ptrdiff_t i, int) {
        const int replica = static_cast<int>(i / segments), from = static_cast<int>(i % segments) * rows_of_segment;
        int* const list = kept + std::ptrdiff_t(replica) * run.depth + from;
        int count = 0;
        for (int k = from; k < std::min(run.depth, from + rows_of_segment); ++k)
          if (!all_zero(run.a.at(replica, k), rows)) list[count++] = k;
        counts[i] = count;
      });
  for (int replica = 0; replica < replicas; ++replica) {
    int* const list = kept + std::ptrdiff_t(replica) * run.depth;
    int& count = counts[replica * segments];
    for (int segment = 1; segment < segments; ++segment) {
      const int more = counts[replica * segments + segment];
      std::copy_n(list + segment * rows_of_segment, more, list + count);
      count += more;
    }
  }

  const int row_tiles = parts(rows, cpu_kernels::most_tile_rows), column_tiles = parts(columns, tile_columns);
  const int tiles = row_tiles * column_tiles;
  Real* const partial = cuts > 1 ? workers_->shared<Real>(Shared::partial, size * cuts * replicas) : nullptr;
  workers_->reserve_own<Real>(kernels.transposed_workspace);
  const std::ptrdiff_t work = std::ptrdiff_t(replicas) * run.depth * size * 2;
  workers_->run(std::ptrdiff_t(replicas) * cuts * tiles, work, [&](std::ptrdiff_t i, int thread) {
    const int tile = static_cast<int>(i % tiles), replica = static_cast<int>(i / tiles / cuts);
    const std::ptrdiff_t part = i / tiles, cut = part % cuts, count = segments > 0 ? counts[replica * segments] : 0;
    const int first_row = tile / column_tiles * cpu_kernels::most_tile_rows, first = tile % column_tiles * tile_columns;
    const std::ptrdiff_t from = count * cut / cuts, depth = count * (cut + 1) / cuts - from;
    auto b = source(run.b, replica, run.tb, static_cast<int>(depth), first, std::min(tile_columns, columns - first));
    b.kept = kept + std::ptrdiff_t(replica) * run.depth + from;
    Real* const to = partial ? partial + part * size : c.at(replica, 0);
    const std::ptrdiff_t to_row = partial ? columns : c.row;
    kernels.transposed_tile({.a = run.a.at(replica, 0) + first_row,
                             .a_row = run.a.row,
                             .b = b,
                             .rows = std::min(cpu_kernels::most_tile_rows, rows - first_row),
                             .c = to + first_row * to_row + first,
                             .c_row = to_row,
                             .begin = partial ? Begin::zero : run.begin,
                             .workspace = workers_->own<Real>(thread)});
  });
  if (!partial) return;
  workers_->run(std::ptrdiff_t(replicas) * rows, replicas * size * cuts, [&](std::ptrdiff_t i, int) {
    const std::ptrdiff_t replica = i / rows, row = i % rows;
    Real* const to = c.at(replica, row);
    if (run.begin == Begin::zero) std::fill_n(to, columns, Real(0));
    for (int cut = 0; cut < cuts; ++cut) {
      const Real* const from = partial + (replica * cuts + cut) * size + row * columns;
      for (int n = 0; n < columns; ++n) to[n] += from[n];
    }
  });
}

/// The sum of the rows, or with `factors` [rows, few] one weighted sum for each of its columns. Summed in parts of
/// fixed length. Transposed::yes: sums[m, n] instead of [n, m].
template <class Real>
void CpuOperations<Real>::weighted_sums(View<const Real> rows, View<const Real> factors, View<Real> sums,
                                        Transposed layout, Result result) {
  constexpr std::ptrdiff_t rows_of_part = 512;
  const std::ptrdiff_t columns = rows.columns;
  const int count = factors ? static_cast<int>(factors.columns) : 1, cuts = std::max(1, parts(rows.rows, rows_of_part));
  const std::ptrdiff_t size = count * columns;
  Real* const partial = workers_->shared<Real>(Shared::partial, size * cuts * sums.replicas);
  const cpu_kernels::DenseKernels<Real>& kernels = dense();
  workers_->run(std::ptrdiff_t(sums.replicas) * cuts, sums.replicas * rows.rows * size, [&](std::ptrdiff_t i, int) {
    const std::ptrdiff_t replica = i / cuts, from = i % cuts * rows_of_part;
    kernels.weighted_sum({.rows = rows.at(replica, from),
                          .row = rows.row,
                          .count = std::min(rows_of_part, rows.rows - from),
                          .columns = columns,
                          .factor = factors ? factors.at(replica, from) : nullptr,
                          .factor_row = factors.row,
                          .factors = count,
                          .sums = partial + i * size});
  });
  for (int replica = 0; replica < sums.replicas; ++replica)
    for (std::ptrdiff_t n = 0; n < count; ++n)
      for (std::ptrdiff_t m = 0; m < columns; ++m) {
        Real& to = layout == Transposed::yes ? *(sums.at(replica, m) + n) : *(sums.at(replica, n) + m);
        Real sum = result == Result::added ? to : Real(0);
        for (int cut = 0; cut < cuts; ++cut)
          sum += partial[(std::ptrdiff_t(replica) * cuts + cut) * size + n * columns + m];
        to = sum;
      }
}

template void CpuOperations<float>::transposed_product(const ProductRun&);
template void CpuOperations<double>::transposed_product(const ProductRun&);
template void CpuOperations<float>::weighted_sums(View<const float>, View<const float>, View<float>, Transposed,
                                                  Result);
template void CpuOperations<double>::weighted_sums(View<const double>, View<const double>, View<double>, Transposed,
                                                   Result);

}  // namespace hysteron
