#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <hysteron/journal.hpp>
#include <hysteron/model.hpp>
#include <hysteron/prepare.hpp>
#include <hysteron/sequences.hpp>
#include <hysteron/settings.hpp>

namespace hysteron {

template <class Real>
struct InitializerRun {
  Model<Real>* model = nullptr;
  std::span<const std::uint64_t> seeds = {};  ///< [replicas]
  const Sequences* sequences = nullptr;       ///< the training sequences
  const Settings* settings = nullptr;
  Journal* journal = nullptr;
  Objective objective = {};
};

/// Prepares a model before its first gradient. Each file in host/initializers is one.
class Initializer {
 public:
  static constexpr std::string_view noun = "initializer";
  virtual ~Initializer() = default;
  virtual std::string description() const = 0;         ///< one line
  virtual void declare(Settings& settings) const = 0;  ///< its keys, "init.…"
  /// The initializer whose network this one starts from; null: this one draws every parameter itself.
  virtual std::unique_ptr<Initializer> before(const Settings&) const { return nullptr; }
  /// Why it cannot start networks of this cell, as a clause; empty: it can.
  virtual std::string reason_against(const CellInfo&) const { return ""; }
  /// Sets the model's parameters, or improves the existing ones.
  virtual void initialize(const InitializerRun<float>& run) const = 0;
  virtual void initialize(const InitializerRun<double>& run) const = 0;

  /// The cells that it can start: "elman, gru".
  std::string cells() const {
    return cell_list([this](const CellInfo& cell) { return reason_against(cell).empty(); });
  }
};

}  // namespace hysteron
