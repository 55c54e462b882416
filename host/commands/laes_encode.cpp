#include <fmt/format.h>

#include <hysteron/io.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/registry.hpp>

#include "command_line/computing_command.hpp"
#include "command_line/input_files.hpp"
#include "command_line/output_file.hpp"
#include "foundation/printable.hpp"

namespace hysteron {
namespace {

/// Describes the file that was written.
struct EncodedStates {
  std::vector<std::int64_t> shape;
};

class LaesEncode final : public ComputingCommand<EncodedStates> {
 public:
  std::vector<std::string> words() const override { return {"laes", "encode"}; }
  std::string example() const override {
    return "hysteron laes encode --laes laes.safetensors --inputs X.npy --states Y.npy";
  }
  std::string summary() const override { return "the states of a linear autoencoder"; }
  std::string description() const override {
    return R"(The states of a linear autoencoder: Y [batch, components] at each sequence's last step, float64, or with
--at all [steps, batch, components], past a sequence's length what its last step gave. A file of that name is replaced.)";
  }

  void declare(Arguments& arguments) override {
    arguments.add("--laes", &laes_, "what laes fit wrote").value_name("FILE").required();
    files_.declare(arguments);
    arguments.at("--inputs").required();
    arguments.add("--states", &states_, "where the states go, Y.npy").value_name("FILE").required();
    arguments.add("--at", &at_, "the steps whose states are wanted").choices({"last", "all"}).value_name("STEPS");
    options_.declare_machine(arguments);
  }

 private:
  EncodedStates compute(Settings& settings) override {
    expect_ending(states_, ".npy");
    expect_writable(states_, Overwrite::allowed, {laes_, files_.inputs, files_.lengths});
    const LinearAutoencoder autoencoder = read_autoencoder(laes_);
    const Sequences sequences = files_.read();
    Backend& device = backend(settings);
    say_taken(journal(), files_.inputs, sequences);
    return {at_ == "all" ? write_all(device, autoencoder, sequences) : write_last(device, autoencoder, sequences)};
  }

  void print(const EncodedStates& states) const override {
    fmt::print("{}  {}\n", printable(states_), json_line(Json(states.shape)));
  }
  Json json(const EncodedStates& states) const override { return {{"states_shape", states.shape}}; }

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
    const Array array = files_.laid_out(sequences, p, by_step);
    write_npy(states_, array);
    return array.shape;
  }

  InputFiles files_;
  std::string laes_, states_, at_ = "last";
};

const Registration<Command> registration("laes_encode", [] { return std::make_unique<LaesEncode>(); });

}  // namespace
}  // namespace hysteron
