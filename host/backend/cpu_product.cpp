#include <algorithm>

#include "backend/cpu_operations.hpp"

// Products in fixed tiles: which tiles there are, and the order of the sums in each, follows from the shape alone.
namespace hysteron {

using cpu_kernels::Begin;
using cpu_kernels::depth_block;
using cpu_kernels::tile_columns;
using cpu_kernels::tile_rows;

template <class Real>
struct CpuOperations<Real>::ProductRun {
  View<const Real> a, b;
  Transposed tb;
  View<Real> c;
  Begin begin;
  View<const Real> row;  // Begin::row: what each row of c begins with
  int depth;
};

namespace {

int parts(std::ptrdiff_t whole, std::ptrdiff_t part) { return static_cast<int>((whole + part - 1) / part); }

/// b of one replica as a source of panels: columns first .. first + columns, all of the depth.
template <class Real>
cpu_kernels::PanelSource<Real> source(View<const Real> b, int replica, Transposed tb, int depth, int first,
                                      int columns) {
  const bool transposed = tb == Transposed::yes;
  return {.first = transposed ? b.at(replica, first) : b.at(replica, 0) + first,
          .depth_stride = transposed ? 1 : b.row,
          .column_stride = transposed ? b.row : 1,
          .kept = nullptr,
          .depth = depth,
          .columns = columns};
}

template <class Real>
bool all_zero(const Real* values, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i)
    if (values[i] != Real(0)) return false;
  return true;
}

void require(bool right, const char* what, std::ptrdiff_t expected, std::ptrdiff_t found) {
  if (right) return;
  throw defect({.what = std::string("a product of matrices that do not fit: ") + what,
                .expected = std::to_string(expected),
                .found = std::to_string(found),
                .hint = ""});
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

/// a's rows as they lie, b packed whole. A row of zeros (past the end of a sequence) costs nothing.
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

/// c = a^T b: the depth is long (steps times batch) and c small. The depth is cut into parts, summed apart and then in
/// order. Rows of a that hold zeros (past the ends of sequences) are left out.
template <class Real>
void CpuOperations<Real>::transposed_product(const ProductRun& run) {
  constexpr int rows_of_segment = 512, shortest_part = 1024, most_parts = 16;
  constexpr std::ptrdiff_t large = 1 << 16;  // of which fewer partial sums are made
  const cpu_kernels::DenseKernels<Real>& kernels = dense();
  const View<Real> c = run.c;
  const int rows = static_cast<int>(c.rows), columns = static_cast<int>(c.columns), replicas = c.replicas;
  const std::ptrdiff_t size = std::ptrdiff_t(rows) * columns;
  const int cuts = std::clamp(run.depth / shortest_part, 1, size > large ? most_parts / 2 : most_parts);

  // The rows of a that count: [replicas, depth], gathered segment by segment, and how many.
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

/// The sum of the rows, or with `factors` [rows, few] one weighted sum for each of its columns. In parts of fixed
/// length. Transposed::yes: sums[m, n] instead of [n, m].
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
