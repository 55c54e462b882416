// The linear autoencoder compared with its definition: a dense singular value decomposition of Xi, built row by row.
#include <Eigen/Dense>
#include <cmath>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/error.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/random.hpp>

#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using Matrix = Eigen::MatrixXd;
using ::testing::HasSubstr;

// Unequal lengths from 1 on, a nonzero mean, features of different magnitudes that depend on their past.
Sequences some_sequences(int count, int steps, int features, std::uint64_t seed) {
  Random random(seed, Stream::test_of_library);
  Sequences all{
      .count = count, .steps = steps, .features = features, .inputs = {}, .lengths = {}, .targets = {}, .labels = {}};
  for (int n = 0; n < count; ++n) {
    all.lengths.push_back(n == 0 ? steps : n == 1 ? 1 : 1 + static_cast<int>(random.below(steps)));
    std::vector<double> x(static_cast<std::size_t>(features));
    for (int t = 0; t < steps; ++t)
      for (int a = 0; a < features; ++a) {
        double& own = x[static_cast<std::size_t>(a)];
        own = 0.6 * own + random.normal() / (1 + a);
        all.inputs.push_back(static_cast<float>(t < all.lengths.back() ? own + 2.5 * a - 1 : 99));  // 99: never seen
      }
  }
  return all;
}

Sequences together(const Sequences& a, const Sequences& b) {
  Sequences all = a;
  all.count += b.count;
  all.inputs.insert(all.inputs.end(), b.inputs.begin(), b.inputs.end());
  all.lengths.insert(all.lengths.end(), b.lengths.begin(), b.lengths.end());
  return all;
}

/// Everything computed from the definition.
struct Dense {
  Matrix rows;                     // Xi
  Eigen::VectorXd mean, singular;  // of Xi
  Matrix left, right;              // V, U
  std::vector<int> first_rows;     // of each sequence

  Dense(const Sequences& s, int window) {
    const int f = s.features, lags = window == 0 ? s.steps : std::min(window, s.steps);
    const auto input = [&](int n, int t, int a) {
      return static_cast<double>(s.inputs[static_cast<std::size_t>((n * s.steps + t) * f + a)]);
    };
    mean = Eigen::VectorXd::Zero(f);
    int steps = 0;
    for (int n = 0; n < s.count; ++n) {
      first_rows.push_back(steps);
      for (int t = 0; t < s.lengths[static_cast<std::size_t>(n)]; ++t, ++steps)
        for (int a = 0; a < f; ++a) mean[a] += input(n, t, a);
    }
    first_rows.push_back(steps);
    mean /= steps;
    rows = Matrix::Zero(steps, lags * f);
    for (int n = 0, row = 0; n < s.count; ++n)
      for (int t = 0; t < s.lengths[static_cast<std::size_t>(n)]; ++t, ++row)
        for (int j = 0; j <= std::min(t, lags - 1); ++j)
          for (int a = 0; a < f; ++a) rows(row, j * f + a) = input(n, t - j, a) - mean[a];
    const Eigen::JacobiSVD<Matrix, Eigen::FullPivHouseholderQRPreconditioner> svd(
        rows, Eigen::ComputeFullU | Eigen::ComputeFullV);
    singular = svd.singularValues();
    left = svd.matrixU();
    right = svd.matrixV();
  }

  // B = L^-1 V^T R V L, where R moves every row to the one after it within its sequence.
  Matrix memory(int p) const {
    const Matrix v = left.leftCols(p), lambda = singular.head(p).asDiagonal();
    Matrix moved = Matrix::Zero(v.rows(), p);
    for (std::size_t n = 0; n + 1 < first_rows.size(); ++n)
      for (int row = first_rows[n] + 1; row < first_rows[n + 1]; ++row) moved.row(row) = v.row(row - 1);
    return singular.head(p).cwiseInverse().asDiagonal() * (v.transpose() * moved) * lambda;
  }
};

Matrix matrix(const std::vector<double>& values, int rows, int columns) {
  return Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(values.data(), rows,
                                                                                                  columns);
}

std::unique_ptr<LinearAutoencoderSolver> solver_of(Backend& backend, SolverKind kind, int window, int components) {
  return make_solver(backend, kind, {.window = window, .components = components});
}

LinearAutoencoderFit fit_of(Backend& backend, SolverKind kind, const Sequences& sequences, int window, int components) {
  const auto solver = solver_of(backend, kind, window, components);
  solver->add(sequences);
  return solver->solve(components);
}

