// Training from the weights of a file: a run's own, or PyTorch's. With no update the weights stay as they are.
#include <gmock/gmock.h>

#include <hysteron/io.hpp>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class StartsFromFile : public Commands {
 protected:
  StartsFromFile() {
    put_normal("X.npy", {6, 30, 2}, 1);
    put_normal("Y.npy", {1, 30, 3}, 2);
  }

  static std::string train(const std::string& options, int updates = 0) {
    return "train --task arrays --inputs X.npy --targets Y.npy --set init.measure_draws=0 --set train.updates=" +
           std::to_string(updates) + " " + options;
  }
  std::vector<double> weights(const std::string& file, const std::string& name) const {
    return to_doubles(tensors(file).at(name), name);
  }
  /// A file of PyTorch's: a recurrent layer of so many gates and four units, and further tensors.
  void put_network(const std::string& name, int gates, std::vector<NamedArray> more = {},
                   const std::string& suffix = "_l0") const {
    Safetensors file;
    unsigned seed = 5;
    const auto add = [&](const std::string& kind, const Extents& shape) {
      file.tensors.push_back({"net." + kind + suffix, make_array(shape, normal(shape, ++seed))});
    };
    add("weight_ih", {gates * 4, 2}), add("weight_hh", {gates * 4, 4}), add("bias_ih", {gates * 4}),
        add("bias_hh", {gates * 4});
    file.tensors.insert(file.tensors.end(), more.begin(), more.end());
    write_safetensors(folder / name, file);
  }
};

TEST_F(StartsFromFile, ARunGoesOnFromTheModelOfAnother) {
  succeeds(train("--cell lstm --units 5 --layers 2 --out first", 5));
  const std::string first = "first/models/replica-00.safetensors";
  succeeds(train("--model " + first + " --replicas 2 --out same"));
  const Safetensors start = tensors(first);
  for (const char* const replica : {"same/models/replica-00.safetensors", "same/models/replica-01.safetensors"})
    for (const NamedArray& tensor : start.tensors)
      EXPECT_EQ(tensors(replica).at(tensor.name).bytes, tensor.array.bytes) << tensor.name;
  EXPECT_THAT(bytes("same/config.toml"),
              AllOf(HasSubstr("cell = \"lstm\""), HasSubstr("units = 5"), HasSubstr("name = \"file\"")));
  // It learns, and its configuration gives the same run again.
  succeeds(train("--model " + first + " --out more", 5));
  EXPECT_NE(weights("more/models/replica-00.safetensors", "rnn.weight_hh_l0"), weights(first, "rnn.weight_hh_l0"));
  succeeds("train more/config.toml --out again");
  EXPECT_EQ(bytes("more/models/replica-00.safetensors"), bytes("again/models/replica-00.safetensors"));
  // A stopped run needs the file no more.
  std::filesystem::remove(folder / "more/result.json");
  const std::string models = bytes("more/models/replica-00.safetensors");
  std::filesystem::remove_all(folder / "first");
  succeeds("train --resume more");
  EXPECT_EQ(bytes("more/models/replica-00.safetensors"), models);
}

// A finished run that is given more updates ends where one that had them from the beginning ends.
TEST_F(StartsFromFile, AFinishedRunGoesOnForLonger) {
  const std::string options = "--cell gru --units 4 --layers 1 --set train.validate_every=3 --out ";
  succeeds(train(options + "short", 6));
  succeeds(train(options + "long", 12));
  EXPECT_NE(bytes("short/models/replica-00.safetensors"), bytes("long/models/replica-00.safetensors"));
  EXPECT_THAT(fails(2, "train --resume short"), HasSubstr("finished"));
  EXPECT_THAT(fails(2, "train --resume short --set train.updates=6"), HasSubstr("longer"));
  EXPECT_THAT(fails(2, "train --resume short --set train.updates=12 --set train.batch=2"), HasSubstr("train.batch"));
  EXPECT_TRUE(std::filesystem::exists(folder / "short/result.json"));
  EXPECT_EQ(succeeds("train --resume short --set train.updates=12 --json").json()["steps"], 12);
  EXPECT_EQ(bytes("short/models/replica-00.safetensors"), bytes("long/models/replica-00.safetensors"));
  EXPECT_EQ(bytes("short/config.toml"), bytes("long/config.toml"));
  EXPECT_THAT(bytes("short/report.html"), HasSubstr("</html>"));
  // Episodes of an agent, and epochs.
  const std::string maze =
      "train --task t_maze --set train.replay=200 --set init.measure_draws=0 --cell gru --units 4 "
      "--layers 1 --set train.evaluate_every=2 --set train.updates_per_episode=1 --set train.episodes=";
  succeeds(maze + "2 --out maze");
  succeeds("train --resume maze --set train.episodes=4");
  succeeds(maze + "4 --out maze4");
  EXPECT_EQ(bytes("maze/models/replica-00.safetensors"), bytes("maze4/models/replica-00.safetensors"));
  const std::string epochs =
      "train --task arrays --inputs X.npy --targets Y.npy --set init.measure_draws=0 --cell gru --units 4 --layers 1 "
      "--set train.epochs=";
  succeeds(epochs + "1 --out one");
  succeeds("train --resume one --set train.epochs=3");
  succeeds(epochs + "3 --out three");
  EXPECT_EQ(bytes("one/models/replica-00.safetensors"), bytes("three/models/replica-00.safetensors"));
}

