// Tasks that read data sets other than digits: music and Japanese vowels.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <hysteron/error.hpp>

#include "data/polyphonic_music.hpp"
#include "data/utterances.hpp"
#include "tests/made_task.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class RecordedData : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder / "music"); }
  std::string data() const { return folder.path().string(); }
  void put_songs(const std::string& json) const { put(folder / "music/jsb.json", json); }
  /// The keys that are 1 at a step of a sequence.
  static std::vector<int> sounding(const std::vector<float>& all, const Sequences& of, int sequence, int step) {
    std::vector<int> keys;
    for (int key = 0; key < piano_keys; ++key)
      if (all[static_cast<std::size_t>((sequence * of.steps + step) * piano_keys + key)] == 1) keys.push_back(key);
    return keys;
  }

  TemporaryFolder folder;
};

using Music = RecordedData;

const char* const songs =
    R"({"train": [[[21], [22, 23], [], [108, 24]], [[30], [31]]], "valid": [[[40], [41], [42]]],
        "test": [[[50, 60], [51, 61]]]})";

TEST_F(Music, AsksForTheNextStep) {
  put_songs(songs);
  const TaskData task = made_task("music", {{"task.data", data()}});
  EXPECT_EQ(task.loss, LossKind::binary_cross_entropy);
  EXPECT_EQ(task.outputs, 88);
  EXPECT_EQ(task.read_steps, 3);
  EXPECT_EQ(task.validation, 1);
  const Sequences& train = task.train;
  EXPECT_EQ(train.count, 3) << "the validation song last";
  EXPECT_EQ(train.steps, 3);
  EXPECT_EQ(train.target_steps, 3);
  EXPECT_EQ(train.features, 88);
  EXPECT_EQ(train.outputs, 88);
  EXPECT_THAT(train.lengths, ElementsAre(3, 1, 2));
  EXPECT_THAT(sounding(train.inputs, train, 0, 0), ElementsAre(0));
  EXPECT_THAT(sounding(train.targets, train, 0, 0), ElementsAre(1, 2));
  EXPECT_THAT(sounding(train.inputs, train, 0, 1), ElementsAre(1, 2));
  EXPECT_THAT(sounding(train.targets, train, 0, 1), ElementsAre());
  EXPECT_THAT(sounding(train.targets, train, 0, 2), ElementsAre(3, 87));
  EXPECT_THAT(sounding(train.targets, train, 1, 0), ElementsAre(10));
  EXPECT_THAT(sounding(train.targets, train, 1, 1), ElementsAre()) << "past its end";
  EXPECT_THAT(sounding(train.inputs, train, 2, 1), ElementsAre(20));
  EXPECT_THAT(sounding(task.test.targets, task.test, 0, 0), ElementsAre(30, 40));
  EXPECT_EQ(std::count_if(train.inputs.begin(), train.inputs.end(), [](float x) { return x != 0 && x != 1; }), 0);
}

// Every step of a song except the first is predicted exactly once.
TEST_F(Music, CutsLongSongsIntoPieces) {
  put_songs(songs);
  const TaskData task = made_task("music", {{"task.data", data()}, {"task.steps", "2"}});
  EXPECT_THAT(task.train.lengths, ElementsAre(2, 1, 1, 2));
  EXPECT_EQ(task.train.steps, 2);
  EXPECT_EQ(task.validation, 1);
  EXPECT_THAT(sounding(task.train.inputs, task.train, 0, 1), ElementsAre(1, 2));
  EXPECT_THAT(sounding(task.train.inputs, task.train, 1, 0), ElementsAre());
  EXPECT_THAT(sounding(task.train.targets, task.train, 1, 0), ElementsAre(3, 87));
  EXPECT_THAT(made_task("music", {{"task.data", data()}, {"task.steps", "0"}}).train.lengths, ElementsAre(3, 1, 2));
}

TEST_F(Music, TakesTheFirstSongs) {
  put_songs(songs);
  const TaskData task = made_task("music", {{"task.data", data()}, {"task.train", "1"}});
  EXPECT_THAT(task.train.lengths, ElementsAre(3, 2));
  const Error error = error_of_task("music", {{"task.data", data()}, {"task.valid", "2"}});
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("task.valid"), HasSubstr("at most 1")));
}

// Notes 1 and 2 sound in one of two known steps, 3 in both, the rest in none; the step to predict has 1 and 3.
TEST_F(Music, TrivialLossIsThatOfTheFrequencies) {
  const auto of = [](const std::vector<std::vector<int>>& steps) {
    Sequences sequences;
    sequences.lengths = {static_cast<int>(steps.size())};
    sequences.targets.resize(steps.size() * 88);
    for (std::size_t step = 0; step < steps.size(); ++step)
      for (const int key : steps[step]) sequences.targets[step * 88 + static_cast<std::size_t>(key)] = 1;
    return sequences;
  };
  const double once = 1.5 / 3, always = 2.5 / 3, never = 0.5 / 3;
  EXPECT_NEAR(loss_of_frequencies(of({{1, 3}, {2, 3}}), of({{1, 3}})),
              -std::log(once) - std::log(1 - once) - std::log(always) - 85 * std::log(1 - never), 1e-12);
}

