// The page of a report, opened in a headless browser: every figure is drawn, no script fails, nothing is wider than the
// screen.
#include <csignal>
#include <cstdlib>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/run_record.hpp>

#include "report/page.hpp"
#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string browser() {
  for (const char* name : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"})
    if (std::filesystem::exists(name)) return name;
  return "";
}

/// Appended to a copy of the page: what a script error was, and whether the page is wider than the screen.
constexpr const char* watch_errors =
    "<script>window.addEventListener('error', e => { document.documentElement.dataset.failed = e.message; });</script>";
constexpr const char* watch_width =
    "<script>document.documentElement.dataset.paper = getComputedStyle(document.body).backgroundColor;"
    "document.documentElement.dataset.overflow = String(document.documentElement.scrollWidth > "
    "document.documentElement.clientWidth);"
    "const boxes = [...document.querySelectorAll('figure')].map(f => f.getBoundingClientRect());"
    "document.documentElement.dataset.overlap = String(boxes.some((a, i) => boxes.some((b, j) => j > i && a.left < "
    "b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)));</script>";

/// What is drawn: by figure the legend's texts, the dashes of the lines, and the ends of the axis of values.
constexpr const char* watch_lines =
    "<script>document.documentElement.dataset.lines = Object.values(Chart.instances).map(c => "
    "c.legend.legendItems.map(i => i.text).join('; ') + ' | ' + c.data.datasets.map(d => `${d.borderDash ?? 'whole'} "
    "from "
    "${d.borderDashOffset ?? 0}`).join('; ') + ' | ' + c.scales.y.min + ' to ' + c.scales.y.max + ' | ' + "
    "c.scales.x.ticks.map(t => t.label).join(' ')).join(' || ');</script>";

class Report : public ProgramTest {
 protected:
  void make_runs() const {
    for (const char* init : {"classic", "warm_up"})
      succeeds(std::string("train --task copy_first_input --cell gru --units 6 --layers 1 --replicas 2 --init ") +
               init +
               " --set task.steps=8 --set task.train=80 --set task.test=8 --set train.batch=8 --set train.updates=20 "
               "--set train.validate_every=5 --set train.vaa_every=10 --set init.measure_draws=1 --set "
               "init.measure_steps=50 --out runs/" +
               init);
  }
  /// The page as it is in the browser after its scripts have run, at a given width.
  enum class Theme { light, dark };
  std::string opened(const std::string& page, int width, Theme theme = Theme::light) const {
    std::string html = page;
    html.replace(html.find("<head>"), 6, std::string("<head>") + watch_errors);
    html.replace(html.rfind("</body>"), 7, std::string(watch_width) + watch_lines + "</body>");
    put(folder / "watched.html", html);
    const Ended ended =
        Child(browser(),
              {"--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000",
               "--user-data-dir=" + (folder / "profile").string(), "--window-size=" + std::to_string(width) + ",900",
               std::string("--blink-settings=preferredColorScheme=") + (theme == Theme::dark ? "0" : "1"), "--dump-dom",
               "file://" + (folder / "watched.html").string()},
              folder.path())
            .wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out.substr(0, ended.out.find('>', ended.out.find("<html")) + 1);
  }
};

std::size_t figures_in(const std::string& page) {
  const std::regex figure("<figure class=");
  return static_cast<std::size_t>(std::distance(std::sregex_iterator(page.begin(), page.end(), figure), {}));
}

TEST_F(Report, OpensInABrowserWithEveryFigure) {
  make_runs();
  succeeds("report --compare runs/classic runs/warm_up --out page.html");
  const std::string page = bytes("page.html");
  EXPECT_LT(page.size(), 2'000'000u);
  EXPECT_THAT(page, AllOf(Not(HasSubstr("src=\"http")), Not(HasSubstr("@import"))));  // no network
  ASSERT_GE(figures_in(page), 4u);
  if (browser().empty()) GTEST_SKIP() << "there is no chromium or chrome to open the page with";
  for (const int width : {1280, 400}) {
    const std::string root = opened(page, width);
    EXPECT_THAT(root, HasSubstr("data-figures-drawn=\"" + std::to_string(figures_in(page)) + "\"")) << width;
    EXPECT_THAT(root, Not(HasSubstr("data-failed"))) << width;
    EXPECT_THAT(root, HasSubstr("data-overflow=\"false\"")) << width;
    EXPECT_THAT(root, HasSubstr("data-overlap=\"false\"")) << width;
  }
}

