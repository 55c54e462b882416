#include "memory/lag_moments.hpp"

#include <algorithm>
#include <functional>

namespace hysteron {
namespace {

void add_to(std::vector<double>& sums, const std::vector<double>& others) {
  std::transform(sums.begin(), sums.end(), others.begin(), sums.begin(), std::plus<>());
}

}  // namespace

int rows_of_buffer(std::size_t columns) {
  return static_cast<int>(std::clamp<std::size_t>((std::size_t{1} << 23) / std::max<std::size_t>(1, columns), 16, 512));
}

MomentBlock& MomentBlock::operator+=(const MomentBlock& other) {
  count += other.count;
  add_to(states, other.states);
  add_to(past, other.past);
  add_to(past_squares, other.past_squares);
  add_to(state_squares, other.state_squares);
  add_to(mixed, other.mixed);
  return *this;
}

LagMoments::LagMoments(Backend& backend, int width, int lags, int features)
    : backend_(&backend),
      width_(width),
      lags_(lags),
      features_(features),
      most_rows_(rows_of_buffer(columns(lags))),
      states_(std::ptrdiff_t(most_rows_) * width),
      past_(most_rows_ * columns(lags)),
      count_(lags),
      state_sum_(width),
      past_sum_(columns(lags)),
      past_squares_(columns(lags)),
      state_rows_(backend, {most_rows_, width}),
      past_rows_(backend, {most_rows_, lags * std::ptrdiff_t(features)}),
      state_products_(backend, {width, width}),
      mixed_(backend, {width, lags * std::ptrdiff_t(features)}) {}

void LagMoments::add(std::span<const double> state, std::span<const double> past) {
  const int reach = static_cast<int>(past.size()) / features_;
  if (reach < reach_ || rows_ == most_rows_) add_products();
  reach_ = reach;
  const auto row = static_cast<std::ptrdiff_t>(rows_++);
  std::copy(state.begin(), state.end(), states_.begin() + row * width_);
  std::copy(past.begin(), past.end(), past_.begin() + row * static_cast<std::ptrdiff_t>(columns(lags_)));
  for (std::size_t i = 0; i < state.size(); ++i) state_sum_[i] += state[i];
  for (std::size_t i = 0; i < past.size(); ++i) {
    past_sum_[i] += past[i];
    past_squares_[i] += past[i] * past[i];
  }
  for (int lag = 0; lag < reach; ++lag) ++count_[lag];
}

// Columns of the buffers beyond the rows' reach hold values left over from earlier rows, and are not used.
void LagMoments::add_products() {
  if (rows_ == 0) return;
  Operations<double>& operations = operations_of<double>(*backend_);
  const auto wide = static_cast<std::ptrdiff_t>(columns(lags_)), used = static_cast<std::ptrdiff_t>(columns(reach_));
  backend_->copy_in(state_rows_.data(), states_.data(), rows_ * width_ * sizeof(double));
  backend_->copy_in(past_rows_.data(), past_.data(), rows_ * wide * sizeof(double));
  const View<const double> states = state_rows_.view(1, rows_, width_);
  const View<const double> past = past_rows_.view(1, rows_, wide).columns_from(0, used);
  operations.product(states, Transposed::yes, states, Transposed::no, state_products_.view(1, width_, width_),
                     Result::added);
  operations.product(states, Transposed::yes, past, Transposed::no, mixed_.view(1, width_, wide).columns_from(0, used),
                     Result::added);
  rows_ = 0;
}

MomentBlock LagMoments::block(int from, int to) {
  add_products();
  const std::size_t first = columns(from), last = columns(to), wide = columns(lags_);
  const auto part = [&](const std::vector<double>& all) {
    return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(first),
                               all.begin() + static_cast<std::ptrdiff_t>(last));
  };
  MomentBlock block{.count = static_cast<double>(count_[from]),
                    .states = state_sum_,
                    .past = part(past_sum_),
                    .past_squares = part(past_squares_),
                    .state_squares = state_products_.to_host(),
                    .mixed = std::vector<double>(width_ * (last - first))};
  for (std::size_t row = 0; row < static_cast<std::size_t>(width_); ++row)
    backend_->copy_out(block.mixed.data() + row * (last - first), mixed_.data() + row * wide + first,
                       (last - first) * sizeof(double));
  return block;
}

}  // namespace hysteron
