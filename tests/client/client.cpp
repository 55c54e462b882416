// Trains a network on its own arrays, saves it in a file that PyTorch reads, loads it again, and finds the same
// numbers.
#include <iostream>
#include <vector>

#include <hysteron/infer.hpp>
#include <hysteron/io.hpp>
#include <hysteron/prepare.hpp>
#include <hysteron/random.hpp>
#include <hysteron/trainer.hpp>

using namespace hysteron;

int main() {
  // The last of eight numbers added to the first: X [steps, batch, inputs], Y [1, batch, outputs].
  constexpr std::int64_t steps = 8, batch = 120;
  Random random(1, Stream::training_data);
  std::vector<float> x(steps * batch), y(batch);
  for (float& value : x) value = static_cast<float>(random.uniform(-1, 1));
  for (std::size_t n = 0; n < batch; ++n) y[n] = x[n] + x[(steps - 1) * batch + n];
  const Array inputs = make_array({steps, batch, 1}, x);
  const Sequences all = sequences_of({.inputs = inputs, .targets = make_array({1, batch, 1}, y)});
  const TaskData data{.train = slice(all, 0, 100), .test = slice(all, 100, 20)};

  const auto backend = make_backend("cpu");
  const std::vector<std::uint64_t> seeds{1};
  Model<float> model(*backend, {.cell = &cell_named("gru"), .units = 12, .inputs = 1, .outputs = 1}, 1);
  Journal journal;
  draw_classic(model, seeds);
  const Prepared prepared =
      warm_up(model, data.train, seeds, {.steps = 5, .measure = {.steps = 100, .draws = 1}}, journal);
  Trainer<float> trainer(model, data, seeds, {.updates = 400, .learning_rates = {1e-2}}, journal);
  trainer.start();
  trainer.run();
  trainer.take_best();
  const double loss = trainer.evaluated_on(data.test).loss[0];
  const Inference<float> trained = infer(model, all);

  write_safetensors("model.safetensors", model_file(model));
  Model<float> loaded = network_of<float>(*backend, read_model("model.safetensors"));
  const Inference<float> again = infer(loaded, all);
  write_npy("X.npy", inputs);
  write_npy("Y.npy", make_array({steps, batch, again.width}, again.outputs));
  if (!(loss < 0.1) || prepared.after.vaa.empty() || again.outputs != trained.outputs ||
      again.states != trained.states) {
    std::cerr << "loss " << loss << ", or other numbers than before\n";
    return 1;
  }
}
