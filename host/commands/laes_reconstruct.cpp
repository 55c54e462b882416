#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>

#include "autoencoder/reversed_sequences.hpp"
#include "command_line/computing_command.hpp"
#include "command_line/input_files.hpp"
#include "command_line/output_file.hpp"

namespace hysteron {
namespace {

struct Reconstruction {
  int components = 0, sequences = 0;
  double error = 0;  ///< the mean square, over all existing values
  LagErrors by_lag;
};

class LaesReconstruct final : public ComputingCommand<Reconstruction> {
 public:
  std::vector<std::string> words() const override { return {"laes", "reconstruct"}; }
  std::string example() const override {
    return "hysteron laes reconstruct --laes laes.safetensors --inputs X.npy --outputs Z.npy --json";
  }
  std::string summary() const override { return "sequences decoded from a linear autoencoder's last states"; }
  std::string description() const override {
    return R"(Encodes each sequence, and decodes all of it from its last state: Z, shaped as X, float64, 0 past a
sequence's length. error_by_lag is the mean squared error; lag 0 is the last step. A file of that name is replaced.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("--laes", &laes_, "what laes fit wrote").value_name("FILE").required();
    files_.declare(arguments);
    arguments.at("--inputs").required();
    arguments.add("--outputs", &outputs_, "where the reconstruction goes, Z.npy").value_name("FILE");
    options_.declare_machine(arguments);
  }

 private:
  Reconstruction compute(Settings& settings) override {
    if (!outputs_.empty()) expect_ending(outputs_, ".npy");
    if (!outputs_.empty()) expect_writable(outputs_, Overwrite::allowed, {laes_, files_.inputs, files_.lengths});
    const LinearAutoencoder autoencoder = read_autoencoder(laes_);
    const Sequences sequences = files_.read();
    Backend& device = backend(settings);
    say_taken(journal(), files_.inputs, sequences);
    if (!outputs_.empty()) write(device, autoencoder, sequences);
    const LagErrors errors = error_by_lag(device, autoencoder, sequences);
    double squares = 0, values = 0;
    for (std::size_t lag = 0; lag < errors.error.size(); ++lag) {
      squares += errors.error[lag] * static_cast<double>(errors.count[lag]);
      values += static_cast<double>(errors.count[lag]);
    }
    return {.components = autoencoder.components,
            .sequences = sequences.count,
            .error = squares / values,
            .by_lag = errors};
  }

  void print(const Reconstruction& made) const override {
    fmt::print("mean squared error {:.6e} of {} sequences\n", made.error, made.sequences);
  }

  Json json(const Reconstruction& made) const override {
    return {{"components", made.components},
            {"sequences", made.sequences},
            {"error", made.error},
            {"error_by_lag", made.by_lag.error},
            {"variance_by_lag", made.by_lag.variance}};
  }

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
    write_npy(outputs_, files_.laid_out(sequences, sequences.features, by_step));
  }

  InputFiles files_;
  std::string laes_, outputs_;
};

const Registration<Command> registration("laes_reconstruct", [] { return std::make_unique<LaesReconstruct>(); });

}  // namespace
}  // namespace hysteron
