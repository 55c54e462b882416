#include <algorithm>

#include <fmt/format.h>

#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "commands/command.hpp"
#include "data/sequence_files.hpp"
#include "runs/configuration.hpp"
#include "runs/options.hpp"
#include "runs/output_file.hpp"

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
    app.add_option("--data", data_, "a data set: mnist with --variant, or any task; its keys with --set task.…=");
    app.add_option("--variant", variant_, "sequential | permuted | row: of mnist");
    app.add_option("--limit", limit_, "the first so many sequences")->check(CLI::PositiveNumber);
    app.add_option("--components", solver_options_.components, "of the memory")->capture_default_str();
    app.add_option("--window", solver_options_.window, "lags that count; 0: as many as the longest sequence has steps");
    app.add_option("--solver", solver_, "auto | gram | incremental | randomized")->capture_default_str();
    app.add_option("--oversampling", solver_options_.oversampling,
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
    for (const std::string& file : {out_, save_})
      if (!file.empty()) expect_writable(file, force_ ? Overwrite::allowed : Overwrite::refused, {resume_});
    const Sequences sequences = read(settings);
    const std::unique_ptr<Journal> journal = options_.journal();
    const std::unique_ptr<Backend> backend = backend_of(settings, journal.get());
    const std::unique_ptr<LinearAutoencoderSolver> solver = make(*backend, sequences, settings, *journal);
    solver->add(sequences);
    for (const std::string& file : merge_) {
      const auto other = load_solver(*backend, file);
      doing("merging " + file, [&] { solver->merge(*other); });
    }
    if (!save_.empty()) solver->save(save_);
    const LinearAutoencoderFit fit = solver->solve(solver_options_.components);
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
    Sequences sequences;
    if (!data_.empty()) {
      const std::unique_ptr<Task> task = Registry<Task>::make(variant_.empty() ? data_ : variant_ + "_" + data_);
      task->declare(settings);
      settings.finish();
      sequences = std::move(task->make(settings).train);
    } else {
      if (!variant_.empty())
        throw usage_error({.what = "--variant goes with a data set",
                           .expected = "--data mnist --variant " + variant_,
                           .found = "no --data",
                           .hint = ""});
      if (!settings.mentions("task.inputs") && resume_.empty() && merge_.empty())
        throw usage_error({.what = "laes fit needs sequences",
                           .expected = "--data NAME, --inputs X.npy, or states with --resume or --merge",
                           .found = "",
                           .hint = ""});
      settings.declare("task.inputs", "", "sequences X.npy [steps, batch, inputs]");
      settings.declare("task.lengths", "", "lengths L.npy [batch]; none: every sequence has every step");
      settings.finish();
      if (settings.text("task.inputs").empty()) return sequences;
      sequences = read_sequences({.inputs = settings.text("task.inputs"),
                                  .lengths = settings.text("task.lengths"),
                                  .targets = "",
                                  .classes = {}});
    }
    return limit_ > 0 && limit_ < sequences.count ? slice(sequences, 0, limit_) : std::move(sequences);
  }

  std::unique_ptr<LinearAutoencoderSolver> make(Backend& backend, const Sequences& sequences, const Settings& settings,
                                                Journal& journal) {
    if (!resume_.empty()) return load_solver(backend, resume_);
    if (sequences.count == 0 && !merge_.empty()) {  // the first of them is the beginning
      const std::string first = merge_.front();
      merge_.erase(merge_.begin());
      return load_solver(backend, first);
    }
    solver_options_.seed = static_cast<std::uint64_t>(settings.integer("seed"));
    if (solver_ != "auto") return make_solver(backend, solver_named(solver_), solver_options_);
    const SolverChoice choice =
        choose_solver(sequences.count, sequences.total_steps(), sequences.features, solver_options_.window);
    std::unique_ptr<LinearAutoencoderSolver> solver = make_solver(backend, choice.kind, solver_options_);
    journal.message("solver " + to_string(choice.kind) + ": " + choice.reason);
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
  std::string data_, variant_, solver_ = "auto", out_, resume_, save_;
  std::vector<std::string> merge_;
  int limit_ = 0;
  bool force_ = false;
};

const Registration<Command> registration("laes_fit", [] { return std::make_unique<LaesFit>(); });

}  // namespace
}  // namespace hysteron
