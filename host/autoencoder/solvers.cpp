#include <algorithm>
#include <array>

#include "autoencoder/gram.hpp"
#include "autoencoder/incremental.hpp"
#include "autoencoder/randomized.hpp"
#include "autoencoder/state_file.hpp"
#include "files/safetensors.hpp"

namespace hysteron {

std::string to_string(SolverKind kind) {
  switch (kind) {
    case SolverKind::gram:
      return "gram";
    case SolverKind::incremental:
      return "incremental";
    case SolverKind::randomized:
      return "randomized";
  }
  return "";
}

SolverKind solver_named(std::string_view name) {
  std::vector<std::string> known;
  for (const SolverKind kind : {SolverKind::gram, SolverKind::incremental, SolverKind::randomized}) {
    if (name == to_string(kind)) return kind;
    known.push_back(to_string(kind));
  }
  throw unknown_name("solver", name, known);
}

SolverChoice choose_solver(std::int64_t sequences, int steps, int features, int window) {
  constexpr std::int64_t widest = 16'384, most_bytes = std::int64_t(4) << 30;
  const std::int64_t lags = window == 0 ? steps : std::min(window, steps), columns = lags * features;
  const std::string size = std::to_string(lags) + " lags of " + std::to_string(features) + " features, " +
                           std::to_string(columns) + " columns";
  if (columns <= widest)
    return {SolverKind::gram, size + ": a Gram matrix of up to 16384 columns is exact and fastest"};
  const std::int64_t bytes = sequences * steps * features * std::int64_t(sizeof(float));
  if (bytes <= most_bytes)
    return {SolverKind::randomized, size + ", too many for a Gram matrix; the sequences fit in memory, " +
                                        std::to_string(bytes >> 20) + " MiB, for several passes"};
  return {SolverKind::incremental, size + ", too many for a Gram matrix; the sequences, " +
                                       std::to_string(bytes >> 20) + " MiB, are passed over once"};
}

std::unique_ptr<LinearAutoencoderSolver> make_solver(Backend& backend, SolverKind kind, const SolverOptions& options) {
  const auto expect = [](bool right, const char* what, std::int64_t least, std::int64_t found) {
    if (!right)
      throw usage_error({.what = std::string("the ") + what + " of a linear autoencoder",
                         .expected = std::to_string(least) + " or more",
                         .found = std::to_string(found)});
  };
  expect(options.window >= 0, "window", 0, options.window);
  expect(options.components >= 1, "components", 1, options.components);
  expect(options.slice >= 0, "column slice", 0, options.slice);
  expect(options.oversampling >= 0, "oversampling", 0, options.oversampling);
  expect(options.most_passes >= 1, "passes", 1, options.most_passes);
  switch (kind) {
    case SolverKind::gram:
      return std::make_unique<GramSolver>(backend, options);
    case SolverKind::incremental:
      return std::make_unique<IncrementalSolver>(backend, options);
    case SolverKind::randomized:
      return std::make_unique<RandomizedSolver>(backend, options);
  }
  throw defect({.what = "a solver of no kind"});
}

std::unique_ptr<LinearAutoencoderSolver> load_solver(Backend& backend, const std::filesystem::path& path) {
  return doing("reading the state " + path.string(), [&]() -> std::unique_ptr<LinearAutoencoderSolver> {
    const Safetensors file = read_safetensors(path);
    const auto entry = [&](const char* key) {
      const auto found = file.metadata.find(key);
      return found == file.metadata.end() ? std::string("nothing") : found->second;
    };
    if (entry("format") != state_format)
      throw data_error({.what = "not the state of a linear autoencoder's fit",
                        .expected = std::string("metadata format \"") + state_format + "\"",
                        .found = entry("format"),
                        .hint = "such a file is written by hysteron laes fit --save-state"});
    expect_digest(file, path.string());
    if (entry("solver") == "gram") return std::make_unique<GramSolver>(backend, file);
    if (entry("solver") == "incremental") return std::make_unique<IncrementalSolver>(backend, file);
    if (entry("solver") == "randomized") return std::make_unique<RandomizedSolver>(backend, file);
    throw data_error({.what = "the state of an unknown solver",
                      .expected = "gram, incremental or randomized",
                      .found = entry("solver")});
  });
}

}  // namespace hysteron
