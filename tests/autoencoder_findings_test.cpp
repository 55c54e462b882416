// The tables, charts and pictures for linear autoencoders of growing size.
#include "runs/autoencoder_findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <hysteron/random.hpp>

namespace hysteron {
namespace {

using testing::ElementsAre;

/// Random walks: values close in time are alike.
Sequences walks(int count, int steps, std::uint64_t seed) {
  Random random(seed, Stream::test_of_library);
  Sequences all{
      .count = count, .steps = steps, .features = 1, .inputs = {}, .lengths = {}, .targets = {}, .labels = {}};
  for (int n = 0; n < count; ++n) {
    double x = 0;
    for (int t = 0; t < steps; ++t) all.inputs.push_back(static_cast<float>(x = 0.9 * x + 0.1 * random.normal()));
  }
  return all;
}

double number(const std::string& text) { return std::stod(text); }

TEST(AutoencoderFindings, TellHowMuchIsKeptAndForgotten) {
  const std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  const Sequences fitted = walks(80, 49, 1), tested = walks(20, 49, 2);
  Findings findings;
  add_autoencoders(findings,
                   {.title = "some", .fitted = fitted, .tested = tested, .components = {4, 16, 49}, .pixels = {}},
                   *backend);
  ASSERT_EQ(findings.tables.size(), 2u);
  const TextTable &by_lag = findings.tables[0], &by_length = findings.tables[1];
  EXPECT_THAT(by_lag.header, ElementsAre("components", "energy kept", "norm of B", "all lags", "0–6", "7–13", "14–20",
                                         "21–27", "28–34", "35–41", "42–48"));
  ASSERT_EQ(by_lag.rows.size(), 3u);
  ASSERT_EQ(by_length.rows.size(), 3u);
  for (std::size_t column = 1; column < by_lag.header.size(); ++column) {
    if (column == 2) continue;
    EXPECT_EQ(number(by_lag.rows[2][column]), column == 1 ? 1 : 0) << by_lag.header[column];  // at full rank
    const double less = number(by_lag.rows[0][column]), more = number(by_lag.rows[1][column]);
    EXPECT_TRUE(column == 1 ? less < more : less > more) << by_lag.header[column] << ": " << less << " " << more;
  }
  EXPECT_EQ(by_length.header.back(), "49 steps");
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_LE(number(by_lag.rows[row][2]), 1) << row;                   // the norm of B
    EXPECT_EQ(by_length.rows[row].back(), by_lag.rows[row][3]) << row;  // all steps are all lags
  }
  ASSERT_EQ(findings.charts.size(), 2u);
  EXPECT_EQ(findings.charts[0].lines.size(), 1u);
  EXPECT_EQ(findings.charts[1].lines.size(), 3u);
}

TEST(AutoencoderFindings, PicturesShowPixelsInTheirPlaces) {
  const std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  const Sequences sequences = walks(80, 49, 1);
  std::vector<int> backwards(49);
  for (int step = 0; step < 49; ++step) backwards[static_cast<std::size_t>(step)] = 48 - step;
  Findings findings;
  add_autoencoders(
      findings, {.title = "some", .fitted = sequences, .tested = sequences, .components = {3, 49}, .pixels = backwards},
      *backend);
  ASSERT_EQ(findings.pictures.size(), 1u);
  const std::vector<PictureRow>& rows = findings.pictures[0].rows;
  ASSERT_EQ(rows.size(), 3u);
  double missed = 0;
  for (std::size_t digit = 0; digit < rows[0].pictures.size(); ++digit) {
    EXPECT_EQ(rows[0].pictures[digit].width, 7);
    for (std::size_t pixel = 0; pixel < 49; ++pixel) {
      EXPECT_EQ(rows[0].pictures[digit].values[pixel], sequences.inputs[digit * 49 + 48 - pixel]);
      EXPECT_NEAR(rows[2].pictures[digit].values[pixel], rows[0].pictures[digit].values[pixel], 1e-6);  // at full rank
      missed += std::abs(rows[1].pictures[digit].values[pixel] - rows[0].pictures[digit].values[pixel]);
    }
  }
  EXPECT_GT(missed, 1);
}

}  // namespace
}  // namespace hysteron
