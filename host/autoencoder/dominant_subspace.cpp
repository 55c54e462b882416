#include "autoencoder/dominant_subspace.hpp"

#include <algorithm>
#include <cmath>

#include <hysteron/decompositions.hpp>
#include <hysteron/random.hpp>

namespace hysteron {
namespace {

constexpr double tolerance = 1e-13, near = 1e-9;  // residuals over the largest eigenvalue
constexpr std::ptrdiff_t most_blocks = 3;         // of a basis, between restarts

/// The basis of a Krylov space, block after block of k columns, and its products with C.
class Basis {
 public:
  Basis(Backend& backend, std::ptrdiff_t size, std::ptrdiff_t k, std::ptrdiff_t blocks)
      : backend_(&backend),
        operations_(&operations_of<double>(backend)),
        n_(size),
        k_(k),
        columns_(k * blocks),
        vectors_(backend, {n_, columns_}),
        products_(backend, {n_, columns_}),
        fresh_(backend, {n_, k}),
        overlap_(backend, {columns_, k}) {}

  View<double> block(std::ptrdiff_t i) { return vectors_.view(1, n_, columns_).columns_from(i * k_, k_); }
  View<double> product(std::ptrdiff_t i) { return products_.view(1, n_, columns_).columns_from(i * k_, k_); }
  View<double> vectors(std::ptrdiff_t blocks) { return vectors_.view(1, n_, columns_).columns_from(0, blocks * k_); }
  View<double> products(std::ptrdiff_t blocks) { return products_.view(1, n_, columns_).columns_from(0, blocks * k_); }

  void start(std::uint64_t seed) {
    Random random(seed, Stream::autoencoder_start);
    std::vector<double> values(static_cast<std::size_t>(n_ * k_));
    for (double& value : values) value = random.normal();
    fresh_.from_host(values);
    orthonormalize(0);
  }

  /// Makes block i: the part of block i - 1's product that is not in the basis yet.
  void extend(std::ptrdiff_t i) {
    operations_->copy(product(i - 1), fresh_.view(1, n_, k_));
    // Vectors that were nearly in the basis come out of the first turn with large errors of direction.
    for (int turn = 0; turn < 2; ++turn) orthonormalize(i);
  }

  /// Rows of `rotation` [k, blocks * k] are the best vectors in the basis: they become block 0, with their products.
  void restart(View<const double> rotation, std::ptrdiff_t blocks) {
    for (const auto& [all, first] : {std::pair(vectors(blocks), block(0)), std::pair(products(blocks), product(0))}) {
      operations_->product(all, Transposed::no, rotation, Transposed::yes, fresh_.view(1, n_, k_), Result::replaced);
      operations_->copy(fresh_.view(1, n_, k_), first);
    }
  }

  /// Takes the rounding errors of the restarts out of block 0, whose products must then be made anew.
  void renew() {
    operations_->copy(block(0), fresh_.view(1, n_, k_));
    orthonormalize(0);
  }

 private:
  void orthonormalize(std::ptrdiff_t blocks_before) {
    const View<double> fresh = fresh_.view(1, n_, k_);
    if (blocks_before > 0) {
      const View<double> before = vectors(blocks_before);
      const View<double> overlap = overlap_.view(1, before.columns, k_);
      operations_->product(before, Transposed::yes, fresh, Transposed::no, overlap, Result::replaced);
      std::vector<double> negative = overlap_.to_host();
      for (double& value : negative) value = -value;
      overlap_.from_host(negative);
      operations_->product(before, Transposed::no, overlap, Transposed::no, fresh, Result::added);
    }
    backend_->decompositions().orthonormalize(fresh);
    operations_->copy(fresh, block(blocks_before));
  }

