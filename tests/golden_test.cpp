// Values and gradients computed elsewhere: by PyTorch's own modules and optimizer, and from the equations of the
// papers, differentiated by autograd (data/golden/make_golden.py).
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <hysteron/io.hpp>
#include <hysteron/loss_run.hpp>
#include <hysteron/optimizer.hpp>
#include <hysteron/trainer.hpp>

#include "files/safetensors.hpp"
#include "preparation/draws.hpp"
#include "tests/network.hpp"

namespace hysteron {
namespace {

std::string golden_path(const std::string& name) { return HYSTERON_SOURCE_DIR "/data/golden/" + name + ".safetensors"; }
Safetensors golden_file(const std::string& name) { return read_safetensors(golden_path(name)); }

struct Golden {
  std::string name, cell;
  Structure structure = Structure::stack;
};

/// One network of a golden file, its run and its loss.
class GoldenRun {
 public:
  GoldenRun(Backend& backend, const Golden& golden)
      : file(golden_file(golden.name)),
        parameters(golden_file(golden.name + ".model")),
        inputs(numbers("inputs")),
        targets(numbers("targets")),
        lengths(to_ints(file.at("lengths"), "lengths")),
        labels(to_ints(file.at("labels"), "labels")),
        extent{extent_of("inputs", 0), extent_of("inputs", 1)},
        model(backend, shape(golden), 1) {
    for (const ParameterSlice& slice : model.parameters().slices()) {
      const Array& array = parameters.at(slice.name);
      EXPECT_EQ(array.shape, std::vector<std::int64_t>(slice.shape.begin(), slice.shape.end())) << slice.name;
      set_parameter(model, 0, slice, to_doubles(array, slice.name));
    }
    EXPECT_EQ(parameters.tensors.size(), model.parameters().slices().size());
  }

  std::vector<double> numbers(const std::string& name) const { return to_doubles(file.at(name), name); }
  int extent_of(const std::string& name, std::size_t dimension) const {
    return static_cast<int>(file.at(name).shape.at(dimension));
  }

  /// From [layers * parts, batch, state] as in the file to a batch of network states and back.
  std::vector<double> side_by_side(const std::vector<double>& states) const {
    const std::size_t batch = static_cast<std::size_t>(extent.batch),
                      parts = static_cast<std::size_t>(extent_of("initial", 0)),
                      width = static_cast<std::size_t>(extent_of("initial", 2));
    std::vector<double> rows;
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t p = 0; p < parts; ++p)
        for (std::size_t i = 0; i < width; ++i) rows.push_back(states[(p * batch + b) * width + i]);
    return rows;
  }

  void check(LossKind kind) {
    const std::string prefix = kind == LossKind::mse ? "mse." : "cross_entropy.";
    const int read_steps = kind == LossKind::mse ? extent.steps : 1;
    Unrolled<double> unrolled(model, extent, read_steps, Keep::trajectory);
    std::vector<double> initial = side_by_side(numbers("initial"));
    const Batch<double> batch{.extent = extent,
                              .inputs = view_of<double>(inputs, 1, extent.steps * extent.batch),
                              .lengths = lengths.data(),
                              .targets = view_of<double>(targets, 1, extent.steps * extent.batch),
                              .labels = labels.data()};
    unrolled.forward(batch.inputs, extent, batch.lengths, view_of<double>(initial, 1, extent.batch));
    unrolled.clear_gradients();
    model.parameters().gradient_block().clear();
    double loss = 0;
    operations_of<double>(model.backend())
        .loss(loss_run(kind, batch, unrolled, unrolled.output_gradient(), &loss, nullptr));
    unrolled.backward(Unrolled<double>::Readout::used);

    expect_near(prefix + "loss", {loss}, numbers(prefix + "loss"));
    expect_near("last", gathered(unrolled.last_states()), side_by_side(numbers("last")));
    expect_outputs(prefix + "outputs", gathered(unrolled.outputs()), kind);
    for (const ParameterSlice& slice : model.parameters().slices())
      expect_near(slice.name, gathered(model.parameters().gradients(slice)),
                  numbers(prefix + "gradient." + slice.name));
    std::vector<double> initial_gradient(initial.size());
    const View<double> rows = view_of<double>(initial_gradient, 1, extent.batch);
    for (const auto [layer, part] : model.every_part())
      operations_of<double>(model.backend())
          .copy(unrolled.last_state_gradient(layer, part),
                rows.columns_from(model.state_column(layer, part), model.state_width()));
    expect_near(prefix + "gradient.initial", initial_gradient, side_by_side(numbers(prefix + "gradient.initial")));
  }

