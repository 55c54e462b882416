#include "report/citations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hysteron/version.hpp>

#include "report/replica_figures.hpp"

namespace hysteron {
namespace {

constexpr std::string_view warm_up_paper =
    "<li>G. Lambrechts, F. De Geeter, N. Vecoven, D. Ernst, G. Drion: Warming up recurrent neural networks to maximise "
    "reachable multistability greatly improves learning. Neural Networks 166 (2023). arXiv 2106.01001.</li>";
constexpr std::string_view autoencoder_paper =
    "<li>A. Carta, A. Sperduti, D. Bacciu: Short-term memory optimization in recurrent neural networks by "
    "autoencoder-based initialization (2020). arXiv 2011.02886.</li>";

bool any_run(const Page& page, bool (*fits)(const RunRecord&)) {
  return page.groups.empty() ||
         std::ranges::any_of(page.groups, [&](const RunGroup& group) { return std::ranges::any_of(group.runs, fits); });
}

}  // namespace

std::string citations_of(const Page& page) {
  const bool warm_up = any_run(page, [](const RunRecord& run) {
    return run.result.init == "warm_up" || measured_attractors(run.result) || !run.history.vaa.empty();
  });
  const bool autoencoder = any_run(page, [](const RunRecord& run) { return run.result.init == "autoencoder"; });
  return fmt::format("<h2>Please cite</h2><ul><li>hysteron {}, as its CITATION.cff says.</li>{}{}</ul>\n", version,
                     warm_up ? warm_up_paper : "", autoencoder ? autoencoder_paper : "");
}

}  // namespace hysteron
