#pragma once
#include <optional>
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

#include "files/json.hpp"
#include "foundation/pairs.hpp"

namespace hysteron {

/// One arm compared with a reference, in pairs of replicas with the same seed and the same data.
struct Comparison {
  std::string reference, arm;                ///< labels
  std::string measure;                       ///< "test loss", "test accuracy", ..: what is compared
  PairedDifference difference;               ///< arm - reference
  std::vector<double> of_reference, of_arm;  ///< [pairs]
  std::string sentence;                      ///< what the data say
};

/// Compares the arm with the reference by the measure of their task. Throws a usage error that says why two runs cannot
/// be compared: different tasks, no seed in common.
Comparison compare(const RunRecord& reference, const std::string& reference_label, const RunRecord& arm,
                   const std::string& arm_label);

/// Compares every other run with the first.
std::vector<Comparison> compare(const std::vector<RunRecord>& runs, const std::vector<std::string>& labels);

std::string comparison_text(const std::vector<Comparison>& comparisons);  ///< the sentences, one per line
Json comparison_json(const Comparison& comparison);

}  // namespace hysteron
