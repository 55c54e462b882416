#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>

#include "command_line/computing_command.hpp"
#include "command_line/input_files.hpp"
#include "command_line/output_file.hpp"
#include "command_line/task_sequences.hpp"
#include "foundation/printable.hpp"

namespace hysteron {
namespace {

struct Fit {
  LinearAutoencoderFit fit;
  LagErrors errors;
  double norm = 0;  ///< of B
};

class LaesFit final : public ComputingCommand<Fit> {
 public:
  std::vector<std::string> words() const override { return {"laes", "fit"}; }
  std::string example() const override {
    return R"(hysteron laes fit --data mnist --variant permuted --components 128 --out laes.safetensors
hysteron laes fit --inputs X.npy --lengths L.npy --components 32 --out laes.safetensors
hysteron laes fit --inputs part2.npy --resume part1.state --save-state both.state --out laes.safetensors)";
  }
  std::string summary() const override { return "the linear autoencoder of sequences, in closed form"; }
  std::string description() const override {
    return R"(The linear autoencoder of sequences, in closed form: y_t = A x_t + B y_(t-1) remembers the past as well as
so many linear values can (Pasa & Sperduti 2014). It is that of the training sequences of a data set, or of your own. A,
B, mean and singular_values go into a safetensors file. energy is the share of the squares of all prefixes that is kept;
error_by_lag the mean squared error of what is decoded from the last state.)";
  }

  void declare(Arguments& arguments) override {
    static const KeyFlag flags[] = {{"--inputs", "task.inputs"},
                                    {"--lengths", "task.lengths"},
                                    {"--batch-first", "task.batch_first"},
                                    {"--folder", "task.data"}};
    task_.declare(arguments);
    arguments.add("--components", &solver_options_.components, "values of the memory");
    window_ = &arguments.add("--window", &solver_options_.window, "lags that count")
                   .otherwise("as many as the longest sequence has steps");
    std::vector<std::string> solvers{"auto"};
    for (const SolverKind kind : {SolverKind::gram, SolverKind::incremental, SolverKind::randomized})
      solvers.push_back(to_string(kind));
    arguments.add("--solver", &solver_, "auto takes that of a state, otherwise it chooses by size")
        .choices(solvers)
        .value_name("NAME");
    oversampling_ = &arguments
                         .add("--oversampling", &solver_options_.oversampling,
                              "further directions that incremental and randomized carry along")
                         .otherwise("enough");
    arguments.add("--out", &out_, "the file of A and B, .safetensors").value_name("FILE").required();
    arguments.add("--resume", &resume_, "go on from what --save-state wrote").value_name("FILE");
    arguments.add("--merge", &merge_, "add what the --save-state of other machines wrote").value_name("FILE");
    arguments.add("--save-state", &save_, "everything that is needed to go on").value_name("FILE");
    arguments.add("--force", &force_, "replace files that are there");
    options_.declare_settings(arguments, flags);
  }

 private:
  Fit compute(Settings& settings) override {
    if (solver_ != "auto") kind_ = solver_named(solver_);
    const Sequences sequences = read(settings);
    expect_outputs(settings);
    seed_ = solver_options_.seed = static_cast<std::uint64_t>(settings.integer("seed"));
    Backend& device = backend(settings);
    const std::unique_ptr<LinearAutoencoderSolver> solver = begin(device, sequences);
    solver->add(sequences);
    for (const std::string& file : merge_) {
      const auto other = load_solver(device, file);
      doing("merging " + file, [&] { solver->merge(*other); });
    }
    Fit result;
    result.fit = solver->solve(solver_options_.components);
    if (!save_.empty()) solver->save(save_);
    write_autoencoder(out_, result.fit);
    result.errors = error_by_lag(device, result.fit.autoencoder, sequences);
    result.norm = memory_norm(device, result.fit.autoencoder);
    return result;
  }

  // It is right to add nothing when there are states.
  Sequences read(Settings& settings) {
    if (!task_.data.empty()) return task_.read(settings, journal());
    if (!settings.mentions("task.inputs") && resume_.empty() && merge_.empty())
      throw usage_error({.what = "laes fit needs sequences",
                         .expected = "--data NAME, --inputs X.npy, or states with --resume or --merge",
                         .found = "none of them"});
    declare_sequence_files(settings);
    settings.finish();
    if (settings.text("task.inputs").empty() && !settings.text("task.lengths").empty())
      throw settings.unsuitable("task.lengths", "sequences that they are the lengths of", "--inputs X.npy");
    if (settings.text("task.inputs").empty()) return {};
    Sequences sequences = read_sequences(sequence_files_of(settings));
    say_taken(journal(), settings.text("task.inputs"), sequences);
    return task_.first(std::move(sequences));
  }

