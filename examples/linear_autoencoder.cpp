// Fits the linear autoencoder of sequences, starts a linear memory network from it, and measures what the network
// remembers before any training, beside one with a classic start.
#include <iostream>
#include <vector>

#include <hysteron/error.hpp>
#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/memory_capacity.hpp>
#include <hysteron/prepare.hpp>
#include <hysteron/random.hpp>

using namespace hysteron;

/// Independent numbers, N(0, 1): [count, steps, 1].
Sequences noise(int count, int steps) {
  Sequences sequences{.count = count, .steps = steps, .features = 1};
  Random random(1, Stream::training_data);
  for (int i = 0; i < count * steps; ++i) sequences.inputs.push_back(static_cast<float>(random.normal()));
  return sequences;
}

double memory_of(Model<float>& model, const Sequences& sequences) {
  const auto states = network_states(model, sequences);
  return measure_memory(model.backend(), *states, sequences, {})[0].restitution;
}

int main() {
  try {
    const Sequences sequences = noise(1000, 24);
    const auto backend = make_backend("auto");
    const auto solver = make_solver(*backend, SolverKind::gram, {.components = 20});
    solver->add(sequences);
    const LinearAutoencoderFit fit = solver->solve(20);
    std::cout << "energy that " << fit.resolved << " components keep: " << fit.energy << "\n";

    const ModelShape shape{.cell = &cell_named("lmn"), .units = 32, .inputs = 1};
    const std::vector<std::uint64_t> seeds{1};
    Model<float> classic(*backend, shape, 1), started(*backend, shape, 1);
    draw_classic(classic, seeds);
    draw_classic(started, seeds);
    start_from_autoencoder(started, 0, leading(fit.autoencoder, fit.resolved));
    std::cout << "restitution of the last 24 inputs: classic " << memory_of(classic, sequences) << ", autoencoder "
              << memory_of(started, sequences) << "\n";
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return static_cast<int>(error.kind());
  }
}
