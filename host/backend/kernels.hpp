#pragma once
#include <cstddef>

// The interface that the sources compiled once per instruction level offer to the rest of the CPU backend. In those
// sources the build gives the namespace hysteron another name at each level (-Dhysteron=hysteron_v4), and with it every
// template of ours that they instantiate: so the linker can never hand a function with AVX-512 in it to a caller on a
// machine without it. Hence this namespace, which keeps its name and holds only aggregates and tables of functions.
namespace cpu_kernels {

inline constexpr int most_rows = 32;   ///< of one slice of a batch
inline constexpr int tile_rows = 128;  ///< of one tile of a product
inline constexpr int tile_columns = 256;
inline constexpr int most_tile_rows = 4 * tile_rows;  ///< of a transposed product: b is packed once for all of them
inline constexpr int depth_block = 256;               ///< a panel of this depth stays in the first-level cache

/// Field and Lanes (include/hysteron), without their types.
template <class Real>
struct Strided {
  Real* first;
  std::ptrdiff_t replica, step, sequence;
};

/// A matrix that a product reads, element (k, n) at first[k * depth_stride + n * column_stride].
template <class Real>
struct PanelSource {
  const Real* first;
  std::ptrdiff_t depth_stride, column_stride;
  const int* kept;  ///< the values of k, `depth` of them; null: 0 .. depth - 1
  int depth, columns;
};

/// Memory that is needed next: it is fetched into the second-level cache while a product computes.
struct Ahead {
  const void* first;
  std::ptrdiff_t bytes;
};

enum class Begin { zero, row, present };  ///< the initial value of a sum of products

/// Rows times a packed matrix: to[r][g * group_stride + n] = begin + sum over k of from[r][k] panels[k][g, n].
/// The columns come in groups, each filled up to whole panels with zeros: [group][panel][k][panel width].
template <class Real>
struct RowsProduct {
  const Real* panels;
  int depth, groups, columns;  ///< columns: of one group
  int depth_step;  ///< how much of the depth all rows go through before the next part; it affects a sum's order
  std::ptrdiff_t group_stride;  ///< in `to`
  const Real* const* from;
  Real* const* to;
  int rows;
  Begin begin;
  const Real* row;  ///< Begin::row: [groups * columns], one for all rows
  const Ahead* ahead;
  int ahead_count;
};

/// c = a^T b, or c += a^T b, for one tile: at most most_tile_rows times tile_columns.
template <class Real>
struct TransposedTile {
  const Real* a;  ///< element (k, m) at a[k * a_row + m]
  std::ptrdiff_t a_row;
  PanelSource<Real> b;
  int rows;
  Real* c;
  std::ptrdiff_t c_row;
  Begin begin;      ///< zero or present
  Real* workspace;  ///< transposed_workspace values
};

/// sums[n][m] = sum over the rows of factor[row * factor_row + n] rows[row][m]; no factor: 1.
template <class Real>
struct WeightedSum {
  const Real* rows;
  std::ptrdiff_t row, count, columns;
  const Real* factor;
  std::ptrdiff_t factor_row;
  int factors;
  Real* sums;  ///< [factors, columns], replaced
};

template <class Real>
struct AdamStep {
  Real *values, *first_moment, *second_moment;
  const Real* gradient;
  std::ptrdiff_t count;
  double gradient_scale, weight_decay, beta1, beta2, step_size, root_correction, epsilon;
};

template <class Real>
struct DenseKernels {
  int panel;  ///< columns of one panel
  std::ptrdiff_t transposed_workspace;
  void (*pack)(const PanelSource<Real>&, Real* panels);
  void (*rows_product)(const RowsProduct<Real>&);
  void (*transposed_tile)(const TransposedTile<Real>&);
  void (*weighted_sum)(const WeightedSum<Real>&);
  double (*sum_of_squares)(const Real*, std::ptrdiff_t count);
  void (*adam)(const AdamStep<Real>&);
  void (*tangents)(const Real* from, std::ptrdiff_t count, double* to);
  double (*squared_distance)(const double* a, const double* b, std::ptrdiff_t count);
  void (*add_difference)(double weight, const double* a, const double* b, std::ptrdiff_t count, double* to);
};

/// Some sequences of one replica over all steps: a thread's work.
template <class Real>
struct RecurrenceSlice {
  const DenseKernels<Real>* dense;
  int replica, steps, units;
  int rows;              ///< at most most_rows
  const int* sequences;  ///< [rows], the longest first
  const int* lengths;    ///< [rows]
  const Real *recurrent_panels, *deep_panels;
  Strided<const Real> unit, input;
  Strided<Real> states, intermediates, saved;
  // backward
  Strided<const Real> entering;
  Strided<Real> state, totals, input_gradient, unit_gradient, recurrent, deep;
  Real* scratch;  ///< scratch_values values
};

template <class Real>
struct RecurrenceKernels {
  std::ptrdiff_t (*scratch_values)(int rows, int units, int panel);
  void (*forward)(const RecurrenceSlice<Real>&);
  void (*backward)(const RecurrenceSlice<Real>&);
};

struct DenseTable {
  DenseKernels<float> single;
  DenseKernels<double> twofold;
};
struct CellTable {
  const char* cell;
  RecurrenceKernels<float> single;
  RecurrenceKernels<double> twofold;
};

}  // namespace cpu_kernels
