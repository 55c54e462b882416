// Inference: runs in parts, in slices and with lengths equal the whole run, replicas run side by side equal those run
// alone, and input that does not fit is refused.
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include <hysteron/cell_info.hpp>
#include <hysteron/infer.hpp>

#include "tests/command_files.hpp"
#include "tests/network.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Pointwise;

struct Kind {
  std::string cell, structure;
  int layers;
};

class Infer : public Commands, public testing::WithParamInterface<Kind> {
 protected:
  std::string options() const {
    return "--units 6 --cell " + GetParam().cell + " --structure " + GetParam().structure + " --layers " +
           std::to_string(GetParam().layers);
  }
};

std::vector<Kind> every_kind() {
  std::vector<Kind> kinds;
  for (const CellInfo& cell : every_cell()) {
    kinds.push_back({std::string(cell.name), "stack", 2});
    kinds.push_back({std::string(cell.name), "double", 2});
  }
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Kinds, Infer, testing::ValuesIn(every_kind()),
                         [](const auto& test) { return test.param.cell + "_" + test.param.structure; });

// A run in two parts that passes states on equals the whole run; a length is a shorter run.
TEST_P(Infer, StatesAndLengthsAreThoseOfShorterRuns) {
  constexpr std::int64_t steps = 9, batch = 4, inputs = 2, first = 5;
  const Extents shape{steps, batch, inputs};
  const std::vector<float> x = normal(shape, 1);
  put_floats("X.npy", shape, x);
  const std::span<const float> all(x);
  put_floats("X1.npy", {first, batch, inputs}, all.first(first * batch * inputs));
  put_floats("X2.npy", {steps - first, batch, inputs}, all.subspan(first * batch * inputs));
  put_integers("L.npy", {9, 5, 5, 9});
  make_network("m.safetensors", options() + " --outputs 3");
  const std::int64_t width = 2 * 6 * (GetParam().cell == "lstm" ? 2 : 1);

  const auto json = succeeds("infer --model m.safetensors --inputs X.npy --outputs Y.npy --states S.npy --json").json();
  EXPECT_EQ(json["outputs_shape"], nlohmann::ordered_json({steps, batch, 3}));
  EXPECT_EQ(array("Y.npy").shape, (Extents{steps, batch, 3}));
  ASSERT_EQ(array("S.npy").shape, (Extents{batch, width}));
  succeeds("infer --model m.safetensors --inputs X1.npy --outputs Y1.npy --states S1.npy");
  succeeds("infer --model m.safetensors --inputs X2.npy --h0 S1.npy --outputs Y2.npy --states S2.npy");
  std::vector<double> joined = values("Y1.npy");
  for (const double value : values("Y2.npy")) joined.push_back(value);
  EXPECT_THAT(values("Y.npy"), Pointwise(DoubleNear(1e-5), joined));
  EXPECT_THAT(values("S.npy"), Pointwise(DoubleNear(1e-5), values("S2.npy")));

  succeeds("infer --model m.safetensors --inputs X.npy --lengths L.npy --outputs YL.npy --states SL.npy");
  const std::vector<double> whole = values("Y.npy"), held = values("YL.npy"), states = values("SL.npy"),
                            late = values("S.npy"), early = values("S1.npy");
  for (std::int64_t step = 0; step < steps; ++step)
    for (std::int64_t sequence = 0; sequence < batch; ++sequence)
      for (std::int64_t output = 0; output < 3; ++output) {
        const bool short_one = sequence == 1 || sequence == 2;
        const std::int64_t from = short_one ? std::min(step, first - 1) : step;
        const auto at = [&](std::int64_t t) { return static_cast<std::size_t>((t * batch + sequence) * 3 + output); };
        EXPECT_NEAR(held[at(step)], whole[at(from)], 1e-5) << step << " " << sequence;
      }
  for (std::size_t i = 0; i < states.size(); ++i) {
    const std::size_t sequence = i / static_cast<std::size_t>(width);
    EXPECT_NEAR(states[i], sequence == 1 || sequence == 2 ? early[i] : late[i], 1e-5) << i;
  }
}

