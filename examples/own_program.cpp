// A program of your own with hysteron's verbs, configuration and report, and with a task and an initializer of yours:
//   own_program train --task majority --init small --cell gru --units 16 --set train.updates=200 --out runs/majority
#include <memory>

#include <hysteron/initializer.hpp>
#include <hysteron/prepare.hpp>
#include <hysteron/program.hpp>
#include <hysteron/random.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

using namespace hysteron;

/// Were there more ones than zeros among the inputs?
class Majority final : public Task {
 public:
  std::string description() const override { return "whether more ones than zeros were shown"; }
  void declare(Settings& settings) const override {
    settings.declare("task.steps", 15, "steps of a sequence, an odd number", range(1, 9999));
    settings.declare("task.seed", 1, "of the data", at_least(0));
  }
  TaskData make(const Settings& settings) const override {
    const int steps = static_cast<int>(settings.integer("task.steps"));
    const auto seed = static_cast<std::uint64_t>(settings.integer("task.seed"));
    return {.train = drawn(1000, steps, Random(seed, Stream::training_data)),
            .test = drawn(200, steps, Random(seed, Stream::test_data)),
            .loss = LossKind::cross_entropy,
            .outputs = 2,
            .trivial_loss = 0.6931,
            .solved_accuracy = 0.95};
  }

 private:
  static Sequences drawn(int count, int steps, Random random) {
    Sequences sequences{.count = count, .steps = steps, .features = 1, .target_steps = 1, .outputs = 2};
    for (int n = 0; n < count; ++n) {
      int ones = 0;
      for (int step = 0; step < steps; ++step) {
        const int one = static_cast<int>(random.below(2));
        ones += one;
        sequences.inputs.push_back(static_cast<float>(2 * one - 1));
      }
      sequences.labels.push_back(2 * ones > steps ? 1 : 0);
    }
    return sequences;
  }
};

/// The classic start with every parameter made smaller.
class Small final : public Initializer {
 public:
  std::string description() const override { return "the classic start, times init.factor"; }
  void declare(Settings& settings) const override {
    settings.declare("init.factor", 0.5, "what every parameter is multiplied by", range(0, 1));
  }
  void initialize(const InitializerRun<float>& run) const override { draw(run); }
  void initialize(const InitializerRun<double>& run) const override { draw(run); }

 private:
  template <class Real>
  static void draw(const InitializerRun<Real>& run) {
    draw_classic(*run.model, run.seeds);
    std::vector<Real> values = run.model->parameters().block().to_host();
    for (Real& value : values) value *= static_cast<Real>(run.settings->number("init.factor"));
    run.model->parameters().block().from_host(values);
  }
};

const Registration<Task> task("majority", [] { return std::make_unique<Majority>(); });
const Registration<Initializer> initializer("small", [] { return std::make_unique<Small>(); });

int main(int count, char** words) { return run_program(count, words); }