// What the test above looks for is found when it is present.
TEST_F(Report, TheBrowserSeesABrokenPage) {
  if (browser().empty()) GTEST_SKIP() << "there is no chromium or chrome to open the page with";
  const std::string root = opened(
      "<!DOCTYPE html><html><head></head><body><script>nothing.there();</script><div "
      "style=\"width:3000px\">wide</div></body></html>",
      400);
  EXPECT_THAT(root, AllOf(HasSubstr("data-failed"), HasSubstr("data-overflow=\"true\"")));
}

TEST_F(Report, PicturesAndTextsAreWhatTheyWere) {
  Page page{.title = "a < b & \"c\"",
            .lead = {},
            .tables = {},
            .comparisons = {},
            .charts = {},
            .pictures = {},
            .groups = {},
            .notes = {}};
  page.tables.push_back({.title = "t", .caption = "", .header = {"h"}, .rows = {{"</td><script>"}}});
  page.charts.push_back({.title = "c",
                         .caption = "",
                         .x_label = "x",
                         .y_label = "y",
                         .y_from = {},
                         .y_to = {},
                         .lines = {{.name = "</script>", .x = {1, 2, 3}, .y = {1, NAN, 3}}},
                         .levels = {}});
  page.pictures.push_back({.title = "p",
                           .caption = "",
                           .darkest = -0.5,
                           .brightest = 0.5,
                           .rows = {{.label = "digit", .pictures = {{.width = 2, .height = 1, .values = {-0.5, 9}}}}}});
  const std::string html = html_of(page);
  EXPECT_THAT(html, AllOf(HasSubstr("a &lt; b &amp; &quot;c&quot;"), HasSubstr("&lt;/td&gt;&lt;script&gt;"),
                          HasSubstr("[[1.0,1.0],[3.0,3.0]]"), HasSubstr("[0,255]"), Not(HasSubstr("\"</script>\""))));
  if (browser().empty()) GTEST_SKIP() << "there is no chromium or chrome to open the page with";
  EXPECT_THAT(opened(html, 1280), AllOf(HasSubstr("data-figures-drawn=\"2\""), Not(HasSubstr("data-failed"))));
}

// A page never replaces what a run recorded.
TEST_F(Report, NeverReplacesARunsRecords) {
  make_runs();
  for (const std::string file : {"result.json", "journal.jsonl", "config.toml", "environment.json"}) {
    const std::string before = bytes("runs/warm_up/" + file);
    EXPECT_THAT(fails(2, "report runs/classic runs/warm_up --out runs/warm_up/" + file), HasSubstr("would be written"));
    EXPECT_EQ(bytes("runs/warm_up/" + file), before);
  }
}

