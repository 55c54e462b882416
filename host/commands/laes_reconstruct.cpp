#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>

#include "autoencoder/reversed_sequences.hpp"
#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "command_line/output_file.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

class LaesReconstruct final : public Command {
 public:
  std::string example() const override {
    return "hysteron laes reconstruct --laes laes.safetensors --inputs X.npy --outputs Z.npy --json";
  }
  std::string description() const override {
    return "Encode each sequence, and decode all of it from its last state: Z, shaped as X, float64, 0 past a "
           "sequence's length. error_by_lag: the mean squared error, lag 0 being the last step. A file of that name is "
           "replaced.";
  }

  void declare(CLI::App& app) override {
    options_.declare_machine(app);
    app.add_option("--laes", laes_, "what laes fit wrote")->required();
    app.add_option("--inputs", inputs_, "sequences X.npy [steps, batch, inputs]")->required();
    app.add_option("--lengths", lengths_, "lengths L.npy [batch]; none: every sequence has every step");
    app.add_option("--outputs", outputs_, "where the reconstruction goes, Z.npy");
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_machine(settings);
    if (!outputs_.empty()) expect_writable(outputs_, Overwrite::allowed, {laes_, inputs_, lengths_});
    const LinearAutoencoder autoencoder = read_autoencoder(laes_);
    const Sequences sequences = read_sequences({.inputs = inputs_, .lengths = lengths_});
    const std::unique_ptr<Backend> backend = backend_of(settings);
    if (!outputs_.empty()) write(*backend, autoencoder, sequences);
    const LagErrors errors = error_by_lag(*backend, autoencoder, sequences);
    double squares = 0, values = 0;
    for (std::size_t lag = 0; lag < errors.error.size(); ++lag) {
      squares += errors.error[lag] * static_cast<double>(errors.count[lag]);
      values += static_cast<double>(errors.count[lag]);
    }
    const Json result = complete_result({{"components", autoencoder.components},
                                         {"sequences", sequences.count},
                                         {"error", squares / values},
                                         {"error_by_lag", errors.error},
                                         {"variance_by_lag", errors.variance}},
                                        watch, backend->name(), nullptr);
    fmt::print("mean squared error {:.6e} of {} sequences\n", squares / values, sequences.count);
    if (options_.json()) fmt::print("{}\n", json_line(result));
    return 0;
  }

 private:
  void write(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences) const {
    const std::size_t steps = static_cast<std::size_t>(sequences.steps),
                      count = static_cast<std::size_t>(sequences.count),
                      features = static_cast<std::size_t>(sequences.features);
    const std::vector<double> by_lag =
        decode(backend, autoencoder, encode(backend, autoencoder, sequences), sequences.steps);
    std::vector<double> by_step(by_lag.size());
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t length = static_cast<std::size_t>(length_of(sequences, static_cast<int>(n)));
      for (std::size_t step = 0; step < length; ++step)
        std::copy_n(by_lag.data() + (n * steps + length - 1 - step) * features, features,
                    by_step.data() + (step * count + n) * features);
    }
    write_npy(outputs_, make_array({sequences.steps, sequences.count, sequences.features}, by_step));
  }

  Options options_;
  std::string laes_, inputs_, lengths_, outputs_;
};

const Registration<Command> registration("laes_reconstruct", [] { return std::make_unique<LaesReconstruct>(); });

}  // namespace
}  // namespace hysteron