/// The same fit; the signs of singular vectors are free, and are read off A.
void expect_same(const LinearAutoencoderFit& a, const LinearAutoencoderFit& b, double tolerance) {
  const LinearAutoencoder &x = a.autoencoder, &y = b.autoencoder;
  const int p = x.components, f = x.features;
  ASSERT_EQ(p, y.components);
  ASSERT_EQ(f, y.features);
  EXPECT_EQ(a.sequences, b.sequences);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.window, b.window);
  EXPECT_NEAR(a.energy, b.energy, tolerance);
  for (std::size_t i = 0; i < x.mean.size(); ++i) EXPECT_NEAR(x.mean[i], y.mean[i], tolerance);
  for (std::size_t i = 0; i < x.singular_values.size(); ++i)
    EXPECT_NEAR(x.singular_values[i], y.singular_values[i], tolerance * x.singular_values[0]);
  const Matrix input = matrix(x.input_weight, p, f), memory = matrix(x.memory_weight, p, p);
  const Matrix other_input = matrix(y.input_weight, p, f), other_memory = matrix(y.memory_weight, p, p);
  Eigen::VectorXd signs(p);
  for (int i = 0; i < p; ++i) signs[i] = input.row(i).dot(other_input.row(i)) < 0 ? -1 : 1;
  EXPECT_LT((input - signs.asDiagonal() * other_input).norm(), tolerance);
  EXPECT_LT((memory - signs.asDiagonal() * other_memory * signs.asDiagonal()).norm(), tolerance);
}

template <class Work>
void expect_error(Work work, ErrorKind kind, std::initializer_list<std::string> words) {
  const std::string message = message_of(kind, work);
  for (const std::string& word : words) EXPECT_THAT(message, HasSubstr(word));
}

class Solvers : public ::testing::TestWithParam<SolverKind> {
 protected:
  std::unique_ptr<Backend> backend_ = make_backend("cpu", 2);
};

INSTANTIATE_TEST_SUITE_P(Every, Solvers,
                         ::testing::Values(SolverKind::gram, SolverKind::incremental, SolverKind::randomized),
                         [](const auto& one) { return to_string(one.param); });

TEST_P(Solvers, AgreesWithADenseDecomposition) {
  const Sequences sequences = some_sequences(9, 7, 3, 1);
  const Dense dense(sequences, 0);
  for (const int p : {21, 12, 5}) {
    const LinearAutoencoderFit fit = fit_of(*backend_, GetParam(), sequences, 0, p);
    ASSERT_EQ(fit.autoencoder.components, p);
    EXPECT_EQ(fit.window, 7);
    EXPECT_EQ(fit.rows, dense.rows.rows());
    EXPECT_EQ(fit.resolved, p);
    EXPECT_NEAR(fit.total_energy, dense.rows.squaredNorm(), 1e-10 * dense.rows.squaredNorm());
    EXPECT_NEAR(fit.energy, dense.singular.head(p).squaredNorm() / dense.rows.squaredNorm(), 1e-12);
    for (int a = 0; a < 3; ++a) EXPECT_NEAR(fit.autoencoder.mean[static_cast<std::size_t>(a)], dense.mean[a], 1e-12);
    for (int i = 0; i < p; ++i)
      EXPECT_NEAR(fit.autoencoder.singular_values[static_cast<std::size_t>(i)], dense.singular[i], 1e-9);
    const Matrix u = matrix(fit.vectors, p, 21);
    EXPECT_LT((u.transpose() * u - dense.right.leftCols(p) * dense.right.leftCols(p).transpose()).norm(), 1e-9) << p;
    // Signs of singular vectors are free, and are read off A.
    const Matrix a = matrix(fit.autoencoder.input_weight, p, 3), b = matrix(fit.autoencoder.memory_weight, p, p);
    const Matrix dense_a = dense.right.topRows(3).leftCols(p).transpose();
    Eigen::VectorXd signs(p);
    for (int i = 0; i < p; ++i) signs[i] = a.row(i).dot(dense_a.row(i)) < 0 ? -1 : 1;
    EXPECT_LT((a - signs.asDiagonal() * dense_a).norm(), 1e-9) << p;
    EXPECT_LT((b - signs.asDiagonal() * dense.memory(p) * signs.asDiagonal()).norm(), 1e-9) << p;
    EXPECT_LE(memory_norm(*backend_, fit.autoencoder), 1 + 1e-12);
  }
}