TEST_F(Report, SaysWhatIsWrongWithARun) {
  make_runs();
  const std::string result = bytes("runs/warm_up/result.json"), journal = bytes("runs/warm_up/journal.jsonl");
  const auto replaced = [](std::string text, const std::string& what, const std::string& with) {
    EXPECT_NE(text.find(what), std::string::npos) << what;
    return text.replace(text.find(what), what.size(), with);
  };
  const std::string line = "report --compare runs/classic runs/warm_up --out page.html";
  const std::pair<std::string, std::string> results[] = {
      {"{}", "task is wrong"},
      {"[1]", "an object"},
      {replaced(result, "\"replicas\":2", "\"replicas\":3"), "3 values, one a replica"},
      {replaced(result, "\"seed\":1", "\"seed\":\"one\""), "seed is wrong"},
      {replaced(result, "\"init\":\"warm_up\"", "\"init\":2"), "init is wrong"}};
  for (const auto& [text, said] : results) {
    put(folder / "runs/warm_up/result.json", text);
    EXPECT_THAT(fails(3, line), AllOf(HasSubstr("runs/warm_up/result.json"), HasSubstr(said), HasSubstr("hint: ")));
  }
  const std::size_t at = result.find("\"test_loss\":["), end = result.find(']', at);
  put(folder / "runs/warm_up/result.json", result.substr(0, at) + "\"test_loss\":[" + result.substr(end));
  EXPECT_THAT(fails(2, line), HasSubstr("has no test loss to compare"));
  put(folder / "runs/warm_up/result.json", result);

  const std::string first = journal.substr(0, journal.find('\n') + 1);
  for (const std::string damaged : {"{\"event\":\"valid", "{\"event\":3}", "7", "{\"event\":\"memory\"}",
                                    "{\"event\":\"validated\",\"update\":\"x\",\"valid_loss\":[1]}"}) {
    put(folder / "runs/warm_up/journal.jsonl", first + damaged + "\n" + journal.substr(first.size()));
    EXPECT_THAT(fails(3, line), AllOf(HasSubstr("journal.jsonl, line 2"), HasSubstr("hint: "))) << damaged;
  }
  put(folder / "runs/warm_up/journal.jsonl", journal);
  std::filesystem::remove(folder / "runs/warm_up/result.json");
  EXPECT_THAT(fails(2, line), AllOf(HasSubstr("not finished"), HasSubstr("train --resume runs/warm_up")));
}

TEST_F(Report, ATableForEachKindOfRun) {
  make_runs();
  succeeds(
      "train --task t_maze --cell gru --units 4 --layers 1 --set train.episodes=2 --set train.replay=30 --out maze");
  const std::string out = succeeds("report runs/classic maze --out page.html").out;
  EXPECT_THAT(out, AllOf(HasSubstr("copy_first_input gru classic"), HasSubstr("test loss"),
                         HasSubstr("t_maze gru classic"), HasSubstr("first optimal")));
  EXPECT_THAT(bytes("page.html"),
              AllOf(HasSubstr("<h3>Replicas solved</h3>"), HasSubstr("<h3>Replicas with an optimal"),
                    HasSubstr("the variability amongst attractors")));
}

// What is judged by episodes is drawn over episodes; attractors are explained where they were counted.
TEST_F(Report, OfEpisodesCountsEpisodes) {
  succeeds(
      "train --task t_maze --cell gru --units 4 --layers 1 --set train.episodes=6 --set train.evaluate_every=2 --set "
      "train.updates_per_episode=5 --set train.replay=30 --set init.measure_draws=0 --out maze");
  const RunHistory history = read_run(folder / "maze").history;
  ASSERT_EQ(history.returns.size(), 4u);
  for (const auto& [episode, values] : history.returns) EXPECT_EQ(history.optimal.count(episode), 1u) << episode;
  const std::string page = bytes("maze/report.html");
  EXPECT_THAT(page, AllOf(Not(HasSubstr("gradient step\"")), Not(HasSubstr("the variability amongst attractors"))));
}

Page page_of(Chart chart) {
  chart.title = "figure", chart.x_label = "step", chart.y_label = "value";
  Page page{};
  page.charts.push_back(std::move(chart));
  return page;
}

TEST_F(Report, LinesThatAreEqualTakeTurns) {
  if (browser().empty()) GTEST_SKIP() << "there is no chromium or chrome to open the page with";
  Chart chart;
  for (const char* name : {"a", "b", "c"}) chart.lines.push_back({.name = name, .x = {0, 4}, .y = {1, 2}});
  chart.lines.push_back({.name = "other", .x = {0, 4}, .y = {2, 2}});
  EXPECT_THAT(opened(html_of(page_of(chart)), 1280),
              HasSubstr("a; b; c; other | 7,14 from 0; 7,14 from -7; 7,14 from -14; whole from 0"));
}

TEST_F(Report, ALevelFarAwayDoesNotSqueezeTheLines) {
  if (browser().empty()) GTEST_SKIP() << "there is no chromium or chrome to open the page with";
  Chart chart;
  chart.y_scale = Scale::logarithmic;
  chart.lines.push_back({.name = "loss", .x = {0, 1}, .y = {2, 1}});
  chart.levels = {{0.9, "trivial"}, {0.001, "solved"}, {500, "diverged"}};
  const std::string root = opened(html_of(page_of(chart)), 1280);
  EXPECT_THAT(root, HasSubstr("loss; trivial; solved: 0.001, below; diverged: 500, above"));
  EXPECT_THAT(root, testing::ContainsRegex("\\| 0\\.[0-9]+ to [0-9] \\| 0 1\""));  // and a step has no halves
}

