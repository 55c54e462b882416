// Figures without a browser: axes, SVG and CSV, and the options of `report` that write them.
#include <cmath>

#include <gmock/gmock.h>

#include "report/axis.hpp"
#include "report/chart_files.hpp"
#include "tests/child_program.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> all;
  for (const Axis::Tick& tick : axis.ticks()) all.push_back(tick.label);
  return all;
}

TEST(Axes, AreDividedByRoundNumbers) {
  EXPECT_THAT(labels(Axis({0, 0.93}, Scale::linear, Axis::Steps::any)),
              ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  EXPECT_THAT(labels(Axis({-0.6, 4}, Scale::linear, Axis::Steps::any)), ElementsAre("-1", "0", "1", "2", "3", "4"));
  EXPECT_THAT(labels(Axis({0.002, 5}, Scale::logarithmic, Axis::Steps::any)),
              ElementsAre("0.001", "0.01", "0.1", "1", "10"));
  EXPECT_THAT(labels(Axis({1.4, 1.6}, Scale::logarithmic, Axis::Steps::any)), testing::SizeIs(testing::Ge(3)));
}

TEST(Axes, OfCountsHaveNoHalves) {
  EXPECT_THAT(labels(Axis({0, 2}, Scale::counts, Axis::Steps::whole)), ElementsAre("0", "1", "2"));
  EXPECT_THAT(labels(Axis({0}, Scale::counts, Axis::Steps::whole)), ElementsAre("0", "1"));
  EXPECT_THAT(labels(Axis({7}, Scale::linear, Axis::Steps::whole)), ElementsAre("6", "7", "8"));
}

TEST(Axes, HoldWhateverTheyAreGiven) {
  for (const std::vector<double>& values :
       {std::vector<double>{}, {0}, {-3}, {1e-300}, {1e300}, {5, 5}, {1e-12, 1e12}, {1, 1 + 1e-9}, {-1e6, 1e6}})
    for (const Scale scale : {Scale::linear, Scale::logarithmic, Scale::counts}) {
      std::vector<double> shown;
      for (const double value : values)
        if (scale != Scale::logarithmic || value > 0) shown.push_back(value);
      const Axis axis(shown, scale, scale == Scale::counts ? Axis::Steps::whole : Axis::Steps::any);
      EXPECT_LT(axis.from(), axis.to());
      EXPECT_LE(axis.ticks().size(), 40u);
      EXPECT_GE(axis.ticks().size(), 1u);
      for (const double value : shown) EXPECT_TRUE(axis.shows(value)) << value;
    }
  const Axis cut({0, 50}, Scale::linear, Axis::Steps::any, 1.2);
  EXPECT_EQ(cut.to(), 1.2);
  EXPECT_FALSE(cut.shows(50));
}

Chart chart_of(std::vector<Line> lines) {
  Chart chart;
  chart.title = "a < \"b\"", chart.x_label = "step", chart.y_label = "value";
  chart.lines = std::move(lines);
  return chart;
}

Line line_of(std::string name, std::vector<double> x, std::vector<double> y) {
  Line line;
  line.name = std::move(name), line.x = std::move(x), line.y = std::move(y);
  return line;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++times;
  return times;
}

TEST(Svg, ShowsLinesLevelsAndNames) {
  Chart chart = chart_of({line_of("first & last", {0, 10}, {1, 3}), line_of("same", {0, 10}, {1, 3})});
  chart.levels = {{2, "trivial"}};
  const std::string svg = svg_of({chart, chart});
  EXPECT_THAT(svg, AllOf(HasSubstr("a &lt; &quot;b&quot;"), HasSubstr(">first &amp; last<"), HasSubstr(">trivial<"),
                         HasSubstr("M70.0 316.0L620.0 36.0"),  // from corner to corner of the plot
                         HasSubstr("stroke-dasharray=\"7 7\" stroke-dashoffset=\"-7\"")));
  EXPECT_EQ(count(svg, "<g "), 2u);
  EXPECT_EQ(count(svg, "<"), count(svg, ">"));
}

TEST(Svg, CountsAreSteppedAndAPointAloneIsADot) {
  Chart counts = chart_of({line_of("n", {0, 10}, {0, 1})});
  counts.y_scale = Scale::counts;
  EXPECT_THAT(svg_of({counts}), HasSubstr("M70.0 316.0H620.0V36.0"));
  EXPECT_THAT(svg_of({chart_of({line_of("p", {3}, {5})})}), HasSubstr("h0.01"));
  // Nothing to draw is drawn as nothing.
  Chart none = chart_of({line_of("p", {1, 2}, {NAN, -1})});
  none.y_scale = Scale::logarithmic;
  EXPECT_THAT(svg_of({none}), Not(HasSubstr("nan")));
}

TEST(Csv, HasEveryFinitePointWithItsDigits) {
  EXPECT_EQ(csv_of({chart_of({line_of("l, \"1\"", {0, 1, 2}, {0.1, NAN, 1.0 / 3})})}),
            "figure,line,x,y\n"
            "\"a < \"\"b\"\"\",\"l, \"\"1\"\"\",0,0.1\n"
            "\"a < \"\"b\"\"\",\"l, \"\"1\"\"\",2,0.3333333333333333\n");
}

class Figures : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    succeeds(
        "train --task copy_first_input --cell gru --units 4 --layers 1 --replicas 2 --set task.steps=5 --set "
        "task.train=40 --set task.test=8 --set train.updates=20 --set train.validate_every=5 --set "
        "init.measure_draws=0 --out r");
  }
};

TEST_F(Figures, AreWrittenIntoOneFileOrOneEach) {
  const auto json = succeeds("report r --out page.html --svg all.svg --csv all.csv --json").json();
  EXPECT_EQ(json["svg"], nlohmann::ordered_json({"all.svg"}));
  EXPECT_THAT(bytes("all.svg"), AllOf(HasSubstr("Loss during training"), HasSubstr("Replicas solved")));
  // Five validations of two replicas and their median, and the count of those solved.
  EXPECT_EQ(count(bytes("all.csv"), "\n"), 1u + 5 * 3 + 5);
  succeeds("report r --out page.html --svg figures/ --csv figures/");
  EXPECT_THAT(bytes("figures/loss_during_training.svg"), Not(HasSubstr("Replicas solved")));
  EXPECT_EQ(count(bytes("figures/replicas_solved.csv"), "\n"), 1u + 5);
  succeeds("report r --out page.html --svg figures");  // it is a folder now
}

TEST_F(Figures, AreNotWrittenOverARunOrUnderAWrongName) {
  EXPECT_THAT(fails(2, "report r --csv r/journal.jsonl"), HasSubstr("would be written"));
  EXPECT_THAT(fails(2, "report r --out figure.svg"), AllOf(HasSubstr("another kind"), HasSubstr("--svg figure.svg")));
  EXPECT_THAT(fails(2, "report r --svg figure.csv"), HasSubstr("--csv figure.csv writes that"));
  EXPECT_THAT(fails(2, "report r --out page.pdf"), HasSubstr("prints to PDF"));
  EXPECT_THAT(fails(3, "report r --svg nowhere/figure.svg"), HasSubstr("the folder does not exist"));
}

}  // namespace
}  // namespace hysteron
