// Trains a network on arrays of your own, saves it to a file, and lets the network in that file answer:
//   train_on_arrays X.npy Y.npy model.safetensors outputs.npy
// X [steps, batch, inputs] and Y [1, batch, outputs] are float32 or float64; the last fifth of them is the test set.
#include <iostream>
#include <vector>

#include <hysteron/error.hpp>
#include <hysteron/infer.hpp>
#include <hysteron/io.hpp>
#include <hysteron/prepare.hpp>
#include <hysteron/trainer.hpp>

using namespace hysteron;

void run(const char* inputs, const char* targets, const char* network, const char* outputs) {
  const Sequences all = sequences_of({.inputs = read_array(inputs), .targets = read_array(targets)});
  const int test = all.count / 5;
  const TaskData data{.train = slice(all, 0, all.count - test),
                      .test = slice(all, all.count - test, test),
                      .outputs = all.outputs,
                      .read_steps = all.target_steps};

  const auto backend = make_backend("auto");
  const std::vector<std::uint64_t> seeds{1, 2};  // a population of two networks
  Model<float> model(*backend,
                     {.cell = &cell_named("gru"), .units = 16, .inputs = all.features, .outputs = all.outputs}, 2);
  Journal journal;
  draw_classic(model, seeds);
  Trainer<float> trainer(model, data, seeds, {.updates = 300, .learning_rates = {1e-2, 1e-2}}, journal);
  trainer.start();
  trainer.run();
  trainer.take_best();
  const std::vector<double> loss = trainer.evaluated_on(data.test).loss;
  std::cout << "test loss of two networks: " << loss[0] << " and " << loss[1] << "\n";

  const int best = loss[0] <= loss[1] ? 0 : 1;
  write_safetensors(network, model_file(model, best));
  Model<float> loaded = network_of<float>(*backend, read_model(network));
  const Inference<float> answer = infer(loaded, data.test);
  write_npy(outputs, make_array({data.test.steps, data.test.count, answer.width}, answer.outputs));
  std::cout << network << " is network " << best << "; its answers to the test set are in " << outputs << "\n";
}

int main(int count, char** words) {
  try {
    if (count != 5) throw usage_error({.what = "train_on_arrays X.npy Y.npy model.safetensors outputs.npy"});
    run(words[1], words[2], words[3], words[4]);
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return static_cast<int>(error.kind());
  }
}