// Without a read-out: the top layer's h, which ends where the states end; with one: its affine map.
TEST_P(Infer, OutputsAreReadFromTheTopLayer) {
  put_normal("X.npy", {5, 3, 2}, 2);
  make_network("m.safetensors", options() + " --outputs 2 --seed 8");
  make_network("bare.safetensors", options() + " --seed 8");
  succeeds("infer --model m.safetensors --inputs X.npy --outputs Y.npy");
  succeeds("infer --model bare.safetensors --inputs X.npy --outputs H.npy --states S.npy");
  ASSERT_EQ(array("H.npy").shape, (Extents{5, 3, 6}));
  const std::vector<double> h = values("H.npy"), y = values("Y.npy"), states = values("S.npy");
  const Safetensors model = tensors("m.safetensors");
  const std::vector<double> weight = to_doubles(model.at("readout.weight"), "weight"),
                            bias = to_doubles(model.at("readout.bias"), "bias");
  for (std::size_t row = 0; row < 15; ++row)
    for (std::size_t output = 0; output < 2; ++output) {
      double sum = bias[output];
      for (std::size_t unit = 0; unit < 6; ++unit) sum += weight[output * 6 + unit] * h[row * 6 + unit];
      EXPECT_NEAR(y[row * 2 + output], sum, 1e-5);
    }
  const std::size_t lanes = GetParam().cell == "lstm" ? 2 : 1, parts = GetParam().structure == "double" ? 2 : 1,
                    width = 12 * lanes;
  for (std::size_t sequence = 0; sequence < 3; ++sequence)
    for (std::size_t unit = 0; unit < 6; ++unit) {
      const std::size_t part = unit / (6 / parts), column = 6 * lanes + part * (6 / parts) * lanes + unit % (6 / parts);
      EXPECT_EQ(h[(4 * 3 + sequence) * 6 + unit], states[sequence * width + column]) << unit;
    }
}

class Inferences : public testing::Test {
 protected:
  static constexpr std::size_t states_width = 24;

  std::unique_ptr<Backend> backend = make_backend("cpu", 1);
  const ModelShape shape{.cell = &cell_named("lstm"),
                         .units = 6,
                         .layers = 2,
                         .structure = Structure::double_layer,
                         .inputs = 2,
                         .outputs = 3};
  Model<double> model{*backend, shape, 3};
  Sequences sequences = normal_sequences(7, 5, 2, 2);
  const std::vector<double> initial = normal_draws<double>(3 * 7 * states_width, 3, 1);

  Inferences() {
    draw_network(model, 1);
    sequences.lengths = {5, 1, 2, 5, 3, 4, 5};
    sequences.black = 1;
  }
};

TEST_F(Inferences, InBatchesOfAnySizeAreTheSame) {
  for (const InferredOutputs outputs : {InferredOutputs::readout, InferredOutputs::top_layer}) {
    const auto run = [&](std::ptrdiff_t budget) {
      return infer(model, sequences,
                   {.initial = initial, .outputs = outputs, .states = InferredStates::all, .budget = budget});
    };
    const Inference<double> whole = run(std::ptrdiff_t{1} << 29);
    for (const std::ptrdiff_t budget : {1, 20000, 50000}) {
      const Inference<double> part = run(budget);
      EXPECT_TRUE(same_bits(part.outputs, whole.outputs)) << budget;
      EXPECT_TRUE(same_bits(part.states, whole.states)) << budget;
    }
  }
}

TEST_F(Inferences, EachReplicaIsTheNetworkRunAlone) {
  const Inference<double> all = infer(model, sequences, {.initial = initial});
  EXPECT_EQ(all.replicas, 3);
  EXPECT_EQ(all.steps, 6);
  EXPECT_EQ(all.width, 3);
  EXPECT_EQ(all.states_width, int(states_width));
  const auto part = [](const std::vector<double>& values, std::size_t replica) {
    const std::size_t size = values.size() / 3;
    return std::vector<double>(values.begin() + std::ptrdiff_t(replica * size),
                               values.begin() + std::ptrdiff_t((replica + 1) * size));
  };
  for (std::size_t replica = 0; replica < 3; ++replica) {
    Model<double> alone(*backend, shape, 1);
    alone.parameters().block().from_host(part(model.parameters().block().to_host(), replica));
    const std::vector<double> first = part(initial, replica);
    const Inference<double> one = infer(alone, sequences, {.initial = first});
    EXPECT_TRUE(same_bits(one.outputs, part(all.outputs, replica))) << replica;
    EXPECT_TRUE(same_bits(one.states, part(all.states, replica))) << replica;
  }
}

