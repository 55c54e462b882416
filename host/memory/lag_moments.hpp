#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/backend.hpp>

namespace hysteron {

/// Sums over states and the inputs before them, from which regressions are computed.
struct MomentBlock {
  double count = 0;
  std::vector<double> states;                ///< [width]
  std::vector<double> past, past_squares;    ///< [columns]
  std::vector<double> state_squares, mixed;  ///< sums of products [width, width], [width, columns]

  MomentBlock& operator+=(const MomentBlock& other);
};

/// These sums for all lags at once, in double precision; the backend computes the products. The rows must come in
/// order, those that reach furthest back first.
class LagMoments {
 public:
  LagMoments(Backend& backend, int width, int lags, int features);

  /// past: [reach, features], lag 0 first; reach is at most the number of lags, and may not grow from call to call.
  void add(std::span<const double> state, std::span<const double> past);
  /// The sums for lags from .. to - 1 over all rows so far. Either all rows have these lags, or none do.
  MomentBlock block(int from, int to);

 private:
  void add_products();
  std::size_t columns(int lags) const { return std::ptrdiff_t(lags) * features_; }

  Backend* backend_;
  int width_, lags_, features_;
  int most_rows_, rows_ = 0, reach_ = 0;      // in the buffers
  std::vector<double> states_, past_;         // the buffers [rows, width], [rows, lags * features]
  std::vector<std::int64_t> count_;           // [lags]
  std::vector<double> state_sum_, past_sum_;  // [width], [lags * features]
  std::vector<double> past_squares_;          // [lags * features]
  Tensor<double> state_rows_, past_rows_;     // the buffers in the backend's memory
  Tensor<double> state_products_, mixed_;     // [width, width], [width, lags * features]
};

/// The number of rows of a buffer with this many columns: few when a row is wide.
int rows_of_buffer(std::size_t columns);

}  // namespace hysteron
