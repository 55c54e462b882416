#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace hysteron {

/// A decision process that an agent observes only in part. Its states are numbers. A state and an action always have
/// the same outcome: the only randomness is in where an episode starts. It holds no episode itself, so that any number
/// of them can run through one environment side by side.
class Environment {
 public:
  struct Outcome {
    int state = 0;
    double reward = 0;
    bool ended = false;  ///< the state is one that an episode ends in
  };

  virtual ~Environment() = default;
  virtual int actions() const = 0;           ///< how many there are
  virtual int observation_size() const = 0;  ///< values in an observation
  virtual int starts() const = 0;            ///< states that episodes start in, all equally likely
  virtual int start(int which) const = 0;    ///< the state: which = 0 .. starts() - 1
  virtual Outcome act(int state, int action) const = 0;
  /// Fills in the observation of a state [observation_size], which is zeros on entry.
  virtual void observe(int state, std::span<float> observation) const = 0;

  virtual int horizon() const = 0;                             ///< actions after which an episode is cut off
  virtual double discount() const = 0;                         ///< of a reward one step later
  virtual const std::vector<double>& exploration() const = 0;  ///< [actions]: the probabilities of the exploring policy

  // What a report compares with: the mean over all starts of the undiscounted sum of rewards.
  virtual double best_return() const = 0;
  virtual double memoryless_return() const = 0;  ///< of the best policy that sees only the present observation
  /// The largest discounted sum of rewards from a start. A policy that reaches it from every start is optimal.
  virtual double best_discounted_return(int which) const = 0;
};

/// The actions taken from a start on, and their outcome. The start and the actions determine the rest.
struct Episode {
  int start = 0;
  std::vector<int> actions = {};     ///< [steps]
  std::vector<double> rewards = {};  ///< [steps]
  bool ended = false;                ///< in a state that ends an episode; else cut off

  int steps() const { return static_cast<int>(actions.size()); }
  double sum_of_rewards(double discount) const;
};

/// The episode that these actions from a start yield in the environment. Throws a data error for a start or an action
/// that does not exist, and for actions after the end or past the horizon.
Episode episode_of(const Environment& environment, int start, std::span<const int> actions);

/// What a network reads at each step: the last action one-hot, its reward, the observation. At the first step there was
/// no action: zeros.
int input_size(const Environment& environment);
/// Fills one step's input [input_size]; action -1: none yet.
void write_input(const Environment& environment, int action, double reward, int state, std::span<float> input);
/// The inputs of an episode, one more than its actions [steps + 1, input_size].
std::vector<float> inputs_of(const Environment& environment, const Episode& episode);

}  // namespace hysteron
