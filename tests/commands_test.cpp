// info, prepare and measure vaa: their results compared with definitions, with other ways to compute them, and with
// PyTorch.
#include <cmath>

#include <gmock/gmock.h>

#include <hysteron/cell_info.hpp>
#include <hysteron/initializer.hpp>
#include <hysteron/io.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

TEST_F(Commands, InfoTestsEveryCellAndListsEveryMember) {
  const Ended ended = succeeds("info --json");
  const auto json = ended.json();
  for (const auto& backend : json["backends"]) {
    EXPECT_EQ(backend["usable"].get<bool>(), backend["reason"].get<std::string>().empty()) << backend;
    EXPECT_TRUE(!backend["usable"].get<bool>() || !backend["devices"].empty()) << backend;
    for (const auto& device : backend["devices"]) {
      ASSERT_EQ(device["self_test"].size(), every_cell().size() + 3);  // shuffle, eigenvectors, adam
      for (const auto& test : device["self_test"]) {
        EXPECT_TRUE(test["ok"].get<bool>()) << test;
        if (test["schedule"] == "") continue;
        EXPECT_GT(test["error"].get<double>(), 0) << "float agrees with double in every bit: " << test;
      }
    }
  }
  for (const CellInfo& cell : every_cell()) EXPECT_THAT(ended.out, HasSubstr("  " + std::string(cell.name) + " "));
  for (const std::string& name : Registry<Task>::names()) EXPECT_TRUE(json["tasks"].contains(name)) << name;
  for (const std::string& name : Registry<Initializer>::names())
    EXPECT_TRUE(json["initializers"].contains(name)) << name;
  EXPECT_EQ(json["version"], "0.1.0");
  EXPECT_EQ(json["data"]["mnist"], false);
}

TEST_F(Commands, DeviceCheckSaysALineAsEachTestBeginsAndEnds) {
  const std::string said = succeeds("device check --device cpu").out;
  EXPECT_TRUE(said.starts_with("{\"begins\":\"shuffle\",\"schedule\":\"\"}\n{\"test\":\"shuffle\"")) << said;
  EXPECT_TRUE(said.ends_with("{\"ends\":true}\n")) << said;
  EXPECT_THAT(said, HasSubstr("{\"begins\":\"gru\",\"schedule\":\"auto\"}"));
  EXPECT_EQ(succeeds("device check --device cpu --without auto").out.find("gru"), std::string::npos);
}

TEST_F(Commands, ATildeAfterAnEqualsSignIsTheHomeFolder) {
  const auto says = [&](const std::string& line) { return fails(3, line, {"HOME=/nowhere/home"}); };
  EXPECT_THAT(says("measure vaa --states=~/S.npy"), HasSubstr("/nowhere/home/S.npy"));
  EXPECT_THAT(says("measure vaa --states=a~/S.npy"), HasSubstr("a~/S.npy"));
}

// --- prepare

