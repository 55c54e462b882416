// Warms up a PyTorch network, the state_dict of a module with an nn.GRU, on sequences of your own:
//   warm_up_pytorch in.safetensors X.npy out.safetensors
// out.safetensors has the names, types and order of in.safetensors, for load_state_dict.
#include <iostream>
#include <vector>

#include <hysteron/error.hpp>
#include <hysteron/io.hpp>
#include <hysteron/prepare.hpp>

using namespace hysteron;

/// Says how far the warm-up is, now and then.
class Console final : public Listener {
 public:
  void hear(const Event&) override {}
  void hear(const Progress& progress) override {
    if (progress.done % 25 == 0)
      std::cerr << progress.stage << " " << progress.done << "/" << progress.total << "  " << progress.figure_name
                << " " << progress.figure << "\n";
  }
};

void run(const char* from, const char* inputs, const char* to) {
  const StoredModel stored = read_model(from, "gru");
  const Sequences sequences = sequences_of({.inputs = read_array(inputs)});  // [steps, batch, inputs]
  std::cout << stored.shape.layers << " layers of " << stored.shape.units << " units\n";

  const auto backend = make_backend("auto");
  Model<float> model = network_of<float>(*backend, stored);
  const std::vector<std::uint64_t> seeds{1};
  Journal journal;
  journal.add_listener(std::make_shared<Console>());
  const Prepared prepared = warm_up(
      model, sequences, seeds, {.steps = 100, .learning_rate = 3e-2, .measure = {.steps = 500, .draws = 2}}, journal);
  std::cout << "attractors reached, as a share of the sequences (VAA): " << prepared.before.vaa[0] << " before, "
            << prepared.after.vaa[0] << " after\n";
  write_safetensors(to, with_parameters(stored, model));
}

int main(int count, char** words) {
  try {
    if (count != 4) throw usage_error({.what = "warm_up_pytorch in.safetensors X.npy out.safetensors"});
    run(words[1], words[2], words[3]);
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return static_cast<int>(error.kind());
  }
}
