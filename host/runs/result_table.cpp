#include "runs/result_table.hpp"

#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

std::string figure(const Json& result, const char* key, std::size_t replica, int digits) {
  const Json& values = result[key];
  if (replica >= values.size() || !values[replica].is_number()) return "-";
  const double value = values[replica].get<double>();
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "-";
}

}  // namespace

std::string result_table(const std::vector<Json>& results) {
  std::string table = fmt::format("{:<16}{:>8}{:>11}{:>11}{:>11}{:>13}{:>11}{:>10}{:>9}\n", "start", "replica",
                                  "VAA drawn", "VAA start", "VAA end", "test loss", "accuracy", "best at", "solved");
  for (const Json& result : results) {
    for (std::size_t r = 0; r < result["replicas"].get<std::size_t>(); ++r) {
      const Json& solved = result["solved"][r];
      table += fmt::format("{:<16}{:>8}{:>11}{:>11}{:>11}{:>13}{:>11}{:>10}{:>9}\n", result["init"].get<std::string>(),
                           r, figure(result, "vaa_before", r, 3), figure(result, "vaa_start", r, 3),
                           figure(result, "vaa", r, 3), figure(result, "test_loss", r, 4),
                           figure(result, "test_accuracy", r, 4), figure(result, "best_step", r, 0),
                           solved.is_null()     ? "-"
                           : solved.get<bool>() ? "yes"
                                                : "no");
    }
  }
  return table;
}

int report_failures(const Json& result) {
  if (result["failures"].empty()) return 0;
  for (const Json& failure : result["failures"])
    fmt::print(stderr, "error: replica {} stopped at gradient step {}: not a finite number in {}\n",
               failure["replica"].get<int>(), failure["update"].get<std::int64_t>(),
               failure["where"].get<std::string>());
  fmt::print(stderr,
             "  the weights of its best validation are kept, the other replicas went on\n"
             "  hint: a smaller train.learning_rate, or --set train.clip=1\n");
  return static_cast<int>(ErrorKind::numeric);
}

}  // namespace hysteron