  static void expect_near(const std::string& what, const std::vector<double>& found,
                          const std::vector<double>& golden) {
    ASSERT_EQ(found.size(), golden.size()) << what;
    for (std::size_t i = 0; i < golden.size(); ++i)
      EXPECT_NEAR(found[i], golden[i], 1e-12 * std::max(1.0, std::abs(golden[i]))) << what << "[" << i << "]";
  }

  Safetensors file, parameters;
  std::vector<double> inputs, targets;
  std::vector<int> lengths, labels;
  Extent extent;
  Model<double> model;

 private:
  ModelShape shape(const Golden& golden) const {
    const int parts = golden.structure == Structure::double_layer ? 2 : 1;
    return {.cell = &cell_named(golden.cell),
            .units = static_cast<int>(parameters.at("readout.weight").shape[1]),
            .layers = extent_of("initial", 0) / parts,
            .structure = golden.structure,
            .inputs = extent_of("inputs", 2),
            .outputs = extent_of("targets", 2)};
  }
  /// Outputs past a sequence's end are not compared: torch pads them.
  void expect_outputs(const std::string& name, std::vector<double> found, LossKind kind) const {
    std::vector<double> golden = numbers(name);
    ASSERT_EQ(found.size(), golden.size());
    const std::size_t row = static_cast<std::size_t>(model.shape().outputs),
                      batch = static_cast<std::size_t>(extent.batch);
    for (std::size_t i = 0; i < golden.size() && kind == LossKind::mse; ++i)
      if (static_cast<int>(i / row / batch) >= lengths[i / row % batch]) golden[i] = found[i] = 0;
    expect_near(name, found, golden);
  }
};

class GoldenNetwork : public testing::TestWithParam<Golden> {
 protected:
  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
};

/// Every cell that has a file.
std::vector<Golden> stacks() {
  std::vector<Golden> all;
  for (const CellInfo& cell : every_cell()) {
    const std::string name(cell.name);
    if (std::filesystem::exists(golden_path(name))) all.push_back({name, name});
  }
  return all;
}
std::vector<Golden> stacks_and_double() {
  std::vector<Golden> all = stacks();
  all.push_back({"double", "gru", Structure::double_layer});
  return all;
}
std::string name_of(const testing::TestParamInfo<Golden>& golden) { return golden.param.name; }

INSTANTIATE_TEST_SUITE_P(Files, GoldenNetwork, testing::ValuesIn(stacks_and_double()), name_of);

TEST_P(GoldenNetwork, MeanSquaredErrorOfEveryStep) { GoldenRun(*backend, GetParam()).check(LossKind::mse); }
TEST_P(GoldenNetwork, CrossEntropyOfTheLastStep) { GoldenRun(*backend, GetParam()).check(LossKind::cross_entropy); }

class GoldenModelFile : public GoldenNetwork {};
INSTANTIATE_TEST_SUITE_P(Files, GoldenModelFile, testing::ValuesIn(stacks()), name_of);

// Without our metadata, as a user's network from torch would be.
TEST_P(GoldenModelFile, IsReadAsTorchWroteIt) {
  const StoredModel stored =
      read_model(HYSTERON_SOURCE_DIR "/data/golden/" + GetParam().name + ".model.safetensors", GetParam().cell);
  GoldenRun golden(*backend, GetParam());
  const ModelShape &found = stored.shape, &right = golden.model.shape();
  EXPECT_EQ(found.cell->name, right.cell->name);
  EXPECT_EQ(found.units, right.units);
  EXPECT_EQ(found.layers, right.layers);
  EXPECT_EQ(found.inputs, right.inputs);
  EXPECT_EQ(found.outputs, right.outputs);
  Model<double> model(*backend, found, 1);
  put_parameters(stored, model, 0);
  EXPECT_EQ(model.parameters().block().to_host(), golden.model.parameters().block().to_host());
}

// A cell that names the PyTorch module that it equals has to keep that promise. Every file belongs to a cell, and is
// read above.
TEST(GoldenFiles, EveryCellOfPyTorchHasOneAndEachIsOfACell) {
  for (const CellInfo& cell : every_cell())
    EXPECT_TRUE(cell.torch.empty() || std::filesystem::exists(golden_path(std::string(cell.name)))) << cell.name;
  std::vector<std::string> read{"adam", "double"};
  for (const Golden& golden : stacks()) read.push_back(golden.name);
  for (const auto& file : std::filesystem::directory_iterator(HYSTERON_SOURCE_DIR "/data/golden")) {
    const std::string name = file.path().filename().string(), stem = name.substr(0, name.find('.'));
    EXPECT_TRUE(!name.ends_with(".safetensors") || std::ranges::find(read, stem) != read.end()) << name;
  }
}

// Weight decay, clipping, two learning rates side by side: torch.optim.Adam and torch.nn.utils.clip_grad_norm_.
TEST(GoldenAdam, EveryStepOfEveryReplica) {
  const auto backend = make_backend("cpu", 1);
  const Safetensors file = golden_file("adam");
  const auto numbers = [&](const char* name) { return to_doubles(file.at(name), name); };
  const std::vector<double> rates = numbers("rates"), start = numbers("start"), gradients = numbers("gradients"),
                            values = numbers("values"), norms = numbers("norms");
  const std::size_t size = start.size(), steps = gradients.size() / size, replicas = rates.size();
  Parameters<double> parameters(*backend, static_cast<int>(replicas),
                                {{.role = Role::weight_hh, .name = "matrix", .shape = {4, 3}},
                                 {.role = Role::bias_ih, .name = "vector", .shape = {4}}});
  ASSERT_EQ(static_cast<std::size_t>(parameters.size()), size);
  const auto to_every_replica = [&](Tensor<double>& block, const double* first) {
    for (std::size_t r = 0; r < replicas; ++r) std::copy_n(first, size, block.data() + r * size);
  };
  to_every_replica(parameters.block(), start.data());
  Adam<double> adam(*backend, parameters, rates,
                    {.weight_decay = numbers("weight_decay")[0], .clip = numbers("clip")[0]});
  const std::vector<unsigned char> active(replicas, 1);
  bool clipped = false, unclipped = false;
  for (std::size_t step = 0; step < steps; ++step) {
    to_every_replica(parameters.gradient_block(), gradients.data() + step * size);
    const std::vector<double> norm = adam.step(active);
    for (std::size_t r = 0; r < replicas; ++r) {
      EXPECT_NEAR(norm[r], norms[r * steps + step], 1e-12 * (1 + norm[r]));
      (norm[r] > numbers("clip")[0] ? clipped : unclipped) = true;
      for (std::size_t i = 0; i < size; ++i)
        EXPECT_NEAR(parameters.block().data()[r * size + i], values[(r * steps + step) * size + i], 1e-12)
            << "step " << step << " replica " << r << " value " << i;
    }
  }
  EXPECT_TRUE(clipped && unclipped);
}

}  // namespace
}  // namespace hysteron
