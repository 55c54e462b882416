#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include <hysteron/backend.hpp>

namespace hysteron {

/// result = C vectors, both [n, k], for a symmetric C without negative eigenvalues.
using SymmetricProduct = std::function<void(View<const double> vectors, View<double> result)>;

struct SubspaceSearch {
  std::ptrdiff_t size = 0;  ///< n
  int wanted = 1;           ///< eigenvectors
  int oversampling = 32;    ///< further vectors carried along
  int most_products = 100;
  std::uint64_t seed = 1;
};

struct DominantSubspace {
  Tensor<double> vectors;           ///< [wanted, n]
  std::vector<double> eigenvalues;  ///< [carried], largest first: more than wanted, where more were carried
  /// Norms of C v - eigenvalue v: each eigenvalue is within that distance of one of C; then the Frobenius norm of all
  /// wanted ones together.
  std::vector<double> residuals;
  double residual = 0;
  int products = 0;
  bool converged = false;  ///< every wanted residual is below 1e-13 of the largest eigenvalue
};

/// Eigenvectors of the largest eigenvalues, from products with a block of vectors only: a randomized block Krylov
/// iteration (Musco & Musco 2015, arXiv 1504.05477), restarted from its best vectors, orthogonalized in full.
DominantSubspace dominant_subspace(Backend& backend, const SubspaceSearch& search, const SymmetricProduct& product);

/// The sine bound of Davis & Kahan for the first p eigenvalues, given the error of the matrix; 0 when p is all of them.
double subspace_bound(const std::vector<double>& eigenvalues, int p, double perturbation, double beyond);

}  // namespace hysteron