TEST_P(Solvers, FewerComponentsAreTheLeadingPart) {
  const Sequences sequences = some_sequences(9, 7, 3, 8);
  const LinearAutoencoderFit all = fit_of(*backend_, GetParam(), sequences, 0, 12);
  LinearAutoencoderFit part = fit_of(*backend_, GetParam(), sequences, 0, 5);
  const LinearAutoencoderFit wanted = part;
  part.autoencoder = leading(all.autoencoder, 5);
  expect_same(part, wanted, 1e-9);
  expect_error([&] { leading(all.autoencoder, 13); }, ErrorKind::usage, {"13 components", "1 .. 12"});
}

TEST_P(Solvers, AWindowShorterThanTheSequences) {
  const Sequences sequences = some_sequences(6, 13, 2, 2);
  for (const int window : {1, 3, 6, 7, 12, 13, 20}) {
    const Dense dense(sequences, window);
    const int lags = std::min(window, 13), p = std::min(5, 2 * lags);
    const LinearAutoencoderFit fit = fit_of(*backend_, GetParam(), sequences, window, p);
    EXPECT_EQ(fit.window, lags);
    EXPECT_NEAR(fit.total_energy, dense.rows.squaredNorm(), 1e-10 * dense.rows.squaredNorm()) << window;
    for (int i = 0; i < p; ++i)
      EXPECT_NEAR(fit.autoencoder.singular_values[static_cast<std::size_t>(i)], dense.singular[i], 1e-9) << window;
    // B = U^T S U.
    const Matrix u = dense.right.leftCols(p);
    Matrix b = Matrix::Zero(p, p);
    if (lags > 1) b = u.bottomRows(2 * (lags - 1)).transpose() * u.topRows(2 * (lags - 1));
    const Matrix found = matrix(fit.autoencoder.memory_weight, p, p);
    EXPECT_LT((found.cwiseAbs() - b.cwiseAbs()).norm(), 1e-9) << window;
  }
}

TEST_P(Solvers, RemembersEverythingAtFullRank) {
  const Sequences sequences = some_sequences(12, 6, 2, 3);
  const LinearAutoencoder autoencoder = fit_of(*backend_, GetParam(), sequences, 0, 12).autoencoder;
  const LagErrors errors = error_by_lag(*backend_, autoencoder, sequences);
  ASSERT_EQ(errors.error.size(), 6u);
  for (std::size_t lag = 0; lag < 6; ++lag) {
    EXPECT_LT(errors.error[lag], 1e-20) << lag;
    EXPECT_GT(errors.variance[lag], 0.1) << lag;
    EXPECT_GT(errors.count[lag], 0) << lag;
  }
  const std::vector<double> states = encode(*backend_, autoencoder, sequences);
  const std::vector<double> steps = decode(*backend_, autoencoder, states, 6);
  for (int n = 0; n < sequences.count; ++n)
    for (int lag = 0; lag < sequences.lengths[static_cast<std::size_t>(n)]; ++lag)
      for (int a = 0; a < 2; ++a) {
        const int t = sequences.lengths[static_cast<std::size_t>(n)] - 1 - lag;
        EXPECT_NEAR(steps[static_cast<std::size_t>((n * 6 + lag) * 2 + a)],
                    static_cast<double>(sequences.inputs[static_cast<std::size_t>((n * 6 + t) * 2 + a)]), 1e-9);
      }
}

// Parts whose lengths and mean differ from the whole's, in any order.
TEST_P(Solvers, PartsAddUpToTheWhole) {
  const Sequences a = some_sequences(7, 9, 2, 4);
  Sequences b = some_sequences(5, 9, 2, 5);
  for (float& value : b.inputs) value += 3;
  for (const int window : {0, 4}) {
    const LinearAutoencoderFit whole = fit_of(*backend_, GetParam(), together(a, b), window, 6);
    const auto one = solver_of(*backend_, GetParam(), window, 6), other = solver_of(*backend_, GetParam(), window, 6);
    one->add(a);
    other->add(b);
    one->merge(*other);
    expect_same(one->solve(6), whole, 1e-9);
    // A shorter part first, a solver that has seen nothing, an empty part, and again after solve.
    const auto streamed = solver_of(*backend_, GetParam(), window, 6);
    streamed->add(slice(b, 1, 1));
    streamed->merge(*solver_of(*backend_, GetParam(), window, 6));
    streamed->add(slice(a, 0, 0));
    streamed->add(slice(b, 2, 3));
    streamed->solve(1);
    streamed->add(a);
    streamed->add(slice(b, 0, 1));
    expect_same(streamed->solve(6), whole, 1e-9);
    const auto empty = solver_of(*backend_, GetParam(), window, 6);
    empty->merge(*one);
    expect_same(empty->solve(6), whole, 1e-9);
  }
}

