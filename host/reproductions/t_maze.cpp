#include <fmt/format.h>

#include <hysteron/registry.hpp>

#include "runs/reproduction.hpp"

namespace hysteron {
namespace {

/// Lambrechts et al. 2023, section 5.4: a recurrent Q-network in Bakker's T-Maze.
class TMaze final : public Reproduction {
 public:
  std::string description() const override {
    return "a recurrent Q-network in T-Mazes: when the policy becomes optimal (Lambrechts et al. 2023; Bakker 2001)";
  }
  std::vector<Arm> arms(ReproductionScale scale) const override {
    const bool full = scale == ReproductionScale::full;
    std::vector<Arm> all;
    for (const int length : full ? std::vector{10, 20, 50, 100, 200} : std::vector{10, 50}) {
      std::vector<Assignment> settings{
          {"task.name", "t_maze"}, {"task.length", length}, {"replicas", 5}, {"model.units", 32}, {"model.layers", 2}};
      if (!full) settings.push_back({"train.episodes", length <= 10 ? 500 : 1000});
      for (Arm& arm : every_arm(
               fmt::format("length {}", length), fmt::format("L{}", length), settings,
               full ? std::vector<std::string>{"gru", "lstm", "mgu", "brc", "nbrc"} : std::vector<std::string>{"gru"},
               full ? std::vector<std::string>{"classic", "chrono", "warm_up", "double"}
                    : std::vector<std::string>{"classic", "warm_up", "double"}))
        all.push_back(std::move(arm));
    }
    return all;
  }
  std::vector<std::string> ledger() const override {
    return {
        "Histories are stored once in the replay, and the targets of a batch come from one run with lengths: the same "
        "numbers as a run a transition, faster.",
        "A policy is tested exactly, by one greedy episode from either goal. The authors do the same to see whether it "
        "is "
        "optimal; their returns are means over 50 greedy episodes with goals drawn.",
        "The weights of the best evaluation are kept; the authors store those of every 200th episode and choose none.",
        "The authors' program accepts --double in the T-Maze and ignores it; here it is the double layer, half of it "
        "warmed up.",
        ledger::chrono};
  }
};

const Registration<Reproduction> registration("t_maze", [] { return std::make_unique<TMaze>(); });

}  // namespace
}  // namespace hysteron