  void expect_outputs(const Settings& settings) const {
    std::vector<std::string> read_too = sequence_files(settings);
    read_too.insert(read_too.end(), merge_.begin(), merge_.end());
    read_too.push_back(resume_);
    for (const std::string& file : {out_, save_})
      if (!file.empty()) expect_writable(file, force_ ? Overwrite::allowed : Overwrite::refused, read_too);
    expect_ending(out_, ".safetensors");
    const auto whole = [](const std::string& file) {
      return std::filesystem::weakly_canonical(std::filesystem::absolute(file));
    };
    if (!save_.empty() && whole(out_) == whole(save_))
      throw usage_error({.what = "the autoencoder and the state would be one file",
                         .expected = "two names",
                         .found = "--out " + out_ + " --save-state " + save_,
                         .hint = "give the state another name"});
  }

  // Begins from a state if there is one that may be the beginning, otherwise anew.
  std::unique_ptr<LinearAutoencoderSolver> begin(Backend& device, const Sequences& sequences) {
    std::string state = resume_;
    if (state.empty() && !merge_.empty() && (!kind_ || sequences.count == 0)) {
      state = merge_.front();
      merge_.erase(merge_.begin());
    }
    if (!state.empty()) return from_state(device, state);
    if (kind_) return make_solver(device, *kind_, solver_options_);
    const SolverChoice choice =
        choose_solver(sequences.count, sequences.total_steps(), sequences.features, solver_options_.window);
    std::unique_ptr<LinearAutoencoderSolver> solver = make_solver(device, choice.kind, solver_options_);
    journal().message("solver " + to_string(choice.kind) + ": " + choice.reason);
    return solver;
  }

  std::unique_ptr<LinearAutoencoderSolver> from_state(Backend& device, const std::string& state) const {
    std::unique_ptr<LinearAutoencoderSolver> solver = load_solver(device, state);
    const auto expect = [&](bool right, const std::string& holds, const std::string& found) {
      if (!right)
        throw usage_error({.what = "the state " + state + " was begun otherwise",
                           .expected = holds,
                           .found = found,
                           .hint = "leave it out: the state tells"});
    };
    expect(!kind_ || *kind_ == solver->kind(), "--solver " + to_string(solver->kind()), "--solver " + solver_);
    expect(!window_->given() || solver_options_.window == solver->window(),
           fmt::format("--window {}", solver->window()), fmt::format("--window {}", solver_options_.window));
    expect(!oversampling_->given(), "what the fit began with",
           fmt::format("--oversampling {}", solver_options_.oversampling));
    return solver;
  }

  Json json(const Fit& result) const override {
    const LinearAutoencoderFit& fit = result.fit;
    return {{"components", fit.autoencoder.components},
            {"features", fit.autoencoder.features},
            {"window", fit.window},
            {"sequences", fit.sequences},
            {"rows", fit.rows},
            {"solver", fit.solver},
            {"energy", fit.energy},
            {"resolved", fit.resolved},
            {"singular_value_error", fit.singular_value_error},
            {"subspace_error", fit.subspace_error},
            {"norm", result.norm},
            {"singular_values", fit.autoencoder.singular_values},
            {"error_by_lag", result.errors.error},
            {"variance_by_lag", result.errors.variance}};
  }

  void print(const Fit& result) const override {
    const LinearAutoencoderFit& fit = result.fit;
    fmt::print("{}: {} components of {} lags x {} features, {} sequences, {} rows, solver {}\n", printable(out_),
               fit.autoencoder.components, fit.window, fit.autoencoder.features, fit.sequences, fit.rows, fit.solver);
    fmt::print("energy {:.6f}, resolved {}, norm of B {:.6f}\n", fit.energy, fit.resolved, result.norm);
    if (fit.subspace_error > 0)
      fmt::print("singular values within {:.3g}, subspace within {:.3g} (sine)\n", fit.singular_value_error,
                 fit.subspace_error);
    const std::vector<double>&error = result.errors.error, &variance = result.errors.variance;
    if (!error.empty()) fmt::print("{:>6}  {:>12}  {:>12}\n", "lag", "error", "variance");
    for (std::size_t lag = 0; lag < error.size(); lag = lag == 0 ? 1 : 2 * lag)
      fmt::print("{:>6}  {:>12.4e}  {:>12.4e}\n", lag, error[lag], variance[lag]);
  }

  SolverOptions solver_options_;
  TaskSequences task_;
  std::string solver_ = "auto", out_, resume_, save_;
  std::optional<SolverKind> kind_;  // none: auto
  std::vector<std::string> merge_;
  const Argument *window_ = nullptr, *oversampling_ = nullptr;
  bool force_ = false;
};

const Registration<Command> registration("laes_fit", [] { return std::make_unique<LaesFit>(); });

}  // namespace
}  // namespace hysteron
