#include <cmath>
#include <limits>
#include <memory>
#include <sstream>
#include <thread>

#include <sys/stat.h>

#include <hysteron/journal.hpp>

#include "files/json.hpp"
#include "journal/console.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

/// A clock that stands still until it is set.
struct Clock {
  double seconds = 100;
  std::function<double()> reader() {
    return [this] { return seconds; };
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Journal, WritesALineAnEvent) {
  const TemporaryFolder folder;
  Clock clock;
  Journal journal(clock.reader());
  journal.event("lost", {});  // there is no file yet
  journal.write_to(folder / "journal.jsonl");
  clock.seconds = 101.5;
  journal.event("validated", {{"update", 3},
                              {"valid_loss", std::vector<double>{0.5, std::nan("")}},
                              {"solved", true},
                              {"task", "copy"},
                              {"counts", std::vector<int>{1, 2}},
                              {"rate", 2.0},
                              {"names", std::vector<std::string>{"a"}},
                              {"bytes", std::size_t{7}},
                              {"limit", std::numeric_limits<double>::infinity()}});
  // At once, not when the journal is destroyed.
  EXPECT_EQ(contents(folder / "journal.jsonl"),
            "{\"event\":\"validated\",\"seconds\":1.5,\"update\":3,\"valid_loss\":[0.5,null],\"solved\":true,\"task\":"
            "\"copy\",\"counts\":[1,2],\"rate\":2.0,\"names\":[\"a\"],\"bytes\":7,\"limit\":null}\n");
  journal.warning("two\nlines \"quoted\"");
  const std::vector<std::string> lines = lines_of(contents(folder / "journal.jsonl"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(parse_json(lines[1], "line").at("text").get<std::string>(), "two\nlines \"quoted\"");
}

TEST(Journal, ProgressIsNotRecorded) {
  const TemporaryFolder folder;
  Journal journal;
  journal.write_to(folder / "journal.jsonl");
  journal.progress("training", 1, 2, 0.5);
  EXPECT_EQ(contents(folder / "journal.jsonl"), "");
}

TEST(Journal, GoesOnAfterTheLastWholeLine) {
  const std::string first = "{\"event\":\"a\",\"seconds\":4.25}\n", second = "{\"event\":\"b\",\"seconds\":8.5}\n";
  struct Past {
    std::string text, kept;
    double seconds;
  };
  const std::vector<Past> pasts{{first + second, first + second, 8.5},
                                {first + second.substr(0, 10), first, 4.25},
                                {first + second.substr(0, second.size() - 1), first, 4.25},
                                {first + std::string(40, '\0'), first, 4.25},
                                {first + std::string(40, '\0') + "\n", first, 4.25},
                                {first + "{\"event\n\n", first, 4.25},
                                {second.substr(0, 5), "", 0},
                                {"", "", 0},
                                {"\n", "", 0},
                                {"3\n", "", 0},
                                {"{}\n", "{}\n", 0}};
  for (const Past& past : pasts) {
    const TemporaryFolder folder;
    put(folder / "journal.jsonl", past.text);
    Clock clock;
    Journal journal(clock.reader());
    journal.write_to(folder / "journal.jsonl");
    EXPECT_EQ(contents(folder / "journal.jsonl"), past.kept);
    clock.seconds += 1;
    journal.event("resumed");
    const std::vector<std::string> lines = lines_of(contents(folder / "journal.jsonl"));
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(parse_json(lines.back(), "line").at("seconds").get<double>(), past.seconds + 1) << past.text;
  }
}

TEST(Journal, SurvivesACutAnywhere) {
  const std::string line = "{\"event\":\"validated\",\"seconds\":1.0,\"valid_loss\":[0.5,null]}\n",
                    text = line + line + line;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const TemporaryFolder folder;
    put(folder / "journal.jsonl", text.substr(0, length));
    Journal journal;
    journal.write_to(folder / "journal.jsonl");
    journal.event("resumed");
    const std::vector<std::string> lines = lines_of(contents(folder / "journal.jsonl"));
    EXPECT_EQ(lines.size(), length / line.size() + 1);
    for (const std::string& each : lines) EXPECT_TRUE(parse_json(each, "line").is_object());
  }
}

// A pipe that nobody reads must not hang.
TEST(Journal, IsWrittenIntoNothingButAFile) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "folder");
  std::filesystem::create_symlink("/dev/full", folder / "device");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  Journal journal;
  for (const char* const name : {"folder", "device", "pipe"})
    EXPECT_THAT(message_of(ErrorKind::data, [&] { journal.write_to(folder / name); }),
                AllOf(HasSubstr("cannot write the journal"), HasSubstr(name), HasSubstr("a folder, pipe or device")));
}

