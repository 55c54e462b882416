#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <hysteron/memory_capacity.hpp>

#include "autoencoder/reversed_sequences.hpp"
#include "memory/lag_regression.hpp"

namespace hysteron {
namespace {

/// Which states are decoded, and the inputs before them.
class Asking {
 public:
  Asking(StateSource& source, const Sequences& sequences, AskedAfter asked, int lags)
      : source_(&source), sequences_(&sequences), asked_(asked), lags_(lags), less_(sequences.features) {
    // Regressions do not see a shift, but sums of squares of doubles far from zero would lose what varies.
    if (sequences.exact_inputs.empty()) return;
    less_ = feature_sums(sequences);
    for (double& sum : less_) sum /= static_cast<double>(count_steps(sequences));
  }

  /// Runs the sequences and passes on the states to decode of each replica, those that reach furthest back first.
  using Sink = std::function<void(int replica, std::span<const double> state, std::span<const double> past)>;
  void run(std::vector<int> chosen, std::span<const double> deviation, std::uint64_t seed, const Sink& sink) {
    std::stable_sort(chosen.begin(), chosen.end(), [&](int a, int b) { return length(a) > length(b); });
    const std::size_t largest = source_->largest();
    for (std::size_t first = 0; first < chosen.size(); first += largest)
      run_part(std::span(chosen).subspan(first, std::min(largest, chosen.size() - first)), deviation, seed, sink);
  }

 private:
  int length(int sequence) const { return length_of(*sequences_, sequence); }

  void run_part(std::span<const int> part, std::span<const double> deviation, std::uint64_t seed, const Sink& sink) {
    const std::size_t width = source_->width(), replicas = source_->replicas();
    std::vector<double> last(replicas * part.size() * width);
    source_->run(part, deviation, seed, [&](int step, std::span<const double> states) {
      for (std::size_t row = 0; row < part.size(); ++row) {
        const bool is_last = step + 1 == length(part[row]);
        const bool is_asked = asked_ == AskedAfter::last_step ? is_last : step + 1 >= lags_ && step < length(part[row]);
        if (!is_asked) continue;
        for (std::size_t r = 0; r < replicas; ++r) {
          const std::span<const double> state = states.subspan((r * part.size() + row) * width, width);
          expect_finite(state, part[row], step);
          if (asked_ == AskedAfter::last_step)  // in another order: shorter sequences end first
            std::copy(state.begin(), state.end(),
                      last.begin() + static_cast<std::ptrdiff_t>((r * part.size() + row) * width));
          else
            sink(static_cast<int>(r), state, past(part[row], step));
        }
      }
    });
    if (asked_ == AskedAfter::every_step) return;
    for (std::size_t row = 0; row < part.size(); ++row)
      for (std::size_t r = 0; r < replicas; ++r)
        sink(static_cast<int>(r), std::span(last).subspan((r * part.size() + row) * width, width),
             past(part[row], length(part[row]) - 1));
  }

  // The inputs up to a step, the latest first: as many as are wanted, or as exist.
  std::span<const double> past(int sequence, int step) {
    const std::ptrdiff_t features = sequences_->features;
    const int reach = std::min(lags_, step + 1);
    past_.resize(reach * features);
    const InputValues inputs = inputs_of(*sequences_, sequence);
    for (int lag = 0; lag < reach; ++lag)
      for (std::ptrdiff_t feature = 0; feature < features; ++feature) {
        const bool black = step - lag >= sequences_->steps;
        const double value = black ? 0 : inputs[static_cast<std::size_t>((step - lag) * features + feature)];
        past_[static_cast<std::size_t>(lag * features + feature)] = value - less_[static_cast<std::size_t>(feature)];
      }
    return past_;
  }

  static void expect_finite(std::span<const double> state, int sequence, int step) {
    if (!std::all_of(state.begin(), state.end(), [](double value) { return std::isfinite(value); }))
      throw numeric_error({.what = "a state that is not finite",
                           .found = fmt::format("after step {} of sequence {}", step, sequence),
                           .hint = "smaller inputs or weights, or less noise"});
  }

  StateSource* source_;
  const Sequences* sequences_;
  AskedAfter asked_;
  int lags_;
  std::vector<double> less_;  ///< [features]: what is subtracted from every input
  std::vector<double> past_;
};

std::vector<int> numbers(int from, int to) {
  std::vector<int> all(to - from);
  std::iota(all.begin(), all.end(), from);
  return all;
}

// Written so that NaN, with which every comparison is false, is refused too.
void expect_options(const MemoryOptions& options) {
  const auto expect = [](bool right, const char* what, const char* expected, double found) {
    if (!right)
      throw usage_error({.what = fmt::format("the {} of a measurement of memory is out of range", what),
                         .expected = expected,
                         .found = fmt::format("{}", found)});
  };
  const char* const any = "a finite number from 0 on";
  expect(options.noise >= 0 && std::isfinite(options.noise), "noise", any, options.noise);
  if (options.ridge) expect(*options.ridge >= 0 && std::isfinite(*options.ridge), "ridge", any, *options.ridge);
  expect(options.test_share > 0 && options.test_share < 1, "share of test sequences",
         "more than 0 and less than 1: some find the decoders, the others test them", options.test_share);
}

}  // namespace

std::vector<MemoryCapacity> measure_memory(Backend& backend, StateSource& source, const Sequences& sequences,
                                           const MemoryOptions& options) {
  expect_options(options);
  if (sequences.count < 2)
    throw data_error({.what = "too few sequences to find decoders and to test them",
                      .expected = "two or more",
                      .found = std::to_string(sequences.count),
                      .hint = "the axes are [steps, batch, inputs]: time first"});
  const int longest = longest_of(sequences), lags = options.lags > 0 ? std::min(options.lags, longest) : longest;
  const int tested =
      std::clamp(static_cast<int>(std::lround(options.test_share * sequences.count)), 1, sequences.count - 1);
  const std::vector<int> first = numbers(0, sequences.count - tested),
                         others = numbers(sequences.count - tested, sequences.count);
  Asking asking(source, sequences, options.asked, lags);
  const auto regressions = [&](std::span<const double> deviation) {
    std::vector<LagRegression> all;
    for (int replica = 0; replica < source.replicas(); ++replica)
      all.emplace_back(backend, source.width(), lags, sequences.features, options.ridge);
    asking.run(first, deviation, options.seed,
               [&](int replica, std::span<const double> state, std::span<const double> past) {
                 all[replica].learn(state, past);
               });
    for (LagRegression& each : all) each.solve();
    return all;
  };
  std::vector<double> deviation;
  std::vector<LagRegression> decoders = regressions(deviation);
  if (options.noise > 0) {
    for (const LagRegression& quiet : decoders) deviation.push_back(options.noise * std::sqrt(quiet.state_variance()));
    decoders = regressions(deviation);
  }
  asking.run(others, deviation, options.seed,
             [&](int replica, std::span<const double> state, std::span<const double> past) {
               decoders[replica].test(state, past);
             });
  std::vector<MemoryCapacity> memories;
  for (LagRegression& each : decoders) memories.push_back(each.result());
  if (memories.front().error.empty())
    throw data_error({.what = "no lag that both the first sequences and the others reach",
                      .expected = fmt::format("two of the first {} sequences, and one of the others, of {} steps",
                                              first.size(), options.asked == AskedAfter::last_step ? 1 : lags),
                      .found = "shorter ones",
                      .hint = "fewer lags, or more sequences"});
  return memories;
}

}  // namespace hysteron