  Backend* backend_;
  Operations<double>* operations_;
  std::ptrdiff_t n_, k_, columns_;
  Tensor<double> vectors_, products_;  // [n, blocks * k]
  Tensor<double> fresh_;               // [n, k]
  Tensor<double> overlap_;             // [blocks * k, k]
};

std::vector<double> residuals_of(Backend& backend, View<double> vectors, View<double> products,
                                 const std::vector<double>& eigenvalues) {
  const std::ptrdiff_t n = vectors.rows, k = vectors.columns;
  Tensor<double> v(backend, {n, k}), w(backend, {n, k});
  operations_of<double>(backend).copy(vectors, v.view(1, n, k));
  operations_of<double>(backend).copy(products, w.view(1, n, k));
  const std::vector<double> host_v = v.to_host(), host_w = w.to_host();
  std::vector<double> squares(static_cast<std::size_t>(k));
  for (std::size_t i = 0; i < host_v.size(); ++i) {
    const std::size_t column = i % squares.size();
    const double difference = host_w[i] - eigenvalues[column] * host_v[i];
    squares[column] += difference * difference;
  }
  for (double& square : squares) square = std::sqrt(square);
  return squares;
}

}  // namespace

DominantSubspace dominant_subspace(Backend& backend, const SubspaceSearch& search, const SymmetricProduct& product) {
  const std::ptrdiff_t n = search.size;
  // A small space is taken whole: exact after one product.
  std::ptrdiff_t k = std::min<std::ptrdiff_t>(search.wanted + std::max(search.oversampling, 1), n);
  if (n < 2 * k) k = n;
  const std::ptrdiff_t blocks = std::clamp<std::ptrdiff_t>(n / k, 1, most_blocks);
  Basis basis(backend, n, k, blocks);
  basis.start(search.seed);
  DominantSubspace found;
  std::ptrdiff_t known = 0;  // blocks whose products are known
  while (true) {
    for (std::ptrdiff_t i = known; i < blocks; ++i) {
      if (i > 0) basis.extend(i);
      product(basis.block(i), basis.product(i));
      ++found.products;
    }
    const std::ptrdiff_t m = blocks * k;
    Tensor<double> small(backend, {m, m}), values(backend, {k}), rotation(backend, {k, m});
    operations_of<double>(backend).product(basis.vectors(blocks), Transposed::yes, basis.products(blocks),
                                           Transposed::no, small.view(1, m, m), Result::replaced);
    std::vector<double> projected = small.to_host();
    for (std::ptrdiff_t i = 0; i < m; ++i)
      for (std::ptrdiff_t j = 0; j < i; ++j) {
        double &a = projected[static_cast<std::size_t>(i * m + j)], &b = projected[static_cast<std::size_t>(j * m + i)];
        a = b = (a + b) / 2;
      }
    small.from_host(projected);
    backend.decompositions().symmetric_eigen(small.view(1, m, m), values.data(), rotation.view(1, k, m));
    basis.restart(std::as_const(rotation).view(1, k, m), blocks);
    known = 1;
    found.eigenvalues = values.to_host();
    found.residuals = residuals_of(backend, basis.block(0), basis.product(0), found.eigenvalues);
    const double residual = *std::max_element(found.residuals.begin(), found.residuals.begin() + search.wanted);
    found.converged = residual <= tolerance * found.eigenvalues[0];
    if (found.converged || found.products + blocks > search.most_products || blocks == 1) break;
    if (residual > near * found.eigenvalues[0]) continue;
    basis.renew();  // otherwise these errors exceed the tolerance
    known = 0;
  }
  found.residuals.resize(static_cast<std::size_t>(search.wanted));
  for (const double one : found.residuals) found.residual = std::hypot(found.residual, one);
  const std::vector<double> columns = [&] {
    Tensor<double> copy(backend, {n, k});
    operations_of<double>(backend).copy(basis.block(0), copy.view(1, n, k));
    return copy.to_host();
  }();
  std::vector<double> rows(static_cast<std::size_t>(search.wanted * n));
  for (std::ptrdiff_t i = 0; i < search.wanted; ++i) {
    double* const row = rows.data() + i * n;
    double largest = 0;  // positive, as in Decompositions
    for (std::ptrdiff_t j = 0; j < n; ++j) {
      row[j] = columns[static_cast<std::size_t>(j * k + i)];
      if (std::abs(row[j]) > std::abs(largest)) largest = row[j];
    }
    for (std::ptrdiff_t j = 0; j < n; ++j) row[j] *= largest < 0 ? -1 : 1;
  }
  found.vectors = Tensor<double>(backend, {search.wanted, n});
  found.vectors.from_host(rows);
  return found;
}

double subspace_bound(const std::vector<double>& eigenvalues, int p, double perturbation, double beyond) {
  if (static_cast<std::size_t>(p) >= eigenvalues.size() || perturbation == 0) return 0;
  const double gap = eigenvalues[static_cast<std::size_t>(p - 1)] - eigenvalues[static_cast<std::size_t>(p)] - beyond;
  return gap > perturbation ? perturbation / gap : 1;
}

}  // namespace hysteron