// The first `units` values of the top layer's states are its h; past a length both are held.
TEST_F(Inferences, EveryStateEndsInTheLast) {
  const Inference<double> last = infer(model, sequences, {.initial = initial}),
                          every = infer(model, sequences,
                                        {.initial = initial,
                                         .outputs = InferredOutputs::top_layer,
                                         .states = InferredStates::all});
  ASSERT_EQ(every.states.size(), 3 * 6 * 7 * states_width);
  for (std::size_t replica = 0; replica < 3; ++replica)
    for (std::size_t step = 0; step < 6; ++step)
      for (std::size_t n = 0; n < 7; ++n) {
        const std::size_t row = (replica * 6 + step) * 7 + n;
        if (int(step) + 1 >= sequences.lengths[n]) {
          for (std::size_t i = 0; i < states_width; ++i)
            EXPECT_EQ(every.states[row * states_width + i], last.states[(replica * 7 + n) * states_width + i]);
        }
        for (std::size_t unit = 0; unit < 6; ++unit)
          EXPECT_EQ(every.outputs[row * 6 + unit], every.states[row * states_width + 12 + unit / 3 * 6 + unit % 3]);
      }
}

TEST_F(Inferences, RefuseWhatDoesNotFit) {
  const auto message = [&](const Sequences& given, std::span<const double> first) {
    return message_of(ErrorKind::data, [&] { infer(model, given, {.initial = first}); });
  };
  EXPECT_THAT(message(normal_sequences(7, 5, 3, 2), {}), AllOf(HasSubstr("2 values a step"), HasSubstr("found 3")));
  EXPECT_THAT(message(sequences, std::span(initial).first(24)), AllOf(HasSubstr("[3, 7, 24]"), HasSubstr("found 24")));
}

TEST_F(Commands, InferAtAllWritesEveryState) {
  put_normal("X.npy", {5, 3, 2}, 1);
  make_network("m.safetensors", "--cell lstm --units 4 --layers 2 --outputs 1");
  const std::string line = "infer --model m.safetensors --inputs X.npy --outputs Y.npy --states ";
  succeeds(line + "S.npy");
  EXPECT_EQ(succeeds(line + "A.npy --at all --json").json()["states_shape"], nlohmann::ordered_json({5, 3, 16}));
  const std::vector<double> all = values("A.npy");
  ASSERT_EQ(array("A.npy").shape, (Extents{5, 3, 16}));
  EXPECT_EQ(std::vector<double>(all.end() - 3 * 16, all.end()), values("S.npy"));
}

TEST_F(Commands, InferRefusesWhatDoesNotFit) {
  put_normal("X.npy", {5, 3, 2}, 1);
  put_normal("X3.npy", {5, 3, 3}, 1);
  make_network("m.safetensors", "--cell lstm --units 4 --layers 2 --outputs 1");
  const std::string line = "infer --model m.safetensors --inputs X.npy --outputs Y.npy ";
  put_normal("S0.npy", {3, 8}, 1);
  EXPECT_THAT(fails(3, line + "--h0 S0.npy"), AllOf(HasSubstr("[3, 16]"), HasSubstr("[3, 8]")));
  EXPECT_THAT(fails(3, "infer --model m.safetensors --inputs X3.npy --outputs Y.npy"),
              AllOf(HasSubstr("[steps, batch, 2]"), HasSubstr("[5, 3, 3]")));
  EXPECT_THAT(fails(2, line + "--cell gru"), AllOf(HasSubstr("lstm"), HasSubstr("gru")));
  EXPECT_THAT(fails(2, line + "--states Y.npy"), HasSubstr("same file"));
  EXPECT_THAT(fails(2, "infer --model m.safetensors --inputs X.npy"), HasSubstr("--outputs"));
  const std::string inputs = bytes("X.npy");
  EXPECT_THAT(fails(2, "infer --model m.safetensors --inputs X.npy --outputs ./X.npy"), HasSubstr("is read"));
  EXPECT_EQ(bytes("X.npy"), inputs);
  EXPECT_THAT(fails(3, "infer --model m.safetensors --inputs X.npy --outputs no/folder/Y.npy"), HasSubstr("folder"));
  EXPECT_FALSE(std::filesystem::exists(folder / "Y.npy"));
}