TEST_F(Commands, PrepareMakesNewNetworks) {
  put_normal("X.npy", {15, 40, 2}, 1);
  const std::string line =
      "prepare --init warm_up --cell gru --units 8 --layers 2 --inputs X.npy --seed 3 --replicas 2 --outputs 4 "
      "--set init.steps=100 --set init.learning_rate=3e-2 --set init.measure_steps=200 --set init.measure_draws=2 "
      "--out new.safetensors --json";
  const auto json = succeeds(line).json();
  for (const char* key : {"run", "seconds", "device", "seed", "init", "vaa_before", "vaa_after", "vaa_star"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["out"], nlohmann::ordered_json({"new-00.safetensors", "new-01.safetensors"}));
  EXPECT_FALSE(std::filesystem::exists(folder / "new.safetensors"));
  for (std::size_t r = 0; r < 2; ++r) {
    EXPECT_GT(json["vaa_after"][r].get<double>(), json["vaa_before"][r].get<double>());
    const StoredModel stored = read_model(folder / json["out"][r].get<std::string>());
    EXPECT_EQ(stored.shape.cell->name, "gru");
    EXPECT_EQ(stored.shape.units, 8);
    EXPECT_EQ(stored.shape.layers, 2);
    EXPECT_EQ(stored.shape.inputs, 2);
    EXPECT_EQ(stored.shape.outputs, 4);
    EXPECT_EQ(stored.seed(), 3 + r);
  }
  const std::string before = bytes("new-01.safetensors");
  EXPECT_THAT(fails(2, line), AllOf(HasSubstr("new-00.safetensors exists already"), HasSubstr("--force")));
  EXPECT_EQ(bytes("new-01.safetensors"), before);
  succeeds(line + " --force");
  EXPECT_EQ(bytes("new-01.safetensors"), before);
}

TEST_F(Commands, PrepareOfATaskIsWhereTrainingStarts) {
  const std::string line =
      " --task copy_first_input --set task.steps=7 --set task.train=40 --set task.test=5 --cell lstm --units 6 "
      "--layers 1 --init warm_up --set init.steps=3 --set init.measure_draws=0 --seed 2 --set train.updates=0 --out ";
  succeeds("prepare" + line + "ready.safetensors");
  succeeds("train" + line + "run");
  EXPECT_EQ(bytes("ready.safetensors"), bytes("run/models/replica-00.safetensors"));
}

// A file with its own names, types, order and tensors keeps them.
TEST_F(Commands, PrepareWritesTheUsersFileAgain) {
  put_normal("X.npy", {12, 40, 2}, 1);
  Safetensors file;
  const auto add = [&](const std::string& name, const Extents& shape, unsigned seed) {
    std::vector<float> drawn = normal(shape, seed);
    for (float& value : drawn) value *= 0.3F;
    file.tensors.push_back({name, make_array(shape, drawn)});
  };
  add("net.memory.bias_hh_l0", {24}, 1);
  add("net.memory.weight_hh_l0", {24, 8}, 2);
  add("other.table", {2, 5}, 3);
  add("net.memory.weight_ih_l0", {24, 2}, 4);
  add("net.memory.bias_ih_l0", {24}, 5);
  file.metadata = {{"author", "somebody"}};
  write_safetensors(folder / "in.safetensors", file);
  const std::string before = bytes("in.safetensors");

  const std::string line =
      "prepare --init warm_up --model in.safetensors --inputs X.npy --set init.measure_steps=300 "
      "--set init.measure_draws=2 --out out.safetensors --json";
  EXPECT_THAT(fails(2, line), HasSubstr("--cell"));
  const auto json = succeeds(line + " --cell gru --set init.steps=100 --set init.learning_rate=3e-2").json();
  EXPECT_GT(json["vaa_after"][0].get<double>(), json["vaa_before"][0].get<double>());
  EXPECT_EQ(bytes("in.safetensors"), before);
  const Safetensors after = tensors("out.safetensors");
  EXPECT_EQ(after.metadata, file.metadata);
  ASSERT_EQ(after.tensors.size(), file.tensors.size());
  for (std::size_t t = 0; t < file.tensors.size(); ++t) {
    EXPECT_EQ(after.tensors[t].name, file.tensors[t].name);
    EXPECT_EQ(after.tensors[t].array.shape, file.tensors[t].array.shape);
    EXPECT_EQ(after.tensors[t].array.bytes == file.tensors[t].array.bytes, file.tensors[t].name == "other.table")
        << file.tensors[t].name;
  }
  // No gradient step: the file stays as it was. The VAA before is the measured one.
  succeeds(line + " --cell gru --set init.steps=0 --force");
  EXPECT_EQ(bytes("out.safetensors"), before);
  const auto measured =
      succeeds("measure vaa --model in.safetensors --cell gru --inputs X.npy --steps 300 --draws 2 --json").json();
  EXPECT_EQ(measured["vaa"], json["vaa_before"][0]);

  EXPECT_THAT(fails(2, line + " --force --cell gru --units 7"), AllOf(HasSubstr("model.units"), HasSubstr("8")));
  EXPECT_THAT(fails(2, line + " --force --cell gru --outputs 2"), HasSubstr("--outputs"));
  EXPECT_THAT(fails(3, line + " --force --cell lstm"), HasSubstr("--cell gru"));
  put_normal("X3.npy", {12, 40, 3}, 1);
  EXPECT_THAT(fails(3, "prepare --model in.safetensors --cell gru --inputs X3.npy --out out.safetensors --force"),
              AllOf(HasSubstr("[steps, batch, 2]"), HasSubstr("[12, 40, 3]")));
  EXPECT_EQ(bytes("out.safetensors"), before);
}

TEST_F(Commands, PrepareKeepsDoublePrecision) {
  put_normal("X.npy", {6, 8, 2}, 1);
  make_network("double.safetensors", "--cell elman --units 3 --layers 1 --precision double");
  for (const NamedArray& tensor : tensors("double.safetensors").tensors)
    EXPECT_EQ(tensor.array.dtype, DType::f64) << tensor.name;
  make_network("again.safetensors", "--model double.safetensors --init warm_up --set init.steps=0");
  EXPECT_EQ(bytes("again.safetensors"), bytes("double.safetensors"));
}

TEST_F(Commands, PrepareNeedsSequencesAndAFile) {
  put_normal("X.npy", {6, 8, 2}, 1);
  EXPECT_THAT(fails(2, "prepare --out a.safetensors"), HasSubstr("--inputs X.npy, or --task NAME"));
  EXPECT_THAT(fails(2, "prepare --inputs X.npy"), HasSubstr("--out"));
  EXPECT_THAT(fails(2, "prepare --inputs X.npy --targets Y.npy --out a.safetensors"), HasSubstr("task.targets"));
  EXPECT_THAT(fails(3, "prepare --inputs X.npy --out no/such/folder/a.safetensors"), HasSubstr("folder"));
  EXPECT_THAT(fails(2, "prepare --inputs X.npy --out X.npy --force"), HasSubstr("would be written"));
  EXPECT_THAT(fails(3, "prepare --inputs nothing.npy --out a.safetensors"), HasSubstr("nothing.npy"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.safetensors"));
}

TEST_F(Commands, VaaOfStatesIsItsDefinition) {
  // Three attractors among five states: two states in the first, two in the second, one in the third.
  put_floats("S.npy", {5, 2}, std::vector<float>{0, 0, 1, 1, 0.00005F, 0, 1, 1.00009F, 3, 0});
  const auto json = succeeds("measure vaa --states S.npy --json").json();
  EXPECT_DOUBLE_EQ(json["vaa"].get<double>(), 3.0 / 5);
  EXPECT_EQ(json["attractors"], 3);
  EXPECT_EQ(json["n"], 5);
  EXPECT_EQ(json["epsilon"], 1e-4);
  EXPECT_THAT(json["vaa_star"].get<double>(), AllOf(Ge(0.2), Le(1.0)));
  EXPECT_EQ(succeeds("measure vaa --states S.npy --epsilon 1e-5 --json").json()["attractors"], 5);
  EXPECT_EQ(succeeds("measure vaa --states S.npy --epsilon 10 --json").json()["attractors"], 1);
  // VAA* by its definition, from distances between hyperbolic tangents.
  const std::vector<double> states = values("S.npy");
  double expected = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      const double distance = std::hypot(std::tanh(states[2 * i]) - std::tanh(states[2 * j]),
                                         std::tanh(states[2 * i + 1]) - std::tanh(states[2 * j + 1]));
      sum += 1 - std::max(distance - 1e-4, 0.0) / (distance + 1e-6);
    }
    expected += 1 / sum / 5;
  }
  EXPECT_NEAR(json["vaa_star"].get<double>(), expected, 1e-9);
}

TEST_F(Commands, VaaOfAModelIsThatOfItsPreparation) {
  put_normal("X.npy", {10, 30, 1}, 1);
  const auto made = succeeds(
                        "prepare --inputs X.npy --cell brc --units 5 --layers 1 --seed 6 --set init.measure_steps=50 "
                        "--set init.measure_draws=3 "
                        "--set init.measure_sequences=20 --init warm_up --set init.steps=5 --out m.safetensors --json")
                        .json();
  const auto measured =
      succeeds("measure vaa --model m.safetensors --inputs X.npy --seed 6 --steps 50 --draws 3 --sequences 20 --json")
          .json();
  EXPECT_EQ(measured["vaa"], made["vaa_after"][0]);
  EXPECT_EQ(measured["vaa_star"], made["vaa_star"][0]);
  EXPECT_EQ(measured["n"], 20);
  // After 50 steps most states still move: they are not counted.
  EXPECT_LT(measured["settled"].get<double>(), 1);
  EXPECT_TRUE(measured["attractors"].is_null());
  const std::string said = succeeds("measure vaa --model m.safetensors --inputs X.npy --steps 50 --draws 1").out;
  EXPECT_THAT(said, AllOf(HasSubstr("attractors not counted: "), HasSubstr("still move after 50 steps")));
  const auto later =
      succeeds("measure vaa --model m.safetensors --inputs X.npy --steps 20000 --draws 2 --sequences 20 --json").json();
  EXPECT_EQ(later["settled"], 1.0);
  EXPECT_NEAR(later["attractors"].get<double>(), 20 * later["vaa"].get<double>(), 1e-9);
}

TEST_F(Commands, MeasureVaaRefusesWhatDoesNotFit) {
  put_normal("S.npy", {4, 3}, 1);
  put_normal("X.npy", {5, 3, 2}, 1);
  EXPECT_THAT(fails(2, "measure vaa"), HasSubstr("--states S.npy"));
  EXPECT_THAT(fails(2, "measure vaa --states S.npy --model m.safetensors --inputs X.npy"), HasSubstr("both"));
  EXPECT_THAT(fails(2, "measure vaa --model m.safetensors"), HasSubstr("--inputs"));
  EXPECT_THAT(fails(2, "measure vaa --states S.npy --epsilon 0"), HasSubstr("--epsilon"));
  EXPECT_THAT(fails(2, "measure vaa --states S.npy --draws 0"), HasSubstr("--draws"));
  EXPECT_THAT(fails(3, "measure vaa --states X.npy"), AllOf(HasSubstr("[n, units]"), HasSubstr("[5, 3, 2]")));
  put_floats("bad.npy", {2, 1}, std::vector<float>{1, NAN});
  EXPECT_THAT(fails(3, "measure vaa --states bad.npy"), HasSubstr("[1, 0]"));
  put_floats("empty.npy", {0, 3}, std::vector<float>{});
  EXPECT_THAT(fails(3, "measure vaa --states empty.npy"), HasSubstr("empty"));
}

TEST_F(Commands, PyTorchReadsWhatWasMadeOfItsOwnNetwork) {
  const std::string python = "/usr/bin/python3",
                    script = std::string(HYSTERON_SOURCE_DIR) + "/tests/torch_round_trip.py";
  if (!std::filesystem::exists(python) || Child(python, {"-c", "import numpy, torch"}, folder.path()).wait().code != 0)
    GTEST_SKIP() << "no PyTorch with " << python << ": Debian's package is python3-torch";
  const Ended written = Child(python, {script, "write", "."}, folder.path()).wait();
  ASSERT_EQ(written.code, 0) << written.err;
  const auto json = succeeds(
                        "prepare --init warm_up --model in.safetensors --cell gru --inputs X.npy --set init.steps=100 "
                        "--set init.learning_rate=3e-2 "
                        "--set init.measure_steps=500 --set init.measure_draws=2 --out out.safetensors --json")
                        .json();
  EXPECT_GT(json["vaa_after"][0].get<double>(), json["vaa_before"][0].get<double>());
  succeeds("infer --model out.safetensors --cell gru --inputs X.npy --outputs outputs.npy --states states.npy");
  const Ended measured = succeeds(
      "measure gradient --model out.safetensors --cell gru --inputs X.npy --targets Y.npy --loss mse --at all --out "
      "gradients.safetensors --json");
  put(folder / "gradient.json", measured.out);
  const Ended checked = Child(python, {script, "check", "."}, folder.path()).wait();
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_EQ(checked.out, "ok\n");
}

}  // namespace
}  // namespace hysteron
