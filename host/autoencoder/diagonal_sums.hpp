#pragma once
#include <span>
#include <vector>

#include "autoencoder/reversed_sequences.hpp"

namespace hysteron {

/// A symmetric matrix of blocks on the host, [lags, features, lags, features], of which only the lower half is kept:
/// rows whose lag is the column's or greater.
struct LagMatrix {
  int lags = 0, features = 0;
  std::vector<double> values;

  std::ptrdiff_t size() const { return std::ptrdiff_t(lags) * features; }
  double* row(std::ptrdiff_t i) { return values.data() + i * size(); }
  const double* row(std::ptrdiff_t i) const { return values.data() + i * size(); }
};

/// Turns X^T X into what it is once `shift` [features] is subtracted from every step of X's rows; `sums` are those of
/// the rows.
void shift_mean(LagMatrix& gram, const LengthSums& sums, std::span<const double> shift);

/// Xi^T Xi from X^T X: C_ij = sum over m of G_{m+i, m+j}; window 0: over all m, else m < window and i, j < window.
/// Both halves, [n, n] with n = lags * features of the window.
std::vector<double> diagonal_sums(LagMatrix gram, int window);

}  // namespace hysteron
