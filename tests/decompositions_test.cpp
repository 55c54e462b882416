#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/backend.hpp>
#include <hysteron/decompositions.hpp>
#include <hysteron/random.hpp>

#include "autoencoder/dominant_subspace.hpp"

namespace hysteron {
namespace {

// A matrix on the host, and as a window on a wider tensor, so that strides are really tested.
struct Numbers {
  std::ptrdiff_t rows = 0, columns = 0;
  std::vector<double> values;
  double& operator()(std::ptrdiff_t i, std::ptrdiff_t j) { return values[static_cast<std::size_t>(i * columns + j)]; }
  double operator()(std::ptrdiff_t i, std::ptrdiff_t j) const {
    return values[static_cast<std::size_t>(i * columns + j)];
  }
};

Numbers zeros(std::ptrdiff_t rows, std::ptrdiff_t columns) {
  return {rows, columns, std::vector<double>(static_cast<std::size_t>(rows * columns))};
}

Numbers drawn(std::ptrdiff_t rows, std::ptrdiff_t columns, std::uint64_t seed) {
  Random random(seed, Stream::test_of_library);
  Numbers matrix = zeros(rows, columns);
  for (double& value : matrix.values) value = random.normal();
  return matrix;
}

Numbers product(const Numbers& a, const Numbers& b) {
  Numbers c = zeros(a.rows, b.columns);
  for (std::ptrdiff_t i = 0; i < a.rows; ++i)
    for (std::ptrdiff_t k = 0; k < a.columns; ++k)
      for (std::ptrdiff_t j = 0; j < b.columns; ++j) c(i, j) += a(i, k) * b(k, j);
  return c;
}

Numbers transposed(const Numbers& a) {
  Numbers t = zeros(a.columns, a.rows);
  for (std::ptrdiff_t i = 0; i < a.rows; ++i)
    for (std::ptrdiff_t j = 0; j < a.columns; ++j) t(j, i) = a(i, j);
  return t;
}

double distance(const Numbers& a, const Numbers& b) {
  double most = a.rows == b.rows && a.columns == b.columns ? 0 : INFINITY;
  for (std::size_t i = 0; most < INFINITY && i < a.values.size(); ++i)
    most = std::max(most, std::abs(a.values[i] - b.values[i]));
  return most;
}

Numbers identity(std::ptrdiff_t n) {
  Numbers one = zeros(n, n);
  for (std::ptrdiff_t i = 0; i < n; ++i) one(i, i) = 1;
  return one;
}

class Placed {
 public:
  Placed(Backend& backend, const Numbers& matrix)
      : rows_(matrix.rows), columns_(matrix.columns), tensor_(backend, {rows_ + 1, columns_ + 3}) {
    std::vector<double> all(tensor_.size(), 1e30);
    for (std::ptrdiff_t i = 0; i < rows_; ++i)
      for (std::ptrdiff_t j = 0; j < columns_; ++j)
        all[static_cast<std::size_t>(i * (columns_ + 3) + j)] = matrix(i, j);
    tensor_.from_host(all);
  }
  View<double> view() { return {tensor_.data(), 1, rows_, columns_, 0, columns_ + 3}; }
  Numbers numbers() const {
    const std::vector<double> all = tensor_.to_host();
    Numbers matrix = zeros(rows_, columns_);
    for (std::ptrdiff_t i = 0; i < rows_; ++i)
      for (std::ptrdiff_t j = 0; j < columns_; ++j)
        matrix(i, j) = all[static_cast<std::size_t>(i * (columns_ + 3) + j)];
    return matrix;
  }

