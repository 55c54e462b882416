// Products of every shape and layout compared with a plain triple loop, at every instruction level of this machine.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/instruction_levels.hpp"

namespace hysteron {

namespace {

/// A matrix for each replica, with rows farther apart than they are long and other values between them.
template <class Real>
struct Matrix {
  Matrix(int replicas, std::ptrdiff_t rows, std::ptrdiff_t columns, std::mt19937& random, int gap = 3)
      : values(static_cast<std::size_t>(replicas * (rows * (columns + gap) + gap))) {
    std::normal_distribution<double> normal;
    for (Real& value : values) value = Real(normal(random));
    view = {values.data() + std::min(gap, 1), replicas, rows, columns, rows * (columns + gap) + gap, columns + gap};
  }
  std::vector<Real> values;
  View<Real> view;
};

struct Case {
  int replicas;
  std::ptrdiff_t rows, columns, depth;
  Transposed ta, tb;
  Result result;
};

template <class Real>
double naive(const Case& of, View<const Real> a, View<const Real> b, int r, std::ptrdiff_t i, std::ptrdiff_t j) {
  double sum = 0;
  for (std::ptrdiff_t k = 0; k < of.depth; ++k)
    sum += double(of.ta == Transposed::yes ? *(a.at(r, k) + i) : *(a.at(r, i) + k)) *
           double(of.tb == Transposed::yes ? *(b.at(r, j) + k) : *(b.at(r, k) + j));
  return sum;
}

// n terms of about 1 each, rounded n times: the error grows as the square root of n. One term too many or too few is of
// order 1.
template <class Real>
double tolerance_of(std::ptrdiff_t depth) {
  return 16 * double(std::numeric_limits<Real>::epsilon()) * (1 + std::sqrt(double(depth))) * 4;
}

template <class Real>
void expect_product(Operations<Real>& operations, const Case& of) {
  SCOPED_TRACE(std::to_string(of.rows) + " x " + std::to_string(of.depth) + " x " + std::to_string(of.columns) +
               (of.ta == Transposed::yes ? " a^T" : " a") + (of.tb == Transposed::yes ? " b^T" : " b"));
  std::mt19937 random(1);
  const bool ta = of.ta == Transposed::yes, tb = of.tb == Transposed::yes;
  Matrix<Real> a(of.replicas, ta ? of.depth : of.rows, ta ? of.rows : of.depth, random);
  Matrix<Real> b(of.replicas, tb ? of.columns : of.depth, tb ? of.depth : of.columns, random);
  Matrix<Real> c(of.replicas, of.rows, of.columns, random);
  for (std::ptrdiff_t row = 1; row < a.view.rows; row += 3)
    for (int r = 0; r < of.replicas; ++r) std::fill_n(a.view.at(r, row), a.view.columns, Real(0));
  const std::vector<Real> before = c.values;
  operations.product(a.view, of.ta, b.view, of.tb, c.view, of.result);
  std::vector<Real> expected = before;
  for (int r = 0; r < of.replicas; ++r)
    for (std::ptrdiff_t i = 0; i < of.rows; ++i)
      for (std::ptrdiff_t j = 0; j < of.columns; ++j) {
        const std::size_t at = static_cast<std::size_t>(c.view.at(r, i) + j - c.values.data());
        const double start = of.result == Result::added ? double(before[at]) : 0.0;
        expected[at] = Real(start + naive<Real>(of, a.view, b.view, r, i, j));
      }
  double worst = 0;
  for (std::size_t at = 0; at < expected.size(); ++at) {
    const double error = std::abs(double(c.values[at]) - double(expected[at]));
    worst = std::isnan(error) ? INFINITY : std::max(worst, error);
  }
  EXPECT_LT(worst, tolerance_of<Real>(of.depth));
}

class EveryLevel : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Levels, EveryLevel, testing::ValuesIn(runnable_level_names()),
                         [](const auto& level) { return level.param; });

TEST_P(EveryLevel, ProductsAgreeWithATripleLoop) {
  auto backend = backend_of_level(GetParam(), 2);
  for (const Transposed ta : {Transposed::no, Transposed::yes})
    for (const Transposed tb : {Transposed::no, Transposed::yes})
      for (const auto& [rows, columns, depth] : {std::array{1, 1, 1},
                                                 {3, 2, 5},
                                                 {7, 33, 1},
                                                 {33, 7, 64},
                                                 {65, 100, 31},
                                                 {130, 257, 20},
                                                 {10, 64, 300},
                                                 {1, 300, 513},
                                                 {192, 1, 270}}) {
        const Case of{2, rows, columns, depth, ta, tb, (rows + depth) % 2 ? Result::added : Result::replaced};
        expect_product(operations_of<float>(*backend), of);
        expect_product(operations_of<double>(*backend), of);
      }
  for (const std::ptrdiff_t columns : {1, 5, 40})  // deep enough to be split into parts
    expect_product(operations_of<float>(*backend),
                   {2, 70, columns, 9001, Transposed::yes, Transposed::no, Result::added});
}

TEST_P(EveryLevel, AffineAddsTheBiasToEveryRow) {
  auto backend = backend_of_level(GetParam(), 2);
  std::mt19937 random(2);
  for (const auto& [rows, columns, depth] : {std::array{5, 3, 2}, {300, 96, 1}, {40, 300, 270}}) {
    Matrix<float> x(2, rows, depth, random), weight(2, columns, depth, random), bias(2, 1, columns, random),
        y(2, rows, columns, random);
    std::fill_n(x.view.at(1, 2), depth, 0.0f);
    operations_of<float>(*backend).affine(x.view, weight.view, bias.view, y.view);
    const Case of{2, rows, columns, depth, Transposed::no, Transposed::yes, Result::replaced};
    for (int r = 0; r < 2; ++r)
      for (std::ptrdiff_t i = 0; i < rows; ++i)
        for (std::ptrdiff_t j = 0; j < columns; ++j) {
          const double expected = double(bias.view.at(r, 0)[j]) + naive<float>(of, x.view, weight.view, r, i, j);
          ASSERT_NEAR(y.view.at(r, i)[j], expected, tolerance_of<float>(depth)) << r << " " << i << " " << j;
        }
  }
}

TEST_P(EveryLevel, SumsOfRows) {
  auto backend = backend_of_level(GetParam(), 2);
  std::mt19937 random(3);
  for (const auto& [rows, columns] : {std::array{1, 1}, {3, 40}, {515, 17}, {2100, 300}}) {
    Matrix<float> values(2, rows, columns, random), sums(2, 1, columns, random);
    const std::vector<float> before = sums.values;
    operations_of<float>(*backend).sum_rows(values.view, sums.view, Result::added);
    for (int r = 0; r < 2; ++r)
      for (std::ptrdiff_t j = 0; j < columns; ++j) {
        double expected = double(before[static_cast<std::size_t>(sums.view.at(r, 0) + j - sums.values.data())]);
        for (std::ptrdiff_t i = 0; i < rows; ++i) expected += double(values.view.at(r, i)[j]);
        ASSERT_NEAR(sums.view.at(r, 0)[j], expected, tolerance_of<float>(rows));
      }
  }
}

TEST_P(EveryLevel, ThreadsAndReplicasDoNotChangeABit) {
  for (const auto& [rows, columns, depth] : {std::array{90, 70, 5000}, {96, 1, 5000}, {300, 270, 65}}) {
    for (const Transposed ta : {Transposed::no, Transposed::yes}) {
      std::mt19937 random(4);
      const bool turned = ta == Transposed::yes;
      Matrix<float> a(3, turned ? depth : rows, turned ? rows : depth, random), b(3, depth, columns, random);
      Matrix<float> first(3, rows, columns, random, 0);
      std::ranges::fill(first.values, 0.0f);
      for (const int threads : {1, 2, 3}) {
        auto backend = backend_of_level(GetParam(), threads);
        Matrix<float> c(3, rows, columns, random, 0);
        std::ranges::fill(c.values, 0.0f);
        operations_of<float>(*backend).product(a.view, ta, b.view, Transposed::no, c.view, Result::replaced);
        if (threads == 1) first.values = c.values;
        EXPECT_EQ(std::memcmp(c.values.data(), first.values.data(), c.values.size() * sizeof(float)), 0) << threads;
        View<float> alone_a = a.view, alone_b = b.view, alone_c = c.view;
        for (View<float>* view : {&alone_a, &alone_b, &alone_c})
          *view = {view->at(1, 0), 1, view->rows, view->columns, 0, view->row};
        std::fill_n(alone_c.first, rows * columns, 1.0f);
        operations_of<float>(*backend).product(alone_a, ta, alone_b, Transposed::no, alone_c, Result::replaced);
        EXPECT_EQ(std::memcmp(c.values.data(), first.values.data(), c.values.size() * sizeof(float)), 0) << threads;
      }
    }
  }
}

TEST(Product, AMatrixSharedByAllReplicas) {
  auto backend = make_backend("cpu", 2);
  std::mt19937 random(5);
  Matrix<double> a(1, 20, 30, random), b(3, 30, 40, random), c(3, 20, 40, random);
  a.view.replica = 0;
  operations_of<double>(*backend).product(a.view, Transposed::no, b.view, Transposed::no, c.view, Result::replaced);
  const Case of{3, 20, 40, 30, Transposed::no, Transposed::no, Result::replaced};
  for (int r = 0; r < 3; ++r) EXPECT_NEAR(c.view.at(r, 7)[9], naive<double>(of, a.view, b.view, r, 7, 9), 1e-12);
}

TEST(Product, ShapesThatDoNotFitAreADefect) {
  auto backend = make_backend("cpu", 1);
  std::mt19937 random(6);
  Matrix<float> a(1, 4, 5, random), b(1, 6, 7, random), c(1, 4, 7, random);
  EXPECT_THROW(
      operations_of<float>(*backend).product(a.view, Transposed::no, b.view, Transposed::no, c.view, Result::replaced),
      Error);
}

}  // namespace

}  // namespace hysteron