TEST(Journal, SaysWhyItCannotWrite) {
  Journal journal;
  EXPECT_THAT(message_of(ErrorKind::data, [&] { journal.write_to("/no/such/folder/journal.jsonl"); }),
              AllOf(HasSubstr("cannot write the journal"), HasSubstr("No such file")));
}

struct Heard : Listener {
  void hear(const Event& event) override { events.push_back(event.name); }
  void hear(const Progress& progress) override { done.push_back(progress.done); }
  std::vector<std::string> events;
  std::vector<std::int64_t> done;
};

TEST(Journal, TellsItsListeners) {
  Journal journal;
  const auto heard = std::make_shared<Heard>();
  journal.add_listener(heard);
  journal.event("began");
  journal.progress("training", 1, 2, 0.5, "loss");
  journal.message("hello");
  EXPECT_THAT(heard->events, ElementsAre("began", "message"));
  EXPECT_THAT(heard->done, ElementsAre(1));
}

TEST(Journal, IsWrittenFromSeveralThreads) {
  const TemporaryFolder folder;
  Journal journal;
  journal.write_to(folder / "journal.jsonl");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) journal.event("tick", {{"i", i}});
    });
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = lines_of(contents(folder / "journal.jsonl"));
  EXPECT_EQ(lines.size(), 800u);
  for (const std::string& line : lines) EXPECT_TRUE(parse_json(line, "line").is_object());
}

class ConsoleTest : public ::testing::Test {
 protected:
  Journal& start(ConsoleStyle style) {
    journal_ = std::make_unique<Journal>(clock_.reader());
    journal_->add_listener(std::make_shared<Console>(out_, style));
    return *journal_;
  }
  /// Ends the journal and its console.
  std::string end() {
    journal_.reset();
    return out_.str();
  }

  Clock clock_;
  std::ostringstream out_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(ConsoleTest, PlainLinesAreFew) {
  Journal& journal = start({.columns = 80});
  for (int i = 1; i <= 1000; ++i) {
    clock_.seconds = 100 + 0.012 * i;  // 12 s in all
    journal.progress("training", i, 1000, 0.25, "loss");
    if (i == 300)
      journal.event("validated", {{"valid_loss", std::vector<double>{1, 3, 9}}, {"vaa", std::vector<double>{}}});
  }
  const std::vector<std::string> lines = lines_of(end());
  ASSERT_EQ(lines.size(), 4u);  // after one second, then every five, and at the end
  EXPECT_THAT(lines[0], HasSubstr("training: 85 of 1000 (8 %), 83/s, 0:11 left, loss 0.25"));
  EXPECT_THAT(lines[1], HasSubstr("training: 502 of 1000 (50 %), 83/s, 0:06 left, loss 0.25, valid_loss 3"));
  EXPECT_EQ(lines[3], "training: 1000 of 1000 (100 %), 83/s, in 0:12, loss 0.25, valid_loss 3");
  for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

TEST_F(ConsoleTest, ALiveBarIsDrawnTenTimesASecond) {
  Journal& journal = start({.live = true, .columns = 80});
  for (int i = 1; i <= 1000; ++i) {
    clock_.seconds = 100 + 0.001 * i;  // 1 s in all
    journal.progress("training", i, 1000, 0.25, "loss");
  }
  const std::string text = end();
  const auto drawings = std::count(text.begin(), text.end(), '\r');
  EXPECT_GE(drawings, 10);
  EXPECT_LE(drawings, 12);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text,
              EndsWith("\r\x1b[Ktraining ######################## 100 %  1000/1000  1000/s  in 0:01  loss 0.25\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b[3")));  // no color
}