 private:
  std::ptrdiff_t rows_, columns_;
  Tensor<double> tensor_;
};

class DecompositionsOfABackend : public ::testing::Test {
 protected:
  std::unique_ptr<Backend> backend_ = make_backend("cpu", 2);
  Decompositions& decompositions() { return backend_->decompositions(); }
};

TEST_F(DecompositionsOfABackend, EigenvectorsOfASymmetricMatrix) {
  for (const std::ptrdiff_t n : {1, 2, 31, 60}) {
    const Numbers x = drawn(n + 3, n, static_cast<std::uint64_t>(n)), c = product(transposed(x), x);
    const std::ptrdiff_t count = (n + 1) / 2;
    Placed a(*backend_, c), vectors(*backend_, zeros(count, n));
    Tensor<double> values(*backend_, {count});
    decompositions().symmetric_eigen(a.view(), values.data(), vectors.view());
    const Numbers v = vectors.numbers();
    EXPECT_LT(distance(product(v, transposed(v)), identity(count)), 1e-12);
    Numbers scaled = v;
    const std::vector<double> lambda = values.to_host();
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      EXPECT_GE(lambda[static_cast<std::size_t>(std::max<std::ptrdiff_t>(i - 1, 0))],
                lambda[static_cast<std::size_t>(i)]);
      double largest = 0;
      for (std::ptrdiff_t j = 0; j < n; ++j) {
        scaled(i, j) *= lambda[static_cast<std::size_t>(i)];
        if (std::abs(v(i, j)) > std::abs(largest)) largest = v(i, j);
      }
      EXPECT_GT(largest, 0);
    }
    EXPECT_LT(distance(product(v, c), scaled), 1e-11 * lambda[0]);
  }
}

TEST_F(DecompositionsOfABackend, OrthonormalColumnsAndTriangles) {
  struct Case {
    std::ptrdiff_t rows, columns;
  };
  // Many rows are reduced in blocks, in two rounds.
  for (const auto& [rows, columns] : {Case{1, 1}, Case{5, 5}, Case{7, 3}, Case{1100, 3}, Case{90, 40}, Case{5000, 4}}) {
    Numbers x = drawn(rows, columns, 5);
    if (columns == 3)
      for (std::ptrdiff_t i = 0; i < rows; ++i) x(i, 2) = x(i, 0);  // linearly dependent columns
    Placed q(*backend_, x), a(*backend_, x), r(*backend_, zeros(columns, columns));
    decompositions().orthonormalize(q.view());
    decompositions().triangle(a.view(), r.view());
    const Numbers one = q.numbers(), upper = r.numbers();
    EXPECT_LT(distance(product(transposed(one), one), identity(columns)), 1e-12) << rows;
    EXPECT_LT(distance(product(one, product(transposed(one), x)), x), 1e-12 * std::sqrt(rows)) << rows;
    EXPECT_LT(distance(product(transposed(upper), upper), product(transposed(x), x)),
              1e-12 * static_cast<double>(rows));
    for (std::ptrdiff_t i = 0; i < columns; ++i)
      for (std::ptrdiff_t j = 0; j < i; ++j) EXPECT_EQ(upper(i, j), 0);
  }
}

TEST_F(DecompositionsOfABackend, RightSingularVectors) {
  struct Case {
    std::ptrdiff_t rows, columns, count;
  };
  for (const auto& [rows, columns, count] :
       {Case{1, 1, 1}, Case{9, 4, 4}, Case{4, 9, 4}, Case{40, 40, 7}, Case{1500, 20, 3}, Case{3, 200, 2}}) {
    const Numbers x = drawn(rows, columns, 7);
    Placed a(*backend_, x), vectors(*backend_, zeros(count, columns));
    Tensor<double> values(*backend_, {count});
    decompositions().right_svd(a.view(), values.data(), vectors.view());
    const Numbers v = vectors.numbers();
    const std::vector<double> sigma = values.to_host();
    EXPECT_LT(distance(product(v, transposed(v)), identity(count)), 1e-12);
    // X^T X v = sigma^2 v, and if all vectors are requested nothing is left over.
    Numbers scaled = v;
    for (std::ptrdiff_t i = 0; i < count; ++i)
      for (std::ptrdiff_t j = 0; j < columns; ++j)
        scaled(i, j) *= sigma[static_cast<std::size_t>(i)] * sigma[static_cast<std::size_t>(i)];
    EXPECT_LT(distance(product(v, product(transposed(x), x)), scaled), 1e-11 * sigma[0] * sigma[0]) << rows;
    if (count == std::min(rows, columns)) {
      EXPECT_LT(distance(product(product(x, transposed(v)), v), x), 1e-12 * sigma[0]) << rows;
    }
  }
}

// Rows of zeros, as the incremental solver has them: the vectors of zero length complete the basis.
TEST_F(DecompositionsOfABackend, ARankThatIsLow) {
  Numbers x = zeros(6, 8);
  for (std::ptrdiff_t j = 0; j < 8; ++j) x(1, j) = x(4, j) = static_cast<double>(j + 1);
  Placed a(*backend_, x), vectors(*backend_, zeros(6, 8));
  Tensor<double> values(*backend_, {6});
  decompositions().right_svd(a.view(), values.data(), vectors.view());
  EXPECT_NEAR(values.to_host()[0], std::sqrt(2 * 204.0), 1e-12);
  for (std::size_t i = 1; i < 6; ++i) EXPECT_NEAR(values.to_host()[i], 0, 1e-13);
  const Numbers v = vectors.numbers();
  EXPECT_LT(distance(product(v, transposed(v)), identity(6)), 1e-12);
}

TEST_F(DecompositionsOfABackend, RefusesNumbersThatAreNotFinite) {
  Numbers x = drawn(4, 4, 9);
  x(2, 1) = NAN;
  Placed a(*backend_, x), vectors(*backend_, zeros(2, 4));
  Tensor<double> values(*backend_, {2});
  try {
    decompositions().symmetric_eigen(a.view(), values.data(), vectors.view());
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::numeric);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("[2, 1]"));
  }
  EXPECT_THROW(decompositions().right_svd(a.view(), values.data(), vectors.view()), Error);
  Placed wide(*backend_, drawn(3, 4, 1));
  EXPECT_THROW(decompositions().orthonormalize(wide.view()), Error);
}

