#include "report/replica_figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hysteron {
namespace {

std::vector<double> of_predictions(const RunResult& result, std::vector<double> PredictionResult::*values) {
  return result.predictions ? (*result.predictions).*values : std::vector<double>();
}

std::vector<double> of_policies(const RunResult& result, std::vector<double> PolicyResult::*values) {
  return result.policies ? (*result.policies).*values : std::vector<double>();
}

std::vector<double> of_policies(const RunResult& result, PolicyResult::Episodes PolicyResult::*episodes) {
  std::vector<double> values;
  if (!result.policies) return values;
  for (const std::optional<std::int64_t>& episode : (*result.policies).*episodes)
    values.push_back(episode ? static_cast<double>(*episode) : std::numeric_limits<double>::quiet_NaN());
  return values;
}

}  // namespace

namespace figures {

std::vector<double> vaa_drawn(const RunResult& result) { return result.vaa_drawn; }
std::vector<double> vaa_start(const RunResult& result) { return result.vaa_start; }
std::vector<double> vaa_end(const RunResult& result) { return result.vaa_end; }
std::vector<double> test_loss(const RunResult& result) { return of_predictions(result, &PredictionResult::test_loss); }
std::vector<double> test_accuracy(const RunResult& result) {
  return of_predictions(result, &PredictionResult::test_accuracy);
}
std::vector<double> best_step(const RunResult& result) {
  if (!result.predictions) return {};
  return {result.predictions->best_step.begin(), result.predictions->best_step.end()};
}
std::vector<double> last_return(const RunResult& result) { return of_policies(result, &PolicyResult::last_return); }
std::vector<double> best_return(const RunResult& result) { return of_policies(result, &PolicyResult::best_return); }
std::vector<double> first_optimal_episode(const RunResult& result) {
  return of_policies(result, &PolicyResult::first_optimal_episode);
}
std::vector<double> optimal_episode(const RunResult& result) {
  return of_policies(result, &PolicyResult::optimal_episode);
}

}  // namespace figures

bool measured_attractors(const RunResult& result) {
  return !result.vaa_drawn.empty() || !result.vaa_start.empty() || !result.vaa_end.empty();
}

bool holds_numbers(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace hysteron
