#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "command_line/output_file.hpp"
#include "command_line/task_sequences.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

class LaesFit final : public Command {
 public:
  std::string example() const override {
    return "hysteron laes fit --data mnist --variant permuted --components 128 --out laes.safetensors\n"
           "  hysteron laes fit --inputs X.npy --lengths L.npy --components 32 --out laes.safetensors\n"
           "  hysteron laes fit --inputs part2.npy --resume part1.state --save-state both.state --out laes.safetensors";
  }
  std::string description() const override {
    return "The linear autoencoder of sequences, in closed form: y_t = A x_t + B y_(t-1) remembers the past as well as "
           "so many linear values can (Pasa & Sperduti 2014). A, B, mean and singular_values go into a safetensors "
           "file. Of the training sequences of a data set, or your own. energy is the share of the squares of all "
           "prefixes that is kept; error_by_lag the mean squared error of what is decoded from the last state.";
  }

  void declare(CLI::App& app) override {
    static const KeyFlag flags[] = {{"--inputs", "task.inputs", "sequences X.npy [steps, batch, inputs]"},
                                    {"--lengths", "task.lengths", "lengths L.npy [batch]"},
                                    {"--folder", "task.data", "where the data set lies; none: $HYSTERON_DATA"}};
    options_.declare_settings(app, flags);
    task_.declare(app);
    app.add_option("--components", solver_options_.components, "of the memory")->capture_default_str();
    window_ = app.add_option("--window", solver_options_.window,
                             "lags that count; 0: as many as the longest sequence has steps");
    app.add_option("--solver", solver_, "auto | gram | incremental | randomized; auto: as a state's, else by size")
        ->capture_default_str();
    oversampling_ = app.add_option("--oversampling", solver_options_.oversampling,
                                   "further directions of incremental and randomized; 0: enough");
    app.add_option("--out", out_, "the file of A and B, .safetensors")->required();
    app.add_option("--resume", resume_, "go on from what --save-state wrote");
    app.add_option("--merge", merge_, "add what other machines' --save-state wrote");
    app.add_option("--save-state", save_, "everything that is needed to go on");
    app.add_flag("--force", force_, "replace files that are there");
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_machine(settings);
    if (solver_ != "auto") kind_ = solver_named(solver_);
    const Sequences sequences = read(settings);
    expect_outputs(settings);
    const std::unique_ptr<Journal> journal = options_.journal();
    const std::unique_ptr<Backend> backend = backend_of(settings, journal.get());
    solver_options_.seed = static_cast<std::uint64_t>(settings.integer("seed"));
    const std::unique_ptr<LinearAutoencoderSolver> solver = begin(*backend, sequences, *journal);
    solver->add(sequences);
    for (const std::string& file : merge_) {
      const auto other = load_solver(*backend, file);
      doing("merging " + file, [&] { solver->merge(*other); });
    }
    const LinearAutoencoderFit fit = solver->solve(solver_options_.components);
    if (!save_.empty()) solver->save(save_);
    write_autoencoder(out_, fit);
    const LagErrors errors = error_by_lag(*backend, fit.autoencoder, sequences);
    const Json result = complete_result(json(fit, errors, memory_norm(*backend, fit.autoencoder)), watch,
                                        backend->name(), settings.integer("seed"));
    print(result);
    return 0;
  }

 private:
  // Nothing to add is right when there are states.
  Sequences read(Settings& settings) const {
    if (!task_.data.empty()) return task_.read(settings);
    if (!settings.mentions("task.inputs") && resume_.empty() && merge_.empty())
      throw usage_error({.what = "laes fit needs sequences",
                         .expected = "--data NAME, --inputs X.npy, or states with --resume or --merge",
                         .found = "none of them"});
    settings.declare("task.inputs", "", "sequences X.npy [steps, batch, inputs]");
    settings.declare("task.lengths", "", "lengths L.npy [batch]; none: every sequence has every step");
    settings.finish();
    if (settings.text("task.inputs").empty() && !settings.text("task.lengths").empty())
      throw settings.unsuitable("task.lengths", "sequences that they are the lengths of", "--inputs X.npy");
    if (settings.text("task.inputs").empty()) return {};
    return task_.first(
        read_sequences({.inputs = settings.text("task.inputs"), .lengths = settings.text("task.lengths")}));
  }