TEST_P(Solvers, GoesOnFromAFile) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "state.safetensors";
  const Sequences a = some_sequences(7, 9, 2, 6), b = some_sequences(5, 9, 2, 7);
  const LinearAutoencoderFit whole = fit_of(*backend_, GetParam(), together(a, b), 0, 6);
  const auto first = solver_of(*backend_, GetParam(), 0, 6);
  first->add(a);
  first->save(file);
  const auto second = load_solver(*backend_, file);
  EXPECT_EQ(second->kind(), GetParam());
  EXPECT_EQ(second->longest(), 9);
  EXPECT_EQ(second->features(), 2);
  expect_same(second->solve(6), first->solve(6), 1e-12);
  second->add(b);
  expect_same(second->solve(6), whole, 1e-9);
  const auto nothing = solver_of(*backend_, GetParam(), 3, 6);
  nothing->save(file);
  EXPECT_EQ(load_solver(*backend_, file)->features(), 0);
}

TEST_P(Solvers, RefusesWhatHasNoAnswer) {
  const auto solver = solver_of(*backend_, GetParam(), 0, 4);
  expect_error([&] { solver->solve(4); }, ErrorKind::data, {"no sequences"});
  solver->add(Sequences{});
  expect_error([&] { solver->solve(4); }, ErrorKind::data, {"no sequences"});
  Sequences constant{.count = 3,
                     .steps = 4,
                     .features = 1,
                     .inputs = std::vector<float>(12, 0.3F),
                     .lengths = {},
                     .targets = {},
                     .labels = {}};
  solver->add(constant);
  expect_error([&] { solver->solve(2); }, ErrorKind::data, {"do not vary"});
  expect_error([&] { solver->solve(5); }, ErrorKind::usage, {"5 components", "1 .. 4"});
  expect_error([&] { solver->solve(0); }, ErrorKind::usage, {"0 components"});
  expect_error([&] { solver->add(some_sequences(2, 4, 2, 1)); }, ErrorKind::data, {"number of features", "1", "2"});
  const auto wider = solver_of(*backend_, GetParam(), 7, 4);
  expect_error([&] { solver->merge(*wider); }, ErrorKind::usage, {"window"});
  for (const SolverKind kind : {SolverKind::gram, SolverKind::incremental, SolverKind::randomized})
    if (kind != GetParam())
      expect_error([&] { solver->merge(*solver_of(*backend_, kind, 0, 4)); }, ErrorKind::usage, {to_string(kind)});
}

// A feature that never varies takes no part; sequences of one step leave nothing to remember; a rank below p is
// reported.
TEST_P(Solvers, DegenerateSequences) {
  Sequences sequences = some_sequences(6, 5, 2, 8);
  for (std::size_t i = 1; i < sequences.inputs.size(); i += 2) sequences.inputs[i] = 7;
  const LinearAutoencoderFit half = fit_of(*backend_, GetParam(), sequences, 0, 8);
  EXPECT_EQ(half.resolved, 5);
  EXPECT_NEAR(half.energy, 1, 1e-12);
  EXPECT_NEAR(half.autoencoder.mean[1], 7, 1e-12);
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(half.autoencoder.input_weight[static_cast<std::size_t>(2 * i + 1)], 0, 1e-9);
  EXPECT_LE(memory_norm(*backend_, half.autoencoder), 1 + 1e-12);
  for (std::size_t i = 5; i < 8; ++i) EXPECT_NEAR(half.autoencoder.singular_values[i], 0, 1e-6);

  Sequences single = some_sequences(6, 1, 3, 9);
  const LinearAutoencoderFit flat = fit_of(*backend_, GetParam(), single, 0, 3);
  for (const double value : flat.autoencoder.memory_weight) EXPECT_EQ(value, 0);
  EXPECT_LT(error_by_lag(*backend_, flat.autoencoder, single).error[0], 1e-20);
}