TEST_F(Report, ShowsAnUnfinishedRun) {
  const std::string begins =
      "train --task copy_first_input --cell gru --units 6 --layers 1 --set task.steps=8 --set task.train=80 --set "
      "task.test=8 --set train.updates=1000000 --set train.validate_every=50 --set init.measure_draws=0 --out ";
  Child child(HYSTERON_PROGRAM, words(begins + "r"), folder.path(), {"HYSTERON_THREADS=1"});
  ASSERT_TRUE(child.waits_for(folder / "r" / "checkpoint"));
  EXPECT_THAT(succeeds("report r --out page.html").out, AllOf(HasSubstr("r is running now, after"), HasSubstr("gru")));
  child.send(SIGTERM);
  EXPECT_EQ(child.wait().code, 75);
  const Ended stopped = succeeds("report r --json");
  EXPECT_THAT(stopped.out, AllOf(HasSubstr("r was stopped, after"), HasSubstr("hysteron train --resume r goes on")));
  EXPECT_EQ(stopped.json()["finished"], false);
  const std::string page = bytes("r/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("<h1>copy_first_input of 8 steps, gru, 1 layer of 6 units, 1 replica, 20"),
                          HasSubstr("was stopped, after"), HasSubstr("Loss during training")));
  EXPECT_THAT(page, Not(HasSubstr("Carta")));  // its method is not used
  if (browser().empty()) GTEST_SKIP() << "there is no chromium or chrome to open the page with";
  for (const int width : {1280, 400})
    for (const auto& [theme, paper] : {std::pair(Theme::light, "rgb(255, 255, 255)"), {Theme::dark, "rgb(22, 24, 28)"}})
      EXPECT_THAT(opened(page, width, theme),
                  AllOf(HasSubstr("data-figures-drawn=\"" + std::to_string(figures_in(page)) + "\""),
                        Not(HasSubstr("data-failed")), HasSubstr("data-overflow=\"false\""),
                        HasSubstr(std::string("data-paper=\"") + paper + "\"")))
          << width;
}

TEST_F(Report, TellsRunsOfOneNameApart) {
  make_runs();
  for (const std::string place : {"a/one", "b/one"}) {
    std::filesystem::create_directories((folder / place).parent_path());
    std::filesystem::copy(folder / "runs/classic", folder / place, std::filesystem::copy_options::recursive);
  }
  const std::string out = succeeds("report runs/classic a/one b/one --out page.html").out;
  EXPECT_THAT(out, AllOf(HasSubstr("gru classic (classic)"), HasSubstr("gru classic (a/one)"),
                         HasSubstr("gru classic (b/one)")));
}

TEST_F(Report, OnePairHasNoInterval) {
  const std::string train =
      "train --task copy_first_input --cell gru --units 4 --layers 1 --set task.steps=5 --set task.train=40 --set "
      "task.test=8 --set init.measure_draws=0 --set train.batch=8 ";
  succeeds(train + "--set train.updates=0 --out begun");
  succeeds(train + "--set train.updates=0 --out same");
  succeeds(train + "--set train.updates=40 --set train.learning_rate=0.05 --out trained");
  const std::string compared = succeeds("report --compare begun trained --out page.html").out;
  EXPECT_THAT(compared, AllOf(HasSubstr("in the only pair, and one has no interval"), Not(HasSubstr("bootstrap"))));
  EXPECT_THAT(succeeds("report --compare begun same --out page.html").out, HasSubstr("the same test loss in the only"));
}

TEST_F(Report, RefusesWhatItCannotShow) {
  EXPECT_THAT(fails(2, "report runs/nowhere"), HasSubstr("is not the folder of a finished run"));
  make_runs();
  EXPECT_THAT(fails(2, "report --compare runs/classic"), HasSubstr("nothing to compare"));
}

}  // namespace
}  // namespace hysteron
