// cuSOLVER's decompositions, and the linear autoencoders fitted with them, compared with the CPU's.
#include <gtest/gtest.h>

#include <hysteron/decompositions.hpp>
#include <hysteron/linear_autoencoder.hpp>

#include "tests/device/on_device.hpp"

namespace hysteron {
namespace {

class DeviceDecompositions : public OnDevice {};
class DeviceAutoencoder : public OnDevice {};

/// A window on a wider matrix.
View<double> window(Tensor<double>& tensor, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  return tensor.view(1, rows, columns + 3).columns_from(1, columns);
}

TEST_F(DeviceDecompositions, Eigenvectors) {
  for (const std::ptrdiff_t n : {1, 2, 33, 300}) {
    const std::ptrdiff_t count = (n + 2) / 3;
    std::vector<double> values[2], vectors[2];
    for (const int which : {0, 1}) {
      Backend& backend = which == 0 ? cpu() : gpu();
      auto x = tensor_of<double>(backend, drawn((n + 3) * (n + 5), 1, 1));
      Tensor<double> c(backend, {n, n + 3}), v(backend, {count, n + 3}), lambda(backend, {count});
      const View<double> rows = window(x, n + 5, n);
      operations_of<double>(backend).product(rows, Transposed::yes, rows, Transposed::no, window(c, n, n),
                                             Result::replaced);
      backend.decompositions().symmetric_eigen(window(c, n, n), lambda.data(), window(v, count, n));
      values[which] = host_values(lambda);
      vectors[which] = host_values(backend, window(v, count, n));
    }
    expect_near("eigenvalues", values[1], values[0], 1e-12);
    expect_near("eigenvectors", vectors[1], vectors[0], 1e-8);
  }
}

TEST_F(DeviceDecompositions, OrthonormalColumnsAndTriangles) {
  struct Case {
    std::ptrdiff_t rows, columns;
  };
  for (const auto& [rows, columns] : {Case{1, 1}, Case{40, 40}, Case{3000, 70}}) {
    auto x = tensor_of<double>(gpu(), drawn(rows * (columns + 3), 1, 2));
    auto a = tensor_of<double>(gpu(), drawn(rows * (columns + 3), 1, 2));
    Tensor<double> r(gpu(), {columns, columns + 3}), gram(gpu(), {columns, columns}), back(gpu(), {rows, columns + 3});
    const View<double> q = window(a, rows, columns);
    gpu().decompositions().orthonormalize(q);
    Operations<double>& operations = operations_of<double>(gpu());
    operations.product(q, Transposed::yes, q, Transposed::no, gram.view(1, columns, columns), Result::replaced);
    std::vector<double> identity(static_cast<std::size_t>(columns * columns));
    for (std::ptrdiff_t i = 0; i < columns; ++i) identity[static_cast<std::size_t>(i * columns + i)] = 1;
    expect_near("Q^T Q", host_values(gram), identity, 1e-12);
    auto copy = tensor_of<double>(gpu(), drawn(rows * (columns + 3), 1, 2));
    gpu().decompositions().triangle(window(copy, rows, columns), window(r, columns, columns));
    operations.product(q, Transposed::no, window(r, columns, columns), Transposed::no, window(back, rows, columns),
                       Result::replaced);
    expect_near("Q R", host_values(gpu(), window(back, rows, columns)), host_values(gpu(), window(x, rows, columns)),
                1e-12);
  }
}

TEST_F(DeviceDecompositions, SingularVectors) {
  struct Case {
    std::ptrdiff_t rows, columns, count;
  };
  for (const auto& [rows, columns, count] : {Case{1, 1, 1}, Case{50, 50, 20}, Case{30, 400, 30}, Case{2000, 60, 9}}) {
    std::vector<double> values[2], vectors[2];
    for (const int which : {0, 1}) {
      Backend& backend = which == 0 ? cpu() : gpu();
      auto x = tensor_of<double>(backend, drawn(rows * (columns + 3), 1, 3));
      Tensor<double> v(backend, {count, columns + 3}), sigma(backend, {count});
      backend.decompositions().right_svd(window(x, rows, columns), sigma.data(), window(v, count, columns));
      values[which] = host_values(sigma);
      vectors[which] = host_values(backend, window(v, count, columns));
    }
    expect_near("singular values", values[1], values[0], 1e-12);
    expect_near("singular vectors", vectors[1], vectors[0], 1e-8);
  }
}

/// Sequences of unequal lengths whose values depend on their past.
Sequences some_sequences() {
  Sequences all{.count = 300, .steps = 90, .features = 2, .inputs = {}, .lengths = {}, .targets = {}, .labels = {}};
  const std::vector<double> noise = drawn(300 * 90 * 2, 1, 4);
  all.inputs.resize(noise.size());
  for (int n = 0; n < 300; ++n) {
    all.lengths.push_back(90 - n % 40);
    for (int i = 0; i < 180; ++i) {
      const std::size_t at = static_cast<std::size_t>(n * 180 + i);
      const double past = i < 2 ? 0 : static_cast<double>(all.inputs[at - 2]);
      all.inputs[at] = static_cast<float>(0.9 * past + noise[at] + 0.3);
    }
  }
  return all;
}

TEST_F(DeviceAutoencoder, EverySolver) {
  const Sequences sequences = some_sequences();
  for (const SolverKind kind : {SolverKind::gram, SolverKind::incremental, SolverKind::randomized})
    for (const int window : {0, 25}) {
      std::vector<double> values[2], projections[2];
      for (const int which : {0, 1}) {
        Backend& backend = which == 0 ? cpu() : gpu();
        const auto solver = make_solver(backend, kind, {.window = window, .components = 16});
        solver->add(sequences);
        const LinearAutoencoderFit fit = solver->solve(16);
        values[which] = fit.autoencoder.singular_values;
        projections[which] = decode(backend, fit.autoencoder, encode(backend, fit.autoencoder, sequences), 90);
      }
      expect_near(to_string(kind) + " singular values", values[1], values[0], 1e-6);
      expect_near(to_string(kind) + " reconstruction", projections[1], projections[0], 1e-6);
    }
}

}  // namespace
}  // namespace hysteron