TEST_P(Solvers, BlackStepsAreSteps) {
  Sequences sequences = some_sequences(5, 6, 2, 10);
  sequences.lengths.clear();
  Sequences black = sequences;
  black.black = 3;
  Sequences written = sequences;
  written.steps = 9;
  written.inputs.clear();
  for (int n = 0; n < 5; ++n) {
    const auto from = sequences.inputs.begin() + n * 12;
    written.inputs.insert(written.inputs.end(), from, from + 12);
    written.inputs.insert(written.inputs.end(), 6, 0.0F);
  }
  expect_same(fit_of(*backend_, GetParam(), black, 0, 7), fit_of(*backend_, GetParam(), written, 0, 7), 1e-9);
}

/// Sequences whose spectrum decays, so that there is something to cut off.
Sequences smooth_sequences(int count, int steps, std::uint64_t seed) {
  Random random(seed, Stream::test_of_library);
  Sequences all{
      .count = count, .steps = steps, .features = 1, .inputs = {}, .lengths = {}, .targets = {}, .labels = {}};
  for (int n = 0; n < count; ++n) {
    all.lengths.push_back(steps - n % 5);
    double x = 0, y = 0;
    for (int t = 0; t < steps; ++t) {
      x = 0.9 * x + random.normal();
      y = 0.9 * y + x;
      all.inputs.push_back(static_cast<float>(y));
    }
  }
  return all;
}

class Cut : public ::testing::TestWithParam<int> {};  // the slice, in columns

INSTANTIATE_TEST_SUITE_P(WholeAndInSlices, Cut, ::testing::Values(0, 24, 30));

TEST_P(Cut, IncrementalStaysWithinTheBoundThatItReports) {
  const auto backend = make_backend("cpu", 2);
  const Sequences sequences = smooth_sequences(40, 48, 1);
  const Dense dense(sequences, 0);
  const auto solver = make_solver(*backend, SolverKind::incremental,
                                  {.components = 6, .oversampling = GetParam() == 0 ? 12 : 26, .slice = GetParam()});
  for (int n = 0; n < 40; n += 8) solver->add(slice(sequences, n, 8));
  const LinearAutoencoderFit fit = solver->solve(6);
  EXPECT_GT(fit.singular_value_error, 0) << "nothing was cut: the test is of no use";
  EXPECT_LT(fit.subspace_error, 0.2);
  for (int i = 0; i < 6; ++i)
    EXPECT_LE(std::abs(fit.autoencoder.singular_values[static_cast<std::size_t>(i)] - dense.singular[i]),
              fit.singular_value_error + 1e-10);
  const Matrix found = matrix(fit.vectors, 6, 48), best = dense.right.leftCols(6).transpose();
  const double sine = (found - found * best.transpose() * best).operatorNorm();
  EXPECT_LE(sine, fit.subspace_error + 1e-10);
  EXPECT_GT(sine, 0);
  EXPECT_LE(memory_norm(*backend, fit.autoencoder), 1 + 1e-12);
  EXPECT_NEAR(fit.total_energy, dense.rows.squaredNorm(), 1e-9 * dense.rows.squaredNorm());
}

// A rank lower than the number of directions kept: cut, with nothing lost.
TEST(Slices, LoseNothingThatIsKept) {
  const auto backend = make_backend("cpu", 2);
  Sequences sequences = some_sequences(20, 12, 3, 13);
  for (std::size_t i = 0; i + 2 < sequences.inputs.size(); i += 3) sequences.inputs[i + 2] = 2 * sequences.inputs[i];
  const LinearAutoencoderFit exact = fit_of(*backend, SolverKind::gram, sequences, 0, 8);
  for (const int slice : {0, 5, 17, 35}) {
    const auto solver =
        make_solver(*backend, SolverKind::incremental, {.components = 8, .oversampling = 20, .slice = slice});
    solver->add(sequences);
    const LinearAutoencoderFit fit = solver->solve(8);
    expect_same(fit, exact, 1e-9);
    EXPECT_LT(fit.subspace_error, 1e-9);
  }
}

// More lags than the block of vectors has columns: several passes.
TEST(Randomized, ConvergesOnALongWindow) {
  const auto backend = make_backend("cpu", 2);
  const Sequences sequences = smooth_sequences(30, 64, 2);
  const LinearAutoencoderFit exact = fit_of(*backend, SolverKind::gram, sequences, 0, 8);
  const auto solver = make_solver(*backend, SolverKind::randomized, {.components = 8, .oversampling = 8});
  solver->add(sequences);
  const LinearAutoencoderFit fit = solver->solve(8);
  expect_same(fit, exact, 1e-9);
  EXPECT_EQ(fit.singular_value_error, 0);
  // One pass too few is reported.
  const auto hasty =
      make_solver(*backend, SolverKind::randomized, {.components = 8, .oversampling = 1, .most_passes = 1});
  hasty->add(sequences);
  const LinearAutoencoderFit rough = hasty->solve(8);
  EXPECT_GT(rough.subspace_error, 0);
  EXPECT_GT(rough.singular_value_error, 0);
}