// Eigenvalues over ten orders of magnitude, close neighbors among them.
TEST_F(DecompositionsOfABackend, TheDominantSubspaceOfALargerMatrix) {
  constexpr std::ptrdiff_t n = 150;
  constexpr int wanted = 10;
  Placed basis(*backend_, drawn(n, n, 11));
  decompositions().orthonormalize(basis.view());
  const Numbers q = basis.numbers();
  Numbers scaled = q;
  std::vector<double> lambda;
  for (std::ptrdiff_t i = 0; i < n; ++i) lambda.push_back(1e3 * std::exp(-0.15 * static_cast<double>(i / 2)));
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j) scaled(i, j) *= lambda[static_cast<std::size_t>(j)];
  Placed c(*backend_, product(scaled, transposed(q)));
  const DominantSubspace found =
      dominant_subspace(*backend_, {.size = n, .wanted = wanted, .oversampling = 6},
                        [&](View<const double> vectors, View<double> result) {
                          operations_of<double>(*backend_).product(c.view(), Transposed::no, vectors, Transposed::no,
                                                                   result, Result::replaced);
                        });
  EXPECT_TRUE(found.converged);
  EXPECT_GT(found.products, 3);
  for (std::size_t i = 0; i < wanted; ++i) EXPECT_NEAR(found.eigenvalues[i], lambda[i], 1e-10);
  const Numbers v{wanted, n, found.vectors.to_host()};
  EXPECT_LT(distance(product(v, transposed(v)), identity(wanted)), 1e-12);
  const Numbers parts = product(v, q);  // in the space of the first ten
  for (std::ptrdiff_t i = 0; i < wanted; ++i)
    for (std::ptrdiff_t j = wanted; j < n; ++j) EXPECT_NEAR(parts(i, j), 0, 1e-11);
}

}  // namespace
}  // namespace hysteron