TEST_F(Music, RefusesWhatIsNoCollectionOfSongs) {
  const auto message = [&](const std::string& json) {
    put_songs(json);
    const Error error = error_of_task("music", {{"task.data", data()}});
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return std::string(error.what());
  };
  const auto with_step = [](const std::string& step) {
    return R"({"train": [[[21], )" + step + R"(]], "valid": [[[21], [22]]], "test": [[[21], [22]]]})";
  };
  EXPECT_THAT(message(with_step("[20]")),
              AllOf(HasSubstr("train[0][1]"), HasSubstr("21 to 108"), HasSubstr("found 20")));
  EXPECT_THAT(message(with_step("[109]")), HasSubstr("found 109"));
  EXPECT_THAT(message(with_step("[60.5]")), HasSubstr("whole numbers"));
  EXPECT_THAT(message(with_step("60")), HasSubstr("a list of notes"));
  EXPECT_THAT(message(with_step("[9223372036854775807]")), HasSubstr("21 to 108"));
  EXPECT_THAT(message("[]"), HasSubstr("train, valid and test"));
  EXPECT_THAT(message(R"({"train": [[[21]]], "valid": [[[21]]]})"), HasSubstr("\"test\""));
  EXPECT_THAT(message(R"({"train": [[]], "valid": [[[21]]], "test": [[[21]]]})"), HasSubstr("train[0]"));
  EXPECT_THAT(message(R"({"train": [[[21]]], "valid": [[[21]]], "test": [[[21]]]})"), HasSubstr("two steps or more"));
  EXPECT_THAT(message(R"({"train": )"), HasSubstr("JSON"));
  EXPECT_THAT(message(with_step("[22]").substr(0, 30)), HasSubstr("jsb.json"));
  std::filesystem::remove(folder / "music/jsb.json");
  const Error missing = error_of_task("music", {{"task.data", data()}});
  EXPECT_THAT(missing.what(), AllOf(HasSubstr(data()), HasSubstr("hysteron data get jsb")));
  const Error made = error_of_task("music", {{"task.data", data()}, {"task.set", "musedata"}});
  EXPECT_THAT(made.what(), AllOf(HasSubstr("musedata.json"), HasSubstr("music_json.py")));
  EXPECT_THAT(error_of_task("music", {{"task.set", "jbs"}}).what(), HasSubstr("\"jsb\""));
}

using JapaneseVowels = RecordedData;

constexpr std::array<int, 9> in_train = {30, 30, 30, 30, 30, 30, 30, 30, 30},
                             in_test = {31, 35, 88, 44, 29, 24, 40, 50, 29};

/// Utterance u of speaker s has 1 + (s + u) % 3 frames, the first of which contains s and u.
std::string utterances(const std::array<int, 9>& counts) {
  std::string text;
  for (int speaker = 0; speaker < 9; ++speaker)
    for (int u = 0; u < counts[static_cast<std::size_t>(speaker)]; ++u) {
      for (int frame = 0; frame < 1 + (speaker + u) % 3; ++frame)
        text += fmt::format("{} {} {} 0 0 0 -1.5 0 0 0 0 1e-3 \n", speaker, u, frame);
      text += "1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0" + std::string(u % 2 == 0 ? "\n" : "  \n \n");
    }
  return text;
}

TEST_F(JapaneseVowels, SpeakersTakeTurns) {
  put(folder / "ae.train", utterances(in_train));
  put(folder / "ae.test", utterances(in_test));
  const TaskData task = made_task("japanese_vowels", {{"task.data", data()}});
  EXPECT_EQ(task.loss, LossKind::cross_entropy);
  EXPECT_EQ(task.outputs, 9);
  EXPECT_EQ(task.read_steps, 1);
  EXPECT_FALSE(task.validation);
  EXPECT_DOUBLE_EQ(task.trivial_loss.value(), std::log(9.0));
  EXPECT_EQ(task.solved_accuracy, 0.9);
  for (const Sequences* all : {&task.train, &task.test}) {
    EXPECT_EQ(all->steps, 3);
    EXPECT_EQ(all->features, 12);
    ASSERT_EQ(all->lengths.size(), static_cast<std::size_t>(all->count));
    std::set<std::pair<int, int>> seen;
    for (int n = 0; n < all->count; ++n) {
      const float* const frames = all->inputs.data() + n * 36;
      const int speaker = all->labels[static_cast<std::size_t>(n)], length = all->lengths[static_cast<std::size_t>(n)];
      EXPECT_EQ(frames[0], static_cast<float>(speaker));
      const auto u = static_cast<int>(frames[1]);
      EXPECT_EQ(length, 1 + (speaker + u) % 3);
      EXPECT_TRUE(seen.insert({speaker, u}).second);
      EXPECT_EQ(frames[6], -1.5F);
      EXPECT_EQ(frames[11], 1e-3F);
      EXPECT_EQ(frames[2 + 12 * (length - 1)], static_cast<float>(length - 1)) << "its own frames";
      for (int i = 12 * length; i < 36; ++i) EXPECT_EQ(frames[i], 0) << "past its end";
    }
  }
  EXPECT_EQ(task.train.count, 270);
  EXPECT_EQ(task.test.count, 370);
  // The last fifth, which is the validation set: six from every speaker.
  std::array<int, 9> last{};
  for (std::size_t n = 216; n < 270; ++n) ++last[static_cast<std::size_t>(task.train.labels[n])];
  EXPECT_THAT(last, testing::Each(6));
}