TEST(Encoding, IsTheRecurrenceAtEachSequencesLastStep) {
  const auto backend = make_backend("cpu", 2);
  const Sequences sequences = some_sequences(8, 11, 3, 11);
  // A window shorter than the sequences: the memory reaches beyond it.
  const LinearAutoencoder autoencoder = fit_of(*backend, SolverKind::gram, sequences, 5, 6).autoencoder;
  const Matrix a = matrix(autoencoder.input_weight, 6, 3), b = matrix(autoencoder.memory_weight, 6, 6);
  const std::vector<double> last = encode(*backend, autoencoder, sequences),
                            all = encode_steps(*backend, autoencoder, sequences);
  ASSERT_EQ(all.size(), 8u * 11 * 6);
  for (int n = 0; n < 8; ++n) {
    Eigen::VectorXd y = Eigen::VectorXd::Zero(6), x(3);
    for (int t = 0; t < 11; ++t) {
      if (t < sequences.lengths[static_cast<std::size_t>(n)]) {
        for (int i = 0; i < 3; ++i)
          x[i] = static_cast<double>(sequences.inputs[static_cast<std::size_t>((n * 11 + t) * 3 + i)]) -
                 autoencoder.mean[static_cast<std::size_t>(i)];
        y = a * x + b * y;
      }
      for (int i = 0; i < 6; ++i) EXPECT_NEAR(all[static_cast<std::size_t>((n * 11 + t) * 6 + i)], y[i], 1e-12);
    }
    for (int i = 0; i < 6; ++i) EXPECT_NEAR(last[static_cast<std::size_t>(n * 6 + i)], y[i], 1e-11) << n;
    const std::vector<double> steps =
        decode(*backend, autoencoder, std::span(last).subspan(static_cast<std::size_t>(n) * 6, 6), 13);
    Eigen::VectorXd back = y;
    for (int lag = 0; lag < 13; ++lag, back = b.transpose() * back)
      for (int i = 0; i < 3; ++i)
        EXPECT_NEAR(steps[static_cast<std::size_t>(lag * 3 + i)],
                    (a.transpose() * back)[i] + autoencoder.mean[static_cast<std::size_t>(i)], 1e-11);
  }
  Sequences other = some_sequences(2, 3, 2, 1);
  expect_error([&] { encode(*backend, autoencoder, other); }, ErrorKind::data, {"features", "3", "2"});
}

TEST(AutoencoderFile, KeepsEverything) {
  const auto backend = make_backend("cpu", 1);
  const TemporaryFolder folder;
  const LinearAutoencoderFit fit = fit_of(*backend, SolverKind::gram, some_sequences(5, 6, 2, 12), 0, 4);
  write_autoencoder(folder.path() / "laes.safetensors", fit);
  const LinearAutoencoder read = read_autoencoder(folder.path() / "laes.safetensors");
  EXPECT_EQ(read.features, 2);
  EXPECT_EQ(read.components, 4);
  EXPECT_EQ(read.input_weight, fit.autoencoder.input_weight);
  EXPECT_EQ(read.memory_weight, fit.autoencoder.memory_weight);
  EXPECT_EQ(read.mean, fit.autoencoder.mean);
  EXPECT_EQ(read.singular_values, fit.autoencoder.singular_values);
}

TEST(SolverChoice, GoesBySizeAndSaysWhy) {
  EXPECT_EQ(choose_solver(60'000, 784, 1, 0).kind, SolverKind::gram);
  EXPECT_EQ(choose_solver(60'000, 784, 1, 0).reason.find("784 columns") == std::string::npos, false);
  EXPECT_EQ(choose_solver(100, 20'000, 1, 0).kind, SolverKind::randomized);
  EXPECT_EQ(choose_solver(100, 20'000, 1, 16'384).kind, SolverKind::gram);
  EXPECT_EQ(choose_solver(1'000'000, 20'000, 1, 0).kind, SolverKind::incremental);
  EXPECT_EQ(choose_solver(100, 200, 88, 0).kind, SolverKind::randomized);
}

}  // namespace
}  // namespace hysteron
