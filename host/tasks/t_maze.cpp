#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include <hysteron/environment.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

namespace hysteron {
namespace {

/// A corridor of `length` cells with a junction at its end, and a goal in one of the two arms there (Bakker,
/// "Reinforcement learning with long short-term memory", NIPS 2001; rewards and horizon of Lambrechts et al. 2023,
/// arXiv 2106.01001). Only the first cell shows which:
///
///                          [up]
///   [first] [ ] .. [ ] [junction]      cells 0 .. length, the junction is cell `length`
///                         [down]
class TMazeEnvironment final : public Environment {
 public:
  explicit TMazeEnvironment(int length) : length_(length) {}

  int actions() const override { return 4; }
  int observation_size() const override { return 4; }
  int starts() const override { return 2; }
  int start(int which) const override { return which * cells(); }

  Outcome act(int state, int action) const override {
    const int goal = state / cells(), cell = state % cells();
    const auto at = [&](int to, double reward, bool ended) { return Outcome{goal * cells() + to, reward, ended}; };
    if (cell > length_) return at(cell, 0, true);
    if (action == left) return cell == 0 ? at(cell, wall, false) : at(cell - 1, 0, false);
    if (cell == length_) {
      if (action == right) return at(cell, wall, false);
      const bool found = (action == up) == (goal == goal_up);
      return at(action == up ? length_ + 1 : length_ + 2, found ? treasure : wrong_arm, true);
    }
    return action == right ? at(cell + 1, 0, false) : at(cell, wall, false);
  }

  void observe(int state, std::span<float> observation) const override {
    const int goal = state / cells(), cell = state % cells();
    const auto seen = cell == 0 ? (goal == goal_up ? 0u : 1u) : cell < length_ ? 2u : 3u;  // in an arm: the junction
    observation[seen] = 1;
  }

  int horizon() const override { return 3 * length_ - 1; }
  double discount() const override { return gamma; }
  const std::vector<double>& exploration() const override { return chances_; }

  // Straight on, then into the right arm. From the present observation alone, the arm is a guess.
  double best_return() const override { return treasure; }
  double memoryless_return() const override { return (treasure + wrong_arm) / 2; }
  double best_discounted_return(int) const override { return treasure * std::pow(gamma, length_); }

 private:
  enum Action { right, up, left, down };
  static constexpr int goal_up = 0;
  static constexpr double treasure = 4, wrong_arm = -0.1, wall = -0.1, gamma = 0.98;

  int cells() const { return length_ + 3; }  // the corridor with the junction, and two arms

  int length_;
  std::vector<double> chances_{1.0 / 2, 1.0 / 6, 1.0 / 6, 1.0 / 6};
};

class TMaze final : public Task {
 public:
  std::string description() const override {
    return "walk a corridor of task.length cells, then turn to where the first cell pointed (Q-learning)";
  }
  Learning learning() const override { return Learning::reinforcement; }
  void declare(Settings& settings) const override {
    settings.declare("task.length", 10, "cells from the first to the junction", range(2, 100'000));
  }
  TaskData make(const Settings& settings) const override {
    TaskData data;
    data.environment = std::make_shared<TMazeEnvironment>(static_cast<int>(settings.integer("task.length")));
    data.outputs = data.environment->actions();
    return data;
  }
};

const Registration<Task> registration("t_maze", [] { return std::make_unique<TMaze>(); });

}  // namespace
}  // namespace hysteron
