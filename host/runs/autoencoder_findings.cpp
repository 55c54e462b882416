#include "runs/autoencoder_findings.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include <hysteron/linear_autoencoder.hpp>

namespace hysteron {
namespace {

constexpr int parts = 7;  // of the sequences: a table has a column for the lags in each
constexpr int shown = 8;  // digits

/// The share of the variance that the decoder misses at the lags [from, to).
double missed(const LagErrors& errors, int from, int to) {
  double error = 0, variance = 0;
  for (std::size_t lag = static_cast<std::size_t>(from); lag < static_cast<std::size_t>(to); ++lag) {
    const double count = static_cast<double>(errors.count[lag]);
    error += errors.error[lag] * count;
    variance += errors.variance[lag] * count;
  }
  return error / variance;
}

/// The first steps of every sequence; every sequence must be longer.
Sequences cut(const Sequences& sequences, int steps) {
  Sequences first = sequences;
  first.lengths.assign(static_cast<std::size_t>(sequences.count), steps);
  return first;
}

// Where the parts begin and end, from 0 to all steps.
std::vector<int> borders(int steps) {
  std::vector<int> all;
  for (int part = 0; part <= parts; ++part) all.push_back(steps * part / parts);
  return all;
}

Chart spectrum_chart() {
  return {
      .title = "Spectrum of the sequences",
      .caption = "Singular values of the matrix of all reversed prefixes, over the root of the sum of their squares.",
      .x_label = "component",
      .y_label = "singular value, relative",
      .y_scale = Scale::logarithmic,
      .y_from = {},
      .y_to = {},
      .lines = {},
      .levels = {}};
}

void add_spectrum(Findings& findings, const std::string& title, const LinearAutoencoderFit& fit) {
  if (findings.charts.empty()) findings.charts.push_back(spectrum_chart());
  std::vector<Line>& lines = findings.charts.front().lines;
  Line line{.name = title, .color = lines.size(), .x = {}, .y = {}};
  for (std::size_t i = 0; i < fit.autoencoder.singular_values.size(); ++i) {
    line.x.push_back(static_cast<double>(i + 1));
    line.y.push_back(fit.autoencoder.singular_values[i] / std::sqrt(fit.total_energy));
  }
  lines.push_back(std::move(line));
}

PictureRow row_of_pictures(const std::string& label, const std::vector<int>& pixels, int steps,
                           const std::function<double(int digit, int step)>& value) {
  const int side = static_cast<int>(std::lround(std::sqrt(steps)));
  PictureRow row{.label = label, .pictures = {}};
  for (int digit = 0; digit < shown; ++digit) {
    Picture picture{.width = side, .height = side, .values = std::vector<double>(static_cast<std::size_t>(steps))};
    for (int step = 0; step < steps; ++step)
      picture.values[static_cast<std::size_t>(pixels.empty() ? step : pixels[static_cast<std::size_t>(step)])] =
          value(digit, step);
    row.pictures.push_back(std::move(picture));
  }
  return row;
}

}  // namespace

void add_autoencoders(Findings& findings, const AutoencoderStudy& study, Backend& backend) {
  const std::unique_ptr<LinearAutoencoderSolver> solver =
      make_solver(backend, choose_solver(study.fitted.count, study.fitted.total_steps(), study.fitted.features, 0).kind,
                  {.components = study.components.back()});
  solver->add(study.fitted);
  const LinearAutoencoderFit fit = solver->solve(study.components.back());
  add_spectrum(findings, study.title, fit);

  const int steps = study.tested.total_steps();
  const std::vector<int> edges = borders(steps);
  TextTable by_lag{.title = fmt::format("Linear autoencoders of {} sequences: error by lag", study.title),
                   .caption =
                       "Of test sequences decoded from their last state: squared error over variance. 1 is "
                       "nothing remembered.",
                   .header = {"components", "energy kept", "norm of B", "all lags"},
                   .rows = {}};
  TextTable by_length{.title = fmt::format("Linear autoencoders of {} sequences: error by length", study.title),
                      .caption = "Of the first so many steps of test sequences, decoded after the last of them.",
                      .header = {"components"},
                      .rows = {}};
  for (int part = 0; part < parts; ++part) {
    const std::size_t i = static_cast<std::size_t>(part);
    by_lag.header.push_back(fmt::format("{}–{}", edges[i], edges[i + 1] - 1));
    by_length.header.push_back(fmt::format("{} steps", edges[i + 1]));
  }
  Chart chart{.title = fmt::format("Memory of linear autoencoders, {}", study.title),
              .caption = "How much of the input so many steps ago the decoder misses, in test sequences.",
              .x_label = "lag, in steps",
              .y_label = "error / variance of the input",
              .y_from = 0,
              .y_to = 1,
              .lines = {},
              .levels = {{1, "nothing remembered"}}};
  const Sequences digits = slice(study.tested, 0, std::min(shown, study.tested.count));
  const bool square = study.tested.features == 1 && digits.count == shown;
  PictureTable pictures{.title = fmt::format("Digits decoded from the last state, {}", study.title),
                        .caption = "Above, test digits; below, what autoencoders of so many components give back.",
                        .darkest = -0.5,
                        .brightest = 0.5,
                        .rows = {}};
  if (square)
    pictures.rows.push_back(row_of_pictures("digits", study.pixels, steps, [&](int digit, int step) {
      return digits.inputs[static_cast<std::size_t>(digit * steps + step)];
    }));

  double kept = 0;
  std::size_t counted = 0;
  for (const int components : study.components) {
    for (; counted < static_cast<std::size_t>(components); ++counted)
      kept += fit.autoencoder.singular_values[counted] * fit.autoencoder.singular_values[counted];
    const LinearAutoencoder autoencoder = leading(fit.autoencoder, components);
    const LagErrors errors = error_by_lag(backend, autoencoder, study.tested);
    by_lag.rows.push_back({fmt::format("{}", components), fmt::format("{:.3f}", kept / fit.total_energy),
                           fmt::format("{:.4f}", memory_norm(backend, autoencoder)),
                           fmt::format("{:.3f}", missed(errors, 0, steps))});
    by_length.rows.push_back({fmt::format("{}", components)});
    for (std::size_t part = 0; part < parts; ++part) {
      by_lag.rows.back().push_back(fmt::format("{:.3f}", missed(errors, edges[part], edges[part + 1])));
      const int length = edges[part + 1];
      by_length.rows.back().push_back(
          fmt::format("{:.3f}", missed(error_by_lag(backend, autoencoder, cut(study.tested, length)), 0, length)));
    }
    Line line{.name = fmt::format("{} components", components), .color = chart.lines.size(), .x = {}, .y = {}};
    // Each point stands for several lags, since some pixels of the border hardly vary.
    const int width = std::max(1, steps / 28);
    for (int from = 0; from + width <= steps; from += width) {
      line.x.push_back(from + (width - 1) / 2.0);
      line.y.push_back(missed(errors, from, from + width));
    }
    chart.lines.push_back(std::move(line));
    if (!square) continue;
    const std::vector<double> decoded = decode(backend, autoencoder, encode(backend, autoencoder, digits), steps);
    pictures.rows.push_back(row_of_pictures(
        fmt::format("{} components", components), study.pixels, steps,
        [&](int digit, int step) { return decoded[static_cast<std::size_t>(digit * steps + steps - 1 - step)]; }));
  }
  findings.tables.push_back(std::move(by_lag));
  findings.tables.push_back(std::move(by_length));
  findings.charts.push_back(std::move(chart));
  if (square) findings.pictures.push_back(std::move(pictures));
}

}  // namespace hysteron