TEST_F(JapaneseVowels, RefusesOtherFiles) {
  const auto message = [&](const std::string& text) {
    put(folder / "ae.train", text);
    put(folder / "ae.test", utterances(in_test));
    const Error error = error_of_task("japanese_vowels", {{"task.data", data()}});
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return std::string(error.what());
  };
  const std::string right = utterances(in_train);
  EXPECT_THAT(message("1 2 3\n" + right), AllOf(HasSubstr("line 1,"), HasSubstr("expected 12 numbers, found 3")));
  EXPECT_THAT(message("\n" + right.substr(2)), AllOf(HasSubstr("line 2,"), HasSubstr("found 11")));
  EXPECT_THAT(message("x" + right), AllOf(HasSubstr("line 1,"), HasSubstr("found x0 0")));
  EXPECT_THAT(message("1.0x" + right), HasSubstr("line 1,"));
  EXPECT_THAT(message("nan" + right.substr(1)), HasSubstr("found nan"));
  EXPECT_THAT(message("1e99" + right.substr(1)), HasSubstr("line 1,"));
  EXPECT_THAT(message("1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0\n" + right), HasSubstr("without a frame"));
  EXPECT_THAT(message(right + right), AllOf(HasSubstr("expected 270"), HasSubstr("found 540")));
  EXPECT_THAT(message("\n"), HasSubstr("no utterance"));
  put(folder / "ae.train", right);
  std::filesystem::remove(folder / "ae.test");
  const Error missing = error_of_task("japanese_vowels", {{"task.data", data()}});
  EXPECT_THAT(missing.what(), AllOf(HasSubstr("ae.test"), HasSubstr("hysteron data get japanese_vowels")));
}

// Cut anywhere or with any byte changed, a file is either refused or read; nothing else happens.
TEST_F(JapaneseVowels, SurvivesDamage) {
  const std::string text = utterances({1, 1, 0, 0, 0, 0, 0, 0, 0});
  for (std::size_t at = 0; at < text.size(); at += 3)
    for (const char change : {'x', '\n', '\0', '-'}) {
      std::string damaged = text;
      damaged[at] = change;
      put(folder / "damaged", damaged);
      survives([&] { read_utterances(folder / "damaged"); }, 1 << 20);
    }
}

std::string shared_data() {
  const auto shared = std::filesystem::path(HYSTERON_SOURCE_DIR) / "../shared/data";
  return std::filesystem::exists(shared) ? shared.string() : "";
}

TEST(RealData, OfJapaneseVowels) {
  if (shared_data().empty()) GTEST_SKIP() << "no data sets in ../shared/data: real files are not tested";
  const TaskData task = made_task("japanese_vowels", {{"task.data", shared_data()}});
  EXPECT_EQ(task.train.count, 270);
  EXPECT_EQ(task.test.count, 370);
  EXPECT_EQ(task.train.steps, 29);
  EXPECT_EQ(*std::min_element(task.train.lengths.begin(), task.train.lengths.end()), 7);
  EXPECT_EQ(task.train.inputs[0], 1.860936F);
  EXPECT_EQ(task.train.lengths[0], 20);
}

TEST(RealData, OfMusic) {
  if (shared_data().empty()) GTEST_SKIP() << "no data sets in ../shared/data: real files are not tested";
  const TaskData jsb = made_task("music", {{"task.data", shared_data()}});
  EXPECT_EQ(jsb.train.count, 229 + 76);
  EXPECT_EQ(jsb.validation, 76);
  EXPECT_EQ(jsb.test.count, 77);
  EXPECT_EQ(jsb.train.steps, 159);
  int steps = 0;
  for (const int length : jsb.test.lengths) steps += length;
  EXPECT_EQ(steps, 4725 - 77);
  // Steps cut or not, songs whole or not: the same steps are predicted.
  const TaskData cut = made_task("music", {{"task.data", shared_data()}, {"task.steps", "10"}});
  int pieces = 0;
  for (const int length : cut.test.lengths) pieces += length;
  EXPECT_EQ(pieces, steps);
  EXPECT_NEAR(cut.trivial_loss.value(), jsb.trivial_loss.value(), 1e-9);
  EXPECT_GT(jsb.trivial_loss.value(), 8);
  EXPECT_LT(jsb.trivial_loss.value(), 15);
}

}  // namespace
}  // namespace hysteron
