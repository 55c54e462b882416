#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>

#include <fmt/format.h>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "data/data_sets.hpp"
#include "data/mnist_files.hpp"
#include "data/utterances.hpp"

namespace hysteron {
namespace {

constexpr std::size_t speakers = 9;
using Counts = std::array<std::size_t, speakers>;
constexpr Counts train_counts = {30, 30, 30, 30, 30,
                                 30, 30, 30, 30};  // utterances of each speaker, in the files' order
constexpr Counts test_counts = {31, 35, 88, 44, 29, 24, 40, 50, 29};

struct Spoken {
  std::size_t utterance = 0, speaker = 0;
};

// The speakers take turns: in the files they follow one another, so that the last sequences of the training set, which
// are used for validation, would come from only two speakers.
std::vector<Spoken> in_turns(const Counts& counts) {
  std::vector<Spoken> order;
  for (std::size_t turn = 0; turn < *std::max_element(counts.begin(), counts.end()); ++turn) {
    std::size_t first = 0;
    for (std::size_t speaker = 0; speaker < speakers; first += counts[speaker++])
      if (turn < counts[speaker]) order.push_back({first + turn, speaker});
  }
  return order;
}

Sequences sequences_of(const std::vector<Utterance>& utterances, const Counts& counts, std::size_t steps) {
  Sequences sequences;
  sequences.count = static_cast<int>(utterances.size());
  sequences.steps = static_cast<int>(steps);
  sequences.features = cepstrum_size;
  sequences.target_steps = 1;
  sequences.outputs = speakers;
  sequences.inputs.resize(utterances.size() * steps * cepstrum_size);
  float* to = sequences.inputs.data();
  for (const Spoken& spoken : in_turns(counts)) {
    const Utterance& utterance = utterances[spoken.utterance];
    for (std::size_t step = 0; step < utterance.size(); ++step)
      std::copy(utterance[step].begin(), utterance[step].end(), to + step * cepstrum_size);
    to += steps * cepstrum_size;
    sequences.lengths.push_back(static_cast<int>(utterance.size()));
    sequences.labels.push_back(static_cast<int>(spoken.speaker));
  }
  return sequences;
}

/// Which of nine speakers said two vowels: 7 to 29 frames of 12 LPC cepstrum coefficients, as they are in the files
/// (Kudo, Toyama, Shimbo 1999).
class JapaneseVowels final : public Task {
 public:
  std::string description() const override { return "tell which of nine speakers said two vowels"; }

  void declare(Settings& settings) const override {
    settings.declare("task.data", "", "folder of data sets; none: $HYSTERON_DATA or the cache");
    settings.declare("task.solved", 0.9, "test accuracy from which a replica counts as solved", range(0.0, 1.0));
  }

  TaskData make(const Settings& settings) const override {
    const DataSet& set = data_set_named(known_data_sets(), "japanese_vowels");
    std::vector<std::filesystem::path> files;
    const auto read = [&](const char* file, const Counts& counts) {
      const std::filesystem::path path = needed_data_file(set, file, data_folders(settings.text("task.data")));
      files.push_back(path);
      std::vector<Utterance> utterances = read_utterances(path);
      const std::size_t expected = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
      if (utterances.size() != expected)
        throw data_error({.what = path.string() + " has the wrong number of utterances",
                          .expected = fmt::format("{}, by speaker {}", expected, fmt::join(counts, ", ")),
                          .found = std::to_string(utterances.size()),
                          .hint = "hysteron data check says whether a file is the known one"});
      return utterances;
    };
    const std::vector<Utterance> train = read("ae.train", train_counts), test = read("ae.test", test_counts);
    std::size_t steps = 0;
    for (const std::vector<Utterance>* const all : {&train, &test})
      for (const Utterance& utterance : *all) steps = std::max(steps, utterance.size());
    return {.train = sequences_of(train, train_counts, steps),
            .test = sequences_of(test, test_counts, steps),
            .loss = LossKind::cross_entropy,
            .outputs = speakers,
            .read_steps = 1,
            .validation = {},
            .files = std::move(files),
            .trivial_loss = std::log(static_cast<double>(speakers)),
            .solved_loss = {},
            .solved_accuracy = settings.number("task.solved")};
  }
};

const Registration<Task> registration("japanese_vowels", [] { return std::make_unique<JapaneseVowels>(); });

}  // namespace
}  // namespace hysteron