// An existing output stays as it is if the run fails.
TEST_F(Commands, FilesThatLieAreDataErrorsAndNothingIsOverwritten) {
  put_normal("X.npy", {5, 3, 2}, 1);
  make_network("m.safetensors", "--cell gru --units 4 --layers 1 --outputs 2");
  put(folder / "Y.npy", std::string_view("precious"));
  const std::string line = "infer --outputs Y.npy ";
  const auto fails_with = [&](const std::string& model, const std::string& inputs) {
    const std::string message = fails(3, line + "--model " + model + " --inputs " + inputs);
    EXPECT_EQ(bytes("Y.npy"), "precious");
    return message;
  };
  std::vector<float> bad = normal(std::size_t{30}, 1);
  bad[13] = std::nanf("");
  put_floats("nan.npy", {5, 3, 2}, bad);
  EXPECT_THAT(fails_with("m.safetensors", "nan.npy"), AllOf(HasSubstr("[2, 0, 1]"), HasSubstr("nan")));
  bad[13] = INFINITY;
  put_floats("inf.npy", {5, 3, 2}, bad);
  EXPECT_THAT(fails_with("m.safetensors", "inf.npy"), HasSubstr("inf"));
  put_normal("flat.npy", {5, 6}, 1);
  EXPECT_THAT(fails_with("m.safetensors", "flat.npy"), AllOf(HasSubstr("[steps, batch, inputs]"), HasSubstr("[5, 6]")));
  put_integers("integers.npy", {1, 2});
  EXPECT_THAT(fails_with("m.safetensors", "integers.npy"), HasSubstr("integers.npy"));
  put(folder / "cut.npy", std::string_view(bytes("X.npy")).substr(0, 200));
  EXPECT_THAT(fails_with("m.safetensors", "cut.npy"), HasSubstr("cut.npy"));
  std::string lying = bytes("X.npy");
  lying.replace(lying.find("(5, 3, 2)"), 9, "(5,99,99)");
  put(folder / "lying.npy", lying);
  EXPECT_THAT(fails_with("m.safetensors", "lying.npy"),
              AllOf(HasSubstr("lying.npy"), HasSubstr("larger than the file")));
  EXPECT_THAT(fails_with("m.safetensors", "nothing.npy"), HasSubstr("nothing.npy"));

  const std::string model = bytes("m.safetensors");
  put(folder / "cut.safetensors", std::string_view(model).substr(0, model.size() - 8));
  EXPECT_THAT(fails_with("cut.safetensors", "X.npy"), HasSubstr("cut.safetensors"));
  std::string header = model;
  header[6] = '\x7F';  // a header of 2^54 bytes
  put(folder / "header.safetensors", header);
  EXPECT_THAT(fails_with("header.safetensors", "X.npy"), HasSubstr("header"));
  Safetensors file = tensors("m.safetensors");
  file.tensors.erase(file.tensors.begin() + 1);
  write_safetensors(folder / "less.safetensors", file);
  EXPECT_THAT(fails_with("less.safetensors", "X.npy"), HasSubstr("weight_hh_l0"));
  file = tensors("m.safetensors");
  const float broken[] = {NAN, 0};
  file.tensors.back().array = make_array({2}, broken);
  write_safetensors(folder / "broken.safetensors", file);
  EXPECT_THAT(fails_with("broken.safetensors", "X.npy"), HasSubstr("readout.bias"));

  put_integers("zero.npy", {5, 0, 5}), put_integers("long.npy", {5, 6, 5}), put_integers("few.npy", {5, 5});
  for (const char* const lengths : {"zero.npy", "long.npy", "few.npy"})
    EXPECT_THAT(fails_with("m.safetensors", std::string("X.npy --lengths ") + lengths), HasSubstr(lengths));
}

}  // namespace
}  // namespace hysteron
