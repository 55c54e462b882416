#pragma once
#include <vector>

#include <hysteron/sequences.hpp>

namespace hysteron {

/// Steps of sequences that a solver keeps, one feature after the other: in single precision until values come that it
/// does not hold.
class StoredSteps {
 public:
  StoredSteps() = default;
  explicit StoredSteps(std::vector<float> steps) : rounded_(std::move(steps)) {}
  explicit StoredSteps(std::vector<double> steps) : exact_(std::move(steps)), is_exact_(true) {}

  std::size_t size() const { return is_exact_ ? exact_.size() : rounded_.size(); }
  double operator[](std::size_t i) const { return is_exact_ ? exact_[i] : static_cast<double>(rounded_[i]); }

  void add(InputValues values, std::size_t count) {
    if (values.exact()) widen();
    for (std::size_t i = 0; i < count; ++i) push(values[i]);
  }
  void add_zeros(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) push(0);
  }
  void add(const StoredSteps& other) {
    if (other.is_exact_) widen();
    for (std::size_t i = 0; i < other.size(); ++i) push(other[i]);
  }

  bool is_exact() const { return is_exact_; }
  const std::vector<float>& rounded() const { return rounded_; }  ///< all of them, unless is_exact()
  const std::vector<double>& exact() const { return exact_; }     ///< all of them, if is_exact()

 private:
  void widen() {
    if (is_exact_) return;
    exact_.assign(rounded_.begin(), rounded_.end());
    rounded_.clear();
    is_exact_ = true;
  }
  void push(double value) {
    if (is_exact_)
      exact_.push_back(value);
    else
      rounded_.push_back(static_cast<float>(value));
  }

  std::vector<float> rounded_;
  std::vector<double> exact_;
  bool is_exact_ = false;
};

}  // namespace hysteron