  void expect_outputs(const Settings& settings) const {
    std::vector<std::string> read_too = sequence_files(settings);
    read_too.insert(read_too.end(), merge_.begin(), merge_.end());
    read_too.push_back(resume_);
    for (const std::string& file : {out_, save_})
      if (!file.empty()) expect_writable(file, force_ ? Overwrite::allowed : Overwrite::refused, read_too);
    const auto whole = [](const std::string& file) {
      return std::filesystem::weakly_canonical(std::filesystem::absolute(file));
    };
    if (!save_.empty() && whole(out_) == whole(save_))
      throw usage_error({.what = "the autoencoder and the state would be one file",
                         .expected = "two names",
                         .found = "--out " + out_ + " --save-state " + save_,
                         .hint = "give the state another name"});
  }

  // From a state, if there is one that may be the beginning; else anew.
  std::unique_ptr<LinearAutoencoderSolver> begin(Backend& backend, const Sequences& sequences, Journal& journal) {
    std::string state = resume_;
    if (state.empty() && !merge_.empty() && (!kind_ || sequences.count == 0)) {
      state = merge_.front();
      merge_.erase(merge_.begin());
    }
    if (!state.empty()) return from_state(backend, state);
    if (kind_) return make_solver(backend, *kind_, solver_options_);
    const SolverChoice choice =
        choose_solver(sequences.count, sequences.total_steps(), sequences.features, solver_options_.window);
    std::unique_ptr<LinearAutoencoderSolver> solver = make_solver(backend, choice.kind, solver_options_);
    journal.message("solver " + to_string(choice.kind) + ": " + choice.reason);
    return solver;
  }

  std::unique_ptr<LinearAutoencoderSolver> from_state(Backend& backend, const std::string& state) const {
    std::unique_ptr<LinearAutoencoderSolver> solver = load_solver(backend, state);
    const auto expect = [&](bool right, const std::string& holds, const std::string& found) {
      if (!right)
        throw usage_error({.what = "the state " + state + " was begun otherwise",
                           .expected = holds,
                           .found = found,
                           .hint = "leave it out: the state tells"});
    };
    expect(!kind_ || *kind_ == solver->kind(), "--solver " + to_string(solver->kind()), "--solver " + solver_);
    expect(window_->count() == 0 || solver_options_.window == solver->window(),
           fmt::format("--window {}", solver->window()), fmt::format("--window {}", solver_options_.window));
    expect(oversampling_->count() == 0, "what the fit began with",
           fmt::format("--oversampling {}", solver_options_.oversampling));
    return solver;
  }

  static Json json(const LinearAutoencoderFit& fit, const LagErrors& errors, double norm) {
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
            {"norm", norm},
            {"singular_values", fit.autoencoder.singular_values},
            {"error_by_lag", errors.error},
            {"variance_by_lag", errors.variance}};
  }

  void print(const Json& result) const {
    fmt::print("{}: {} components of {} lags x {} features, {} sequences, {} rows, solver {}\n", out_,
               result["components"].get<int>(), result["window"].get<int>(), result["features"].get<int>(),
               result["sequences"].get<std::int64_t>(), result["rows"].get<std::int64_t>(),
               result["solver"].get<std::string>());
    fmt::print("energy {:.6f}, resolved {}, norm of B {:.6f}\n", result["energy"].get<double>(),
               result["resolved"].get<int>(), result["norm"].get<double>());
    if (result["subspace_error"].get<double>() > 0)
      fmt::print("singular values within {:.3g}, subspace within {:.3g} (sine)\n",
                 result["singular_value_error"].get<double>(), result["subspace_error"].get<double>());
    const Json &error = result["error_by_lag"], &variance = result["variance_by_lag"];
    if (!error.empty()) fmt::print("{:>6}  {:>12}  {:>12}\n", "lag", "error", "variance");
    for (std::size_t lag = 0; lag < error.size(); lag = lag == 0 ? 1 : 2 * lag)
      fmt::print("{:>6}  {:>12.4e}  {:>12.4e}\n", lag, error[lag].get<double>(), variance[lag].get<double>());
    if (options_.json()) fmt::print("{}\n", json_line(result));
  }

  Options options_;
  SolverOptions solver_options_;
  TaskSequences task_;
  std::string solver_ = "auto", out_, resume_, save_;
  std::optional<SolverKind> kind_;  // none: auto
  std::vector<std::string> merge_;
  CLI::Option *window_ = nullptr, *oversampling_ = nullptr;
  bool force_ = false;
};

const Registration<Command> registration("laes_fit", [] { return std::make_unique<LaesFit>(); });

}  // namespace
}  // namespace hysteron