TEST_F(ConsoleTest, FitsIntoTheTerminal) {
  for (const int columns : {1, 5, 12, 20, 40, 60, 79}) {
    out_.str("");
    Journal& journal = start({.live = true, .color = true, .blocks = true, .columns = columns});
    journal.event("validated", {{"train_loss", std::vector<double>{1}},
                                {"valid_loss", std::vector<double>{1}},
                                {"valid_accuracy", std::vector<double>{0.5}}});
    for (int i = 1; i <= 5; ++i) {
      clock_.seconds += 1;
      journal.progress("training", i, 10, 0.25, "loss");
    }
    std::string text = end();
    int width = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const auto letter = static_cast<unsigned char>(text[at]);
      if (letter == '\r' || letter == '\n')
        width = 0;
      else if (letter == 0x1b)
        at = text.find_first_of("mK", at);
      else if ((letter & 0xC0) != 0x80)
        ++width;
      // The stage's name is never cut.
      EXPECT_LE(width, std::max(columns - 1, 8)) << columns;
    }
  }
}

TEST_F(ConsoleTest, MessagesStandAboveTheBar) {
  Journal& journal = start({.live = true, .columns = 80});
  journal.progress("training", 1, 10, 0.25);
  clock_.seconds += 1;
  journal.message("a word");
  journal.progress("training", 2, 10, 0.25);
  const std::string text = end();
  EXPECT_THAT(text, HasSubstr("\r\x1b[Ka word\n"));
  EXPECT_THAT(text, EndsWith("\n"));
}

TEST_F(ConsoleTest, ANewStageHasANewLine) {
  Journal& journal = start({.live = true, .columns = 80});
  for (const char* const stage : {"warm-up", "training"})
    for (int i = 1; i <= 3; ++i) journal.progress(stage, i, i == 3 ? 3 : 3, 0);
  clock_.seconds += 1;
  journal.progress("training", 1, 5, 0);
  clock_.seconds += 1;
  journal.progress("testing", 1, 5, 0);
  const std::string text = end();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
}

TEST_F(ConsoleTest, QuietShowsWarningsOnly) {
  Journal& journal = start({.verbosity = Verbosity::quiet, .columns = 80});
  journal.message("a word");
  journal.event("validated", {{"valid_loss", 1.0}});
  journal.progress("training", 10, 10, 0);
  journal.warning("mind the gap");
  journal.event("failed", {{"replica", 2}, {"where", "the loss"}});
  EXPECT_EQ(end(), "warning: mind the gap\nfailed: replica 2, where the loss\n");
}

TEST_F(ConsoleTest, VerboseShowsEveryEvent) {
  Journal& journal = start({.verbosity = Verbosity::verbose, .columns = 80});
  clock_.seconds += 2;
  journal.event("validated", {{"update", 5}, {"valid_loss", std::vector<double>{0.5, 0.25}}, {"name", "x"}});
  EXPECT_EQ(end(), "     2.0 s  validated  update 5  valid_loss [0.5 0.25]  name x\n");
}

TEST_F(ConsoleTest, SlowStepsHaveTheirSeconds) {
  Journal& journal = start({.columns = 80});
  for (int i = 1; i <= 3; ++i) {
    clock_.seconds += 4000;
    journal.progress("warm-up", i, 3, std::nan(""));
  }
  EXPECT_THAT(end(), HasSubstr("warm-up: 3 of 3 (100 %), 4000.0 s each, in 2:13:20\n"));
}

TEST(DurationText, HasHoursWhenNeeded) {
  EXPECT_EQ(duration_text(7.4), "0:07");
  EXPECT_EQ(duration_text(754), "12:34");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(std::nan("")), "0:00");
  EXPECT_EQ(duration_text(-5), "0:00");
}

TEST(ConsoleStyle, HasNoColorWhereNoneIsWanted) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(style_of_standard_error(Verbosity::normal).color);
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(style_of_standard_error(Verbosity::normal).live);
}

}  // namespace
}  // namespace hysteron
