// Losses, their gradients and accuracies.
#include "kernels/loss.cuh"

#include <kernel_language.cuh>

#include "operations_pair.hpp"

namespace hysteron {

namespace {

template <class Real>
using LossKernels = OperationsPair<Real>;
TYPED_TEST_SUITE(LossKernels, Precisions);

struct LossCase {
  LossKind kind;
  int replicas, steps, batch, width, first_step;
  bool lengths, step_labels = false;
};

constexpr LossCase cases[]{
    {LossKind::mse, 2, 3, 2, 2, 4, true},
    {LossKind::mse, 1, 1, 1, 1, 0, false},
    {LossKind::mse, 3, 90, 7, 1, 0, true},
    {LossKind::mse, 1, 2, 3, 70, 0, false},
    {LossKind::cross_entropy, 2, 2, 3, 4, 0, false},
    {LossKind::cross_entropy, 2, 1, 5, 10, 6, true},
    {LossKind::cross_entropy, 1, 60, 5, 33, 0, true},
    {LossKind::cross_entropy, 2, 70, 5, 3, 0, true, true},
    {LossKind::cross_entropy, 1, 4, 3, 2, 0, false, true},
    {LossKind::binary_cross_entropy, 2, 4, 3, 88, 0, true},
    {LossKind::binary_cross_entropy, 1, 100, 3, 5, 1, false},
};

TYPED_TEST(LossKernels, AreThoseOfTheCpu) {
  using Real = TypeParam;
  for (const LossCase& c : cases) {
    SCOPED_TRACE(int(&c - cases));
    const std::ptrdiff_t rows = std::ptrdiff_t(c.steps) * c.batch, size = c.replicas * rows * c.width;
    auto outputs = drawn<Real>(this->random, size, 2), targets = drawn<Real>(this->random, size);
    if (c.kind == LossKind::cross_entropy) outputs[0] = 800;  // its exponential is infinite
    if (c.kind == LossKind::binary_cross_entropy)
      for (Real& target : targets) target = target > 0 ? Real(1) : Real(0);
    const int label_steps = c.step_labels ? c.steps : 1;
    std::vector<int> labels(static_cast<std::size_t>(c.replicas * label_steps * c.batch)),
        lengths(static_cast<std::size_t>(c.replicas * c.batch));
    for (int& label : labels) label = int(this->random() % unsigned(c.width));
    if (c.kind == LossKind::cross_entropy && labels.size() > 2)
      for (std::size_t i = 2; i < labels.size(); i += 3) labels[i] = ignored_label;
    if (c.kind == LossKind::cross_entropy) {  // the first of two equal outputs is the answer
      outputs[static_cast<std::size_t>(c.width + 1)] = outputs[static_cast<std::size_t>(c.width + 2)] = 50;
      labels[1] = 1;
    }
    for (int& length : lengths) length = int(this->random() % unsigned(c.first_step + c.steps + 2));
    LossRun<Real> run;
    run.kind = c.kind, run.steps = c.steps, run.batch = c.batch, run.first_step = c.first_step;
    run.outputs = window<const Real>(outputs, c.replicas, rows, c.width);
    if (c.kind == LossKind::cross_entropy) {
      run.labels = labels.data(), run.label_steps = label_steps;
    } else {
      run.targets = window<const Real>(targets, c.replicas, rows, c.width);
    }
    if (c.lengths) run.lengths = lengths.data();
    struct Results {
      std::vector<double> loss, accuracy, answers;
      std::vector<Real> gradient;
    };
    const auto blank = [&] {
      return Results{unwritten<double>(c.replicas), unwritten<double>(c.replicas), unwritten<double>(c.replicas),
                     unwritten<Real>(size)};
    };
    const auto use = [&](Results& results) {
      run.loss = results.loss.data(), run.accuracy = results.accuracy.data(), run.answers = results.answers.data();
      run.gradient = window<Real>(results.gradient, c.replicas, rows, c.width);
    };
    Results expected = blank();
    use(expected);
    this->cpu().loss(run);
    std::vector<std::byte> workspace(cuda::loss_workspace(run));
    cuda_emulator::for_each_schedule(1, [&] {
      Results found = blank();
      use(found);
      cuda::launch_loss(run, workspace.data(), nullptr);
      expect_near("loss", found.loss, expected.loss, 1e-13);
      expect_near("accuracy", found.accuracy, expected.accuracy, 1e-15);
      expect_near("answers", found.answers, expected.answers, 0);
      expect_near("gradient", found.gradient, expected.gradient, rounding<Real>());
      run.gradient = {}, run.accuracy = nullptr, run.answers = nullptr;
      std::ranges::fill(found.loss, NAN);
      cuda::launch_loss(run, workspace.data(), nullptr);
      expect_near("loss alone", found.loss, expected.loss, 1e-13);
    });
  }
}

TYPED_TEST(LossKernels, NothingThatCountsIsNoLoss) {
  using Real = TypeParam;
  std::vector<Real> outputs{1, 2}, targets{0, 0}, gradient = unwritten<Real>(2);
  std::vector<double> loss(1, NAN);
  const std::vector<int> lengths{0};
  LossRun<Real> run;
  run.batch = 1;
  run.outputs = window<const Real>(outputs, 1, 1, 2), run.targets = window<const Real>(targets, 1, 1, 2);
  run.lengths = lengths.data(), run.gradient = window<Real>(gradient, 1, 1, 2), run.loss = loss.data();
  std::vector<std::byte> workspace(cuda::loss_workspace(run));
  cuda::launch_loss(run, workspace.data(), nullptr);
  EXPECT_EQ(loss[0], 0);
  EXPECT_EQ(gradient, (std::vector<Real>{0, 0}));
}

TYPED_TEST(LossKernels, ALabelOutOfRangeIsNotANumberInItsReplicaAlone) {
  using Real = TypeParam;
  auto outputs = drawn<Real>(this->random, 3 * 2 * 4);
  const std::vector<int> labels{0, 3, 4, 1, -1, 0};
  std::vector<double> loss(3);
  LossRun<Real> run;
  run.kind = LossKind::cross_entropy;
  run.batch = 2, run.labels = labels.data(), run.loss = loss.data();
  run.outputs = window<const Real>(outputs, 3, 2, 4);
  std::vector<std::byte> workspace(cuda::loss_workspace(run));
  cuda::launch_loss(run, workspace.data(), nullptr);
  EXPECT_TRUE(std::isfinite(loss[0]));
  EXPECT_TRUE(std::isnan(loss[1]));
  EXPECT_TRUE(std::isnan(loss[2]));
}

}  // namespace

}  // namespace hysteron
