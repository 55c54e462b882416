#pragma once
#include "backend/micro_kernel.hpp"

// Packing, and products of whole tiles, on the micro-kernel.
namespace hysteron {

/// One group of columns as panels [panel][k][panel_columns], the last filled up with zeros.
template <class Real>
void pack(const cpu_kernels::PanelSource<Real>& from, Real* panels) {
  constexpr int width = panel_columns<Real>;
  for (int first = 0; first < from.columns; first += width, panels += std::ptrdiff_t(from.depth) * width) {
    const int columns = from.columns - first < width ? from.columns - first : width;
    const Real* const source = from.first + first * from.column_stride;
    if (from.column_stride == 1 && columns == width) {
      for (int k = 0; k < from.depth; ++k) {
        const Real* const row = source + (from.kept ? from.kept[k] : k) * from.depth_stride;
        Real* const to = panels + std::ptrdiff_t(k) * width;
#pragma GCC unroll 1
        for (int n = 0; n < width; n += vector_length<Real>)
          *reinterpret_cast<typename VectorOf<Real>::anywhere*>(to + n) =
              *reinterpret_cast<const typename VectorOf<Real>::anywhere*>(row + n);
      }
      continue;
    }
    for (int n = 0; n < columns; ++n) {
      const Real* const column = source + n * from.column_stride;
      for (int k = 0; k < from.depth; ++k)
        panels[std::ptrdiff_t(k) * width + n] = column[(from.kept ? from.kept[k] : k) * from.depth_stride];
    }
    for (int n = columns; n < width; ++n)
      for (int k = 0; k < from.depth; ++k) panels[std::ptrdiff_t(k) * width + n] = Real(0);
  }
}

inline int blocks_of(int rows) { return (rows + block_rows - 1) / block_rows; }

/// One block of rows times one panel, depth k .. k + depth.
template <class Real>
void block_product(const cpu_kernels::RowsProduct<Real>& run, int k, int column, int row, int rows) {
  constexpr int width = panel_columns<Real>;
  const int panels = (run.columns + width - 1) / width, group = column / panels, first = column % panels * width;
  const int depth = run.depth - k < run.depth_step ? run.depth - k : run.depth_step, left = run.columns - first;
  const Real* const panel = run.panels + (std::ptrdiff_t(column) * run.depth + k) * width;
  const Real* from[block_rows] = {};
  for (int r = 0; r < rows; ++r) from[r] = run.from[row + r] + k;
  const BlockResult<Real> result{.to = run.to + row,
                                 .offset = group * run.group_stride + first,
                                 .columns = left < width ? left : width,
                                 .begin = k > 0 ? cpu_kernels::Begin::present : run.begin,
                                 .row = run.row ? run.row + std::ptrdiff_t(group) * run.columns + first : nullptr};
  with_rows(rows, [&]<int count>() { multiply_separate<Real, count>(from, panel, depth, result); });
}

/// Prefetches what is needed next, a few cache lines at a time, so that memory and arithmetic work side by side.
class Prefetch {
 public:
  Prefetch(const cpu_kernels::Ahead* ahead, int count, int turns) : next_(ahead), end_(ahead + count) {
    std::ptrdiff_t lines = 0;
    for (int i = 0; i < count; ++i) lines += (ahead[i].bytes + line - 1) / line;
    each_ = (lines + turns - 1) / turns;
  }
  void turn() {
    for (std::ptrdiff_t i = 0; i < each_ && next_ != end_; ++i) {
      __builtin_prefetch(static_cast<const char*>(next_->first) + at_, 0, 2);
      at_ += line;
      if (at_ >= next_->bytes) ++next_, at_ = 0;
    }
  }

