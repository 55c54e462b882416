#include <algorithm>

#include "backend/product_run.hpp"

namespace hysteron {

using cpu_kernels::Begin;
using cpu_kernels::depth_block;
using cpu_kernels::tile_columns;
using cpu_kernels::tile_rows;

namespace {

void require(bool right, const char* what, std::ptrdiff_t expected, std::ptrdiff_t found) {
  if (right) return;
  throw defect({.what = std::string("a product of matrices that do not fit: ") + what,
                .expected = std::to_string(expected),
                .found = std::to_string(found)});
}

template <class Real>
void require_shapes(View<const Real> a, Transposed ta, View<const Real> b, Transposed tb, View<Real> c) {
  const bool turned_a = ta == Transposed::yes, turned_b = tb == Transposed::yes;
  const std::ptrdiff_t rows = turned_a ? a.columns : a.rows, depth = turned_a ? a.rows : a.columns;
  const std::ptrdiff_t columns = turned_b ? b.rows : b.columns, depth_b = turned_b ? b.columns : b.rows;
  require(rows == c.rows, "rows", c.rows, rows);
  require(columns == c.columns, "columns", c.columns, columns);
  require(depth == depth_b, "depth", depth, depth_b);
  require(a.replica == 0 || a.replicas == c.replicas, "replicas", c.replicas, a.replicas);
  require(b.replica == 0 || b.replicas == c.replicas, "replicas", c.replicas, b.replicas);
}

}  // namespace

template <class Real>
void CpuOperations<Real>::product(View<const Real> a, Transposed ta, View<const Real> b, Transposed tb, View<Real> c,
                                  Result result) {
  require_shapes(a, ta, b, tb, c);
  if (c.rows == 0 || c.columns == 0) return;
  const std::ptrdiff_t depth = ta == Transposed::yes ? a.rows : a.columns;
  const ProductRun run{.a = a,
                       .b = b,
                       .tb = tb,
                       .c = c,
                       .begin = result == Result::added ? Begin::present : Begin::zero,
                       .row = {},
                       .depth = static_cast<int>(depth)};
  constexpr std::ptrdiff_t thin = 8;
  if (ta == Transposed::no) {
    rows_product(run);
  } else if (tb == Transposed::no && c.columns <= thin) {
    weighted_sums(a, b, c, Transposed::yes, result);
  } else {
    transposed_product(run);
  }
}

template <class Real>
void CpuOperations<Real>::affine(View<const Real> x, View<const Real> weight, View<const Real> bias, View<Real> y) {
  require_shapes(x, Transposed::no, weight, Transposed::yes, y);
  require(bias.columns == y.columns, "columns of the bias", y.columns, bias.columns);
  if (y.rows == 0 || y.columns == 0) return;
  rows_product({.a = x,
                .b = weight,
                .tb = Transposed::yes,
                .c = y,
                .begin = Begin::row,
                .row = bias,
                .depth = static_cast<int>(x.columns)});
}

/// Takes a's rows where they lie, and packs b whole. A row of zeros (past the end of a sequence) costs nothing.
template <class Real>
void CpuOperations<Real>::rows_product(const ProductRun& run) {
  constexpr std::ptrdiff_t rows_of_task = tile_rows;
  const cpu_kernels::DenseKernels<Real>& kernels = dense();
  const View<Real> c = run.c;
  const int columns = static_cast<int>(c.columns), depth = run.depth, panel = kernels.panel;
  const int copies = run.b.replica == 0 ? 1 : c.replicas, panels = parts(columns, panel);
  const std::ptrdiff_t panel_size = std::ptrdiff_t(depth) * panel;
  Real* const packed = workers_->shared<Real>(Shared::panels, copies * panels * panel_size);
  workers_->run(std::ptrdiff_t(copies) * panels, std::ptrdiff_t(copies) * depth * columns * 4,
                [&](std::ptrdiff_t i, int) {
                  const int replica = static_cast<int>(i / panels), first = static_cast<int>(i % panels) * panel;
                  kernels.pack(source(run.b, replica, run.tb, depth, first, std::min(panel, columns - first)),
                               packed + i * panel_size);
                });
  const int row_tiles = parts(c.rows, rows_of_task), column_tiles = parts(columns, tile_columns);
  const std::ptrdiff_t tasks = std::ptrdiff_t(c.replicas) * row_tiles * column_tiles;
  workers_->run(tasks, c.replicas * c.rows * columns * (2 * depth + 4), [&](std::ptrdiff_t i, int) {
    const int replica = static_cast<int>(i / (row_tiles * column_tiles));
    const std::ptrdiff_t first_row = i / column_tiles % row_tiles * rows_of_task;
    const int first = static_cast<int>(i % column_tiles) * tile_columns,
              count = std::min(tile_columns, columns - first);
    const Real* from[rows_of_task];
    Real* to[rows_of_task];
    int rows = 0;
    for (std::ptrdiff_t row = first_row; row < std::min(c.rows, first_row + rows_of_task); ++row) {
      from[rows] = run.a.at(replica, row);
      to[rows] = c.at(replica, row) + first;
      if (run.begin != Begin::row && all_zero(from[rows], depth)) {
        if (run.begin == Begin::zero) std::fill_n(to[rows], count, Real(0));
      } else {
        ++rows;
      }
    }
    kernels.rows_product(
        {.panels = packed + ((copies == 1 ? 0 : replica) * std::ptrdiff_t(panels) + first / panel) * panel_size,
         .depth = depth,
         .groups = 1,
         .columns = count,
         .depth_step = depth_block,
         .group_stride = 0,
         .from = from,
         .to = to,
         .rows = rows,
         .begin = run.begin,
         .row = run.begin == Begin::row ? run.row.at(run.row.replica == 0 ? 0 : replica, 0) + first : nullptr,
         .ahead = nullptr,
         .ahead_count = 0});
  });
}

template <class Real>
void CpuOperations<Real>::sum_rows(View<const Real> rows, View<Real> sums, Result result) {
  require(rows.columns == sums.columns, "columns of a sum", rows.columns, sums.columns);
  weighted_sums(rows, {}, sums, Transposed::no, result);
}

template void CpuOperations<float>::product(View<const float>, Transposed, View<const float>, Transposed, View<float>,
                                            Result);
template void CpuOperations<double>::product(View<const double>, Transposed, View<const double>, Transposed,
                                             View<double>, Result);
template void CpuOperations<float>::affine(View<const float>, View<const float>, View<const float>, View<float>);
template void CpuOperations<double>::affine(View<const double>, View<const double>, View<const double>, View<double>);
template void CpuOperations<float>::sum_rows(View<const float>, View<float>, Result);
template void CpuOperations<double>::sum_rows(View<const double>, View<double>, Result);

}  // namespace hysteron
