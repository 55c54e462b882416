#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>

#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "command_line/output_file.hpp"
#include "runs/configuration.hpp"
#include "runs/machine.hpp"

namespace hysteron {
namespace {

class LaesEncode final : public Command {
 public:
  std::string example() const override {
    return "hysteron laes encode --laes laes.safetensors --inputs X.npy --states Y.npy";
  }
  std::string description() const override {
    return "The states of a linear autoencoder: Y [batch, components] at each sequence's last step, float64, or with "
           "--at all [steps, batch, components], past a sequence's length what its last step gave. A file of that name "
           "is replaced.";
  }

  void declare(CLI::App& app) override {
    options_.declare_machine(app);
    app.add_option("--laes", laes_, "what laes fit wrote")->required();
    app.add_option("--inputs", inputs_, "sequences X.npy [steps, batch, inputs]")->required();
    app.add_option("--lengths", lengths_, "lengths L.npy [batch]; none: every sequence has every step");
    app.add_option("--states", states_, "where the states go, Y.npy")->required();
    app.add_option("--at", at_, "last | all: the steps whose states are wanted")->check(CLI::IsMember({"last", "all"}));
  }

  int run(const std::vector<std::string>&) override {
    const Stopwatch watch;
    Settings settings = options_.settings();
    declare_machine(settings);
    expect_writable(states_, Overwrite::allowed, {laes_, inputs_, lengths_});
    const LinearAutoencoder autoencoder = read_autoencoder(laes_);
    const Sequences sequences = read_sequences({.inputs = inputs_, .lengths = lengths_});
    const std::unique_ptr<Backend> backend = backend_of(settings);
    const std::vector<std::int64_t> shape =
        at_ == "all" ? write_all(*backend, autoencoder, sequences) : write_last(*backend, autoencoder, sequences);
    const Json result = complete_result({{"states_shape", shape}}, watch, backend->name(), nullptr);
    fmt::print("{}  {}\n", states_, result["states_shape"].dump());
    if (options_.json()) fmt::print("{}\n", json_line(result));
    return 0;
  }

 private:
  std::vector<std::int64_t> write_last(Backend& backend, const LinearAutoencoder& autoencoder,
                                       const Sequences& sequences) const {
    const std::vector<std::int64_t> shape{sequences.count, autoencoder.components};
    write_npy(states_, make_array(shape, encode(backend, autoencoder, sequences)));
    return shape;
  }

  std::vector<std::int64_t> write_all(Backend& backend, const LinearAutoencoder& autoencoder,
                                      const Sequences& sequences) const {
    const std::vector<double> states = encode_steps(backend, autoencoder, sequences);
    const std::ptrdiff_t steps = sequences.total_steps(), count = sequences.count, p = autoencoder.components;
    std::vector<double> by_step(states.size());
    for (std::ptrdiff_t n = 0; n < count; ++n)
      for (std::ptrdiff_t step = 0; step < steps; ++step)
        std::copy_n(states.data() + (n * steps + step) * p, p, by_step.data() + (step * count + n) * p);
    const std::vector<std::int64_t> shape{steps, count, p};
    write_npy(states_, make_array(shape, by_step));
    return shape;
  }

  Options options_;
  std::string laes_, inputs_, lengths_, states_, at_ = "last";
};

const Registration<Command> registration("laes_encode", [] { return std::make_unique<LaesEncode>(); });

}  // namespace
}  // namespace hysteron
