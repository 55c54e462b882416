#include "autoencoder/streamed_steps.hpp"

#include <algorithm>

#include "autoencoder/requirements.hpp"

namespace hysteron {

StreamedSteps::StreamedSteps(const StateReader& state, int least_longest)
    : features_(static_cast<int>(state.integer("features", 0, most_of_state))),
      longest_(static_cast<int>(state.integer("longest", least_longest, most_of_state))),
      sequences_(state.integer("sequences", 0)),
      steps_(state.integer("steps", sequences_)),
      provisional_(state.doubles("provisional", {features_})),
      sums_(state.doubles("sums", {features_})) {}

void StreamedSteps::put(StateWriter& state) const {
  state.put("features", features_);
  state.put("longest", longest_);
  state.put("sequences", sequences_);
  state.put("steps", steps_);
  state.put("provisional", {features_}, provisional_);
  state.put("sums", {features_}, sums_);
}

void StreamedSteps::add(const Sequences& sequences) {
  const std::int64_t steps = count_steps(sequences);
  const std::vector<double> sums = feature_sums(sequences);
  if (empty()) {
    features_ = sequences.features;
    for (const double sum : sums) provisional_.push_back(sum / static_cast<double>(steps));
    sums_.assign(sums.size(), 0);
  }
  for (std::size_t a = 0; a < sums.size(); ++a) sums_[a] += sums[a] - static_cast<double>(steps) * provisional_[a];
  steps_ += steps;
  sequences_ += sequences.count;
  longest_ = std::max(longest_, longest_of(sequences));
}

std::vector<double> StreamedSteps::merge(const StreamedSteps& other) {
  if (empty()) {
    features_ = other.features_;
    provisional_ = other.provisional_;
    sums_.assign(provisional_.size(), 0);
  }
  require_same_features(features_, other.features_);
  std::vector<double> shift(provisional_.size());
  for (std::size_t a = 0; a < shift.size(); ++a) {
    shift[a] = provisional_[a] - other.provisional_[a];
    sums_[a] += other.sums_[a] - static_cast<double>(other.steps_) * shift[a];
  }
  steps_ += other.steps_;
  sequences_ += other.sequences_;
  longest_ = std::max(longest_, other.longest_);
  return shift;
}

std::vector<double> StreamedSteps::mean_less_provisional() const {
  std::vector<double> difference = sums_;
  for (double& value : difference) value /= static_cast<double>(steps_);
  return difference;
}

std::vector<double> StreamedSteps::mean() const {
  std::vector<double> mean = mean_less_provisional();
  for (std::size_t a = 0; a < mean.size(); ++a) mean[a] += provisional_[a];
  return mean;
}

}  // namespace hysteron