 private:
  static constexpr std::ptrdiff_t line = 64;
  const cpu_kernels::Ahead *next_, *end_;
  std::ptrdiff_t each_ = 0, at_ = 0;
};

/// Deep: a panel of limited depth serves all rows from the first-level cache. Shallow: all panels lie in that cache,
/// and rows are written from one end to the other.
template <class Real>
void rows_product(const cpu_kernels::RowsProduct<Real>& run) {
  constexpr int shallow = 16;
  if (run.rows == 0) return;
  const int panels = run.groups * ((run.columns + panel_columns<Real> - 1) / panel_columns<Real>);
  const int blocks = blocks_of(run.rows);
  const auto first_row = [&run, blocks](int block) { return int(std::ptrdiff_t(run.rows) * block / blocks); };
  Prefetch prefetch(run.ahead, run.ahead_count, panels * blocks);
  for (int k = 0; k == 0 || k < run.depth; k += run.depth_step) {
    if (run.depth <= shallow) {
      for (int b = 0; b < blocks; ++b)
        for (int p = 0; p < panels; ++p) block_product(run, k, p, first_row(b), first_row(b + 1) - first_row(b));
    } else {
      for (int p = 0; p < panels; ++p)
        for (int b = 0; b < blocks; ++b) {
          prefetch.turn();
          block_product(run, k, p, first_row(b), first_row(b + 1) - first_row(b));
        }
    }
  }
}

template <class Real>
inline constexpr std::ptrdiff_t transposed_workspace = std::ptrdiff_t(cpu_kernels::depth_block) *
                                                       (cpu_kernels::tile_rows + block_rows +
                                                        cpu_kernels::tile_columns);

/// Rows k of a, `depth` of them, columns 0 .. rows, as blocks [block][k][block_rows], filled up with zeros.
template <class Real>
void pack_transposed(const cpu_kernels::PanelSource<Real>& from, Real* packed) {
  const int whole = from.columns / block_rows, rest = from.columns % block_rows;
  const std::ptrdiff_t block_size = std::ptrdiff_t(from.depth) * block_rows;
  for (int k = 0; k < from.depth; ++k, packed += block_rows) {
    const Real* row = from.first + (from.kept ? from.kept[k] : k) * from.depth_stride;
    Real* to = packed;
    for (int block = 0; block < whole; ++block, row += block_rows, to += block_size)
#pragma GCC unroll 8
      for (int r = 0; r < block_rows; ++r) to[r] = row[r];
    if (rest > 0)
      for (int r = 0; r < block_rows; ++r) to[r] = r < rest ? row[r] : Real(0);
  }
}

/// Packed blocks of rows times packed panels: c[rows, columns] = begin + ...
template <class Real>
void packed_product(const Real* left, const Real* right, int depth, int columns, cpu_kernels::Begin begin,
                    Real* const* to, int rows) {
  constexpr int width = panel_columns<Real>;
  for (int first = 0; first < columns; first += width) {
    for (int row = 0; row < rows; row += block_rows) {
      const int count_rows = rows - row < block_rows ? rows - row : block_rows;
      const BlockResult<Real> result{.to = to + row,
                                     .offset = first,
                                     .columns = columns - first < width ? columns - first : width,
                                     .begin = begin,
                                     .row = nullptr};
      const Real* const block = left + std::ptrdiff_t(row) * depth;
      const Real* const panel = right + std::ptrdiff_t(first) * depth;
      with_rows(count_rows, [&]<int count>() { multiply_packed<Real, count>(block, panel, depth, result); });
    }
  }
}

template <class Real>
void transposed_tile(const cpu_kernels::TransposedTile<Real>& tile) {
  using cpu_kernels::depth_block;
  using cpu_kernels::tile_rows;
  Real* const left = tile.workspace;
  Real* const right = left + std::ptrdiff_t(depth_block) * (tile_rows + block_rows);
  Real* to[tile_rows];
  for (int k = 0; k == 0 || k < tile.b.depth; k += depth_block) {
    const auto block_of = [&](cpu_kernels::PanelSource<Real> from) {
      from.depth = tile.b.depth - k < depth_block ? tile.b.depth - k : depth_block;
      if (from.kept) {
        from.kept += k;
      } else {
        from.first += k * from.depth_stride;
      }
      return from;
    };
    const cpu_kernels::PanelSource<Real> b = block_of(tile.b);
    pack(b, right);
    for (int row = 0; row < tile.rows; row += tile_rows) {
      const int rows = tile.rows - row < tile_rows ? tile.rows - row : tile_rows;
      pack_transposed(block_of({tile.a + row, tile.a_row, 1, tile.b.kept, 0, rows}), left);
      for (int r = 0; r < rows; ++r) to[r] = tile.c + (row + r) * tile.c_row;
      packed_product(left, right, b.depth, b.columns, k > 0 ? cpu_kernels::Begin::present : tile.begin, to, rows);
    }
  }
}

/// Takes four rows at a time, so that a sum is read and written once for four terms.
template <class Real>
void weighted_sum(const cpu_kernels::WeightedSum<Real>& run) {
  for (int n = 0; n < run.factors; ++n) {
    Real* const sums = run.sums + n * run.columns;
    for (std::ptrdiff_t m = 0; m < run.columns; ++m) sums[m] = Real(0);
  }
  const auto factor = [&run](std::ptrdiff_t row, int n) {
    return run.factor ? run.factor[row * run.factor_row + n] : Real(1);
  };
  std::ptrdiff_t row = 0;
  for (; row + 4 <= run.count; row += 4) {
    const Real *const a = run.rows + row * run.row, *const b = a + run.row, *const c = b + run.row,
                      *const d = c + run.row;
    for (int n = 0; n < run.factors; ++n) {
      const Real w = factor(row, n), x = factor(row + 1, n), y = factor(row + 2, n), z = factor(row + 3, n);
      Real* const sums = run.sums + n * run.columns;
#pragma omp simd
      for (std::ptrdiff_t m = 0; m < run.columns; ++m) sums[m] += (w * a[m] + x * b[m]) + (y * c[m] + z * d[m]);
    }
  }
  for (; row < run.count; ++row) {
    const Real* const a = run.rows + row * run.row;
    for (int n = 0; n < run.factors; ++n) {
      const Real w = factor(row, n);
      Real* const sums = run.sums + n * run.columns;
#pragma omp simd
      for (std::ptrdiff_t m = 0; m < run.columns; ++m) sums[m] += w * a[m];
    }
  }
}

}  // namespace hysteron
