#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/backend.hpp>
#include <hysteron/settings.hpp>
#include <hysteron/task.hpp>

#include "report/page.hpp"
#include "runs/arm.hpp"

namespace hysteron {

enum class ReproductionScale { quick, full };  ///< minutes on a laptop; the paper's own sizes, for a GPU

/// What an arm ran with.
struct ArmInputs {
  Settings settings;
  TaskData data;
  std::unique_ptr<Backend> backend;
};
using ReadArm = std::function<ArmInputs(const Arm&)>;

/// What is found without training, in addition to the arms.
struct Findings {
  std::vector<TextTable> tables;
  std::vector<Chart> charts;
  std::vector<PictureTable> pictures;
};

/// A table or figure of the papers. A file in host/reproductions is one: `hysteron reproduce NAME`.
class Reproduction {
 public:
  static constexpr std::string_view noun = "reproduction";
  virtual ~Reproduction() = default;
  virtual std::string description() const = 0;  ///< one line
  virtual std::vector<Arm> arms(ReproductionScale scale) const = 0;
  virtual Findings findings(ReproductionScale, const ReadArm&) const { return {}; }
  /// What differs from the authors' code, a sentence each
  /// (docs/algorithms.md#where-published-codes-differ-from-their-papers).
  virtual std::vector<std::string> ledger() const = 0;
};

/// Sentences of ledgers about Lambrechts et al.'s code that hold wherever it was used (compat.hpp).
namespace ledger {
inline constexpr const char* chrono =
    "chrono: the authors' code adds an independent log U to both biases of the forget gate, and its opposite to both "
    "of the input gate, so that the median time constant is 67,415 steps instead of 301 for T = 600; here once, unless "
    "compat = \"authors\".";
inline constexpr const char* longest_time_constant =
    "chrono: the authors' program draws time constants up to T = 600 unless told otherwise, whatever the sequences' "
    "length; here up to that length (init.time_constant).";
inline constexpr const char* evaluation =
    "The authors' code divides the sum of the mean losses, or accuracies, of all batches by the number of whole ones: "
    "of 10,000 test sequences 313 means by 312, a factor of about 1.0032; here the mean over sequences, unless compat "
    "= \"authors\".";
}  // namespace ledger

}  // namespace hysteron
