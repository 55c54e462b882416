#include <memory>

#include <fmt/format.h>

#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "data/data_sets.hpp"
#include "data/mnist_files.hpp"
#include "data/polyphonic_music.hpp"

namespace hysteron {
namespace {

/// Which of the 88 keys of a piano sound next, step by step (Boulanger-Lewandowski, Bengio, Vincent, ICML 2012). The
/// loss is the literature's: -log of the probability of a step's 88 notes, averaged over the steps; the accuracy is the
/// frame-level accuracy. The best weights are chosen by the collection's own validation songs.
class Music final : public Task {
 public:
  std::string description() const override { return "predict the notes of the next step of polyphonic music"; }

  void declare(Settings& settings) const override {
    settings.declare("task.set", "jsb", "the collection", one_of({"jsb", "nottingham", "piano_midi", "musedata"}));
    settings.declare("task.data", "", "folder of data sets; none: $HYSTERON_DATA or the cache");
    settings.declare("task.steps", 200,
                     "songs longer than this many steps are cut into pieces of that length; 0: none are",
                     range(0, 1'000'000));
    settings.declare("task.train", 0, "number of training songs, from the start of the file; 0: all", at_least(0));
    settings.declare("task.valid", 0, "number of validation songs, from the start of the file; 0: all", at_least(0));
    settings.declare("task.test", 0, "number of test songs, from the start of the file; 0: all", at_least(0));
  }

  TaskData make(const Settings& settings) const override {
    const std::string& name = settings.text("task.set");
    const DataSet& set = data_set_named(known_data_sets(), name);
    const std::filesystem::path file =
        needed_data_file(set, set.files.front().name, data_folders(settings.text("task.data")));
    Songs songs = read_songs(file);
    limit(songs.train, settings, "task.train");
    limit(songs.valid, settings, "task.valid");
    limit(songs.test, settings, "task.test");

    const auto most = static_cast<int>(settings.integer("task.steps"));
    std::vector<Song> known = songs.train;
    known.insert(known.end(), songs.valid.begin(), songs.valid.end());
    const int steps = std::max(longest_piece(known, most), longest_piece(songs.test, most));
    TaskData data;
    data.files = {file};
    data.train = next_step_sequences(known, most, steps);
    data.test = next_step_sequences(songs.test, most, steps);
    data.validation = next_step_sequences(songs.valid, most, steps).count;
    if (data.train.count == *data.validation || data.test.count == 0)
      throw data_error({.what = fmt::format("the collection {} has no songs to train or to test with", name),
                        .expected = "songs of two steps or more",
                        .found = fmt::format("{} training and {} test sequences", data.train.count - *data.validation,
                                             data.test.count)});
    data.loss = LossKind::binary_cross_entropy;
    data.outputs = piano_keys;
    data.read_steps = steps;
    data.trivial_loss = loss_of_frequencies(data.train, data.test);
    return data;
  }

 private:
  static void limit(std::vector<Song>& songs, const Settings& settings, const char* key) {
    const std::int64_t wanted = settings.integer(key), there = static_cast<std::int64_t>(songs.size());
    if (wanted > there)
      throw settings.unsuitable(key, fmt::format("at most {}, the songs in the file", there), "0 takes all of them");
    if (wanted > 0) songs.resize(static_cast<std::size_t>(wanted));
  }
};

const Registration<Task> registration("music", [] { return std::make_unique<Music>(); });

}  // namespace
}  // namespace hysteron