TEST_F(StartsFromFile, OfPyTorchWhateverItsCellAndReadOut) {
  const NamedArray weight{"head.weight", make_array({3, 4}, normal(12, 3))},
      bias{"head.bias", make_array({3}, normal(3, 4))};
  put_network("gru.safetensors", 3, {weight, bias});
  succeeds(train("--model gru.safetensors --cell gru --out gru"));
  EXPECT_EQ(weights("gru/models/replica-00.safetensors", "rnn.weight_hh_l0"),
            weights("gru.safetensors", "net.weight_hh_l0"));
  EXPECT_EQ(weights("gru/models/replica-00.safetensors", "readout.weight"), weights("gru.safetensors", "head.weight"));

  put_network("cell.safetensors", 4, {}, "");
  EXPECT_THAT(
      succeeds(train("--model cell.safetensors --cell lstm --replicas 2 --out lstm")).err,
      AllOf(HasSubstr("lstm from \"net\""), HasSubstr("read-out of 3 outputs is drawn anew: the file has none")));
  EXPECT_EQ(weights("lstm/models/replica-01.safetensors", "rnn.bias_hh_l0"),
            weights("cell.safetensors", "net.bias_hh"));
  EXPECT_NE(weights("lstm/models/replica-00.safetensors", "readout.weight"),
            weights("lstm/models/replica-01.safetensors", "readout.weight"));

  put_network("rnn.safetensors", 1, {{"head.weight", make_array({7, 4}, normal(28, 3))}});
  EXPECT_THAT(fails(3, train("--model rnn.safetensors --cell elman --out rnn")), HasSubstr("--no-bias"));
  EXPECT_THAT(succeeds(train("--model rnn.safetensors --cell elman --nonlinearity relu --no-bias --out rnn")).err,
              AllOf(HasSubstr("drawn anew: the file has one of 7"), Not(HasSubstr("tanh"))));
  EXPECT_THAT(bytes("rnn/config.toml"), HasSubstr("cell = \"elman_relu\""));
  succeeds("train rnn/config.toml --out rnn-again");
  EXPECT_EQ(bytes("rnn/models/replica-00.safetensors"), bytes("rnn-again/models/replica-00.safetensors"));
}

TEST_F(StartsFromFile, MayBeWarmedUpAndIsNeverDrawnOver) {
  put_network("gru.safetensors", 3);
  const std::string model = "--model gru.safetensors --cell gru --out ";
  succeeds(train(model + "warm --init warm_up --set init.steps=3"));
  EXPECT_NE(weights("warm/models/replica-00.safetensors", "rnn.weight_hh_l0"),
            weights("gru.safetensors", "net.weight_hh_l0"));
  EXPECT_THAT(fails(2, train(model + "a --init orthogonal")), AllOf(HasSubstr("init.name"), HasSubstr("warm_up")));
  EXPECT_THAT(fails(2, train(model + "a --units 5")), AllOf(HasSubstr("model.units"), HasSubstr("gru.safetensors")));
  EXPECT_THAT(fails(2, train("--model gru.safetensors --out a")), HasSubstr("--cell"));
  EXPECT_THAT(fails(2, train("--readout head --out a")), HasSubstr("--model"));
  EXPECT_THAT(fails(2, train("--init file --out a")), HasSubstr("init.name"));
  put_normal("X3.npy", {6, 30, 3}, 1);
  EXPECT_THAT(fails(3, "train --task arrays --inputs X3.npy --targets Y.npy " + model + "a"),
              HasSubstr("2 values a step"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  succeeds(
      "train --task t_maze --set train.episodes=0 --set train.replay=200 --set init.measure_draws=0 --cell gru "
      "--units 4 --layers 1 --out maze");
  succeeds(
      "train --task t_maze --set train.episodes=0 --set train.replay=200 --set init.measure_draws=0 "
      "--model maze/models/replica-00.safetensors --seed 5 --out maze2");
  EXPECT_EQ(weights("maze/models/replica-00.safetensors", "readout.weight"),
            weights("maze2/models/replica-00.safetensors", "readout.weight"));
}

}  // namespace
}  // namespace hysteron
