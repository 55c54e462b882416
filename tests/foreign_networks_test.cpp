// Networks of PyTorch in files that do not say what they hold: what is taken is said, what may be meant in more than
// one way is asked for, and what is asked for is computed as for a file that has nothing else.
#include <algorithm>

#include <gmock/gmock.h>

#include <hysteron/io.hpp>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ForeignNetworks : public Commands {
 protected:
  ForeignNetworks() { put_normal("X.npy", {7, 4, 3}, 1); }

  static NamedArray tensor(const std::string& name, const Extents& shape, unsigned seed) {
    return {name, make_array(shape, normal(shape, seed))};
  }
  static NamedArray zeros(const std::string& name, std::int64_t size) {
    return {name, make_array({size}, std::vector<float>(static_cast<std::size_t>(size)))};
  }
  /// A GRU of five units; `suffix` follows the kind of parameter, as in weight_ih_l0.
  static std::vector<NamedArray> gru(const std::string& prefix, const std::string& suffix, int inputs, unsigned seed) {
    return {tensor(prefix + "weight_ih" + suffix, {15, inputs}, seed),
            tensor(prefix + "weight_hh" + suffix, {15, 5}, seed + 1),
            tensor(prefix + "bias_ih" + suffix, {15}, seed + 2), tensor(prefix + "bias_hh" + suffix, {15}, seed + 3)};
  }
  static std::vector<NamedArray> linear(const std::string& prefix, int outputs, int inputs, unsigned seed) {
    return {tensor(prefix + "weight", {outputs, inputs}, seed), tensor(prefix + "bias", {outputs}, seed + 1)};
  }
  void put_network(const std::string& name, const std::vector<std::vector<NamedArray>>& layers) const {
    Safetensors file;
    for (const auto& layer : layers) file.tensors.insert(file.tensors.end(), layer.begin(), layer.end());
    write_safetensors(folder / name, file);
  }
  static std::string line(const std::string& options, const std::string& outputs = "Y.npy") {
    return "infer --cell gru --inputs X.npy --outputs " + outputs + " --model " + options;
  }
  /// The bytes of the outputs.
  std::string outputs(const std::string& options) const {
    succeeds(line(options));
    return bytes("Y.npy");
  }
};

TEST_F(ForeignNetworks, WhatIsTakenAndLeftOutIsSaid) {
  put_network("plain.safetensors", {gru("rnn.", "_l0", 3, 1), linear("head.", 2, 5, 9)});
  put_network("more.safetensors", {gru("net.memory.", "_l0", 3, 1),
                                   linear("head.", 2, 5, 9),
                                   {tensor("table", {4, 9}, 3)},
                                   linear("below.", 3, 8, 5)});
  EXPECT_THAT(succeeds(line("plain.safetensors")).err,
              AllOf(HasSubstr("read-out \"head\", 2 outputs"), HasSubstr("X.npy: 4 sequences of 7 steps, 3 inputs"),
                    Not(HasSubstr("left out"))));
  EXPECT_THAT(succeeds(line("more.safetensors")).err,
              AllOf(HasSubstr("net.memory"), HasSubstr("left out: table [4, 9], below.weight [3, 8], below.bias [3]")));
  EXPECT_EQ(outputs("more.safetensors"), outputs("plain.safetensors"));
  // Where there is no read-out either, and with a network of our own.
  put_network("bare.safetensors", {gru("rnn.", "_l0", 3, 1), {tensor("mask", {2}, 3)}});
  EXPECT_THAT(succeeds(line("bare.safetensors")).err, AllOf(HasSubstr("no read-out"), HasSubstr("left out: mask [2]")));
  make_network("own.safetensors", "--cell gru --units 5 --outputs 2");
  EXPECT_THAT(succeeds("infer --model own.safetensors --inputs X.npy --outputs Y.npy").err,
              Not(HasSubstr("own.safetensors")));
  EXPECT_THAT(succeeds("infer --model own.safetensors --readout none --inputs X.npy --outputs Y.npy").err,
              HasSubstr("left out: readout.weight [2, 5], readout.bias [2]"));
  EXPECT_EQ(array("Y.npy").shape, (Extents{7, 4, 5}));
}

TEST_F(ForeignNetworks, AChoiceOfReadOutsIsAskedFor) {
  const auto layer = gru("rnn.", "_l0", 3, 1);
  put_network("bare.safetensors", {layer});
  const std::string states = outputs("bare.safetensors");
  struct Case {
    const char* name;
    std::vector<std::vector<NamedArray>> others;
    const char* named;
  };
  const std::vector<NamedArray> norm{tensor("norm.weight", {5}, 6), tensor("norm.bias", {5}, 7)};
  for (const Case& one :
       {Case{"policy and value", {linear("policy.", 4, 5, 9), linear("value.", 1, 5, 5)}, "policy"},
        Case{"two layers", {linear("head.0.", 8, 5, 9), linear("head.2.", 2, 8, 5)}, "head.0"},
        Case{"a norm between", {linear("fc.", 2, 5, 9), norm}, "fc"},
        Case{"as many outputs as inputs", {linear("fc.", 3, 5, 9)}, "fc"},
        Case{"two called readout", {linear("a.readout.", 1, 5, 9), linear("b.readout.", 2, 5, 5)}, "a.readout"}}) {
    SCOPED_TRACE(one.name);
    std::vector<std::vector<NamedArray>> layers{layer};
    layers.insert(layers.end(), one.others.begin(), one.others.end());
    put_network("choice.safetensors", layers);
    EXPECT_THAT(fails(2, line("choice.safetensors")),
                AllOf(HasSubstr(one.named), HasSubstr("--readout none"), HasSubstr("--readout NAME")));
    EXPECT_EQ(outputs("choice.safetensors --readout none"), states);
    put_network("alone.safetensors", {layer, one.others[0]});
    const std::string choice = std::string(" --readout ") + one.named;
    EXPECT_EQ(outputs("choice.safetensors" + choice), outputs("alone.safetensors" + choice));
    EXPECT_THAT(fails(2, line("choice.safetensors --readout nothing")), HasSubstr(one.named));
  }
  // One that is called readout is meant.
  put_network("readout.safetensors", {layer, linear("readout.", 1, 5, 9), linear("value.", 2, 5, 5)});
  EXPECT_THAT(succeeds(line("readout.safetensors")).err,
              AllOf(HasSubstr("\"readout\", 1 output;"), HasSubstr("value")));
}

TEST_F(ForeignNetworks, CellsAndListsOfThemAreRead) {
  put_network("layer.safetensors", {gru("rnn.", "_l0", 3, 1)});
  put_network("cell.safetensors", {gru("cell.", "", 3, 1)});
  put_network("nameless.safetensors", {gru("", "", 3, 1)});
  const std::string right = outputs("layer.safetensors");
  EXPECT_EQ(outputs("cell.safetensors"), right);
  EXPECT_EQ(outputs("nameless.safetensors"), right);

  put_network("stack.safetensors", {gru("rnn.", "_l0", 3, 1), gru("rnn.", "_l1", 5, 11)});
  put_network("list.safetensors", {gru("cells.1.", "", 5, 11), gru("cells.0.", "", 3, 1)});
  EXPECT_THAT(fails(2, line("list.safetensors")),
              AllOf(HasSubstr("--recurrent cells "), HasSubstr("cells.0, cells.1")));
  EXPECT_EQ(outputs("list.safetensors --recurrent cells"), outputs("stack.safetensors"));
  EXPECT_EQ(outputs("list.safetensors --recurrent cells.0"), right);

  put_network("two.safetensors", {gru("upper.", "_l0", 5, 11), gru("lower.", "_l0", 3, 1)});
  EXPECT_THAT(fails(2, line("two.safetensors")), HasSubstr("--recurrent lower,upper"));
  EXPECT_EQ(outputs("two.safetensors --recurrent lower,upper"), outputs("stack.safetensors"));
  EXPECT_THAT(fails(3, line("two.safetensors --recurrent upper,lower")), HasSubstr("wrong shape"));
  EXPECT_THAT(fails(2, line("two.safetensors --recurrent lower,uper")), HasSubstr("\"upper\""));

  put_network("pair.safetensors", {gru("encoder.", "_l0", 3, 1), gru("decoder.", "_l0", 4, 21)});
  EXPECT_THAT(fails(2, line("pair.safetensors")), AllOf(HasSubstr("--recurrent decoder"), HasSubstr("encoder")));
  EXPECT_EQ(outputs("pair.safetensors --recurrent encoder"), right);
  EXPECT_THAT(succeeds(line("pair.safetensors --recurrent encoder")).err, HasSubstr("left out: decoder.weight_ih_l0"));
  EXPECT_THAT(fails(2, line("pair.safetensors --recurrent encode")), HasSubstr("\"encoder\""));
  // What cannot be computed is refused only where it is meant.
  put_network("both.safetensors",
              {gru("rnn.", "_l0", 3, 1), gru("two.", "_l0", 3, 31), gru("two.", "_l0_reverse", 3, 41)});
  EXPECT_EQ(outputs("both.safetensors --recurrent rnn"), right);
  EXPECT_THAT(fails(3, line("both.safetensors --recurrent two")), HasSubstr("bidirectional"));
}

TEST_F(ForeignNetworks, MissingBiasesAreZerosWhereThatIsAskedFor) {
  std::vector<NamedArray> weights = gru("rnn.", "_l0", 3, 1);
  weights.resize(2);
  std::vector<NamedArray> whole = weights;
  whole.push_back(zeros("rnn.bias_ih_l0", 15)), whole.push_back(zeros("rnn.bias_hh_l0", 15));
  put_network("lacking.safetensors", {weights, {tensor("fc.weight", {2, 5}, 9)}});
  put_network("whole.safetensors", {whole, {tensor("fc.weight", {2, 5}, 9), zeros("fc.bias", 2)}});
  EXPECT_THAT(fails(3, line("lacking.safetensors")), HasSubstr("--no-bias"));
  EXPECT_THAT(succeeds(line("lacking.safetensors --no-bias")).err, HasSubstr("zeros for 3 biases"));
  EXPECT_EQ(outputs("lacking.safetensors --no-bias"), outputs("whole.safetensors"));
  // What is prepared from it has them, since they have been learned.
  succeeds(
      "prepare --init warm_up --set init.steps=1 --set init.measure_draws=0 --cell gru --no-bias --inputs X.npy "
      "--model lacking.safetensors --out out.safetensors");
  EXPECT_EQ(tensors("out.safetensors").at("rnn.bias_hh_l0").shape, (Extents{15}));
  EXPECT_THAT(succeeds(line("out.safetensors")).err, Not(HasSubstr("zeros")));
}

TEST_F(ForeignNetworks, TensorsThatAreNotNeededMayHaveAnyType) {
  put_network("plain.safetensors", {gru("rnn.", "_l0", 3, 1)});
  const std::string right = outputs("plain.safetensors");
  for (const DType type : {DType::f16, DType::bf16, DType::f8_e4m3, DType::boolean, DType::u64, DType::i8}) {
    const NamedArray other{"other", {type, {2, 1}, std::vector<std::byte>(2 * item_size(type), std::byte{0xFF})}};
    put_network("with.safetensors", {gru("rnn.", "_l0", 3, 1), {other}});
    EXPECT_EQ(outputs("with.safetensors"), right) << dtype_name(type);
  }
}

// Right values are PyTorch's (data/golden); the file does not tell the two apart.
TEST_F(ForeignNetworks, AnRnnIsToldToBeOfRelu) {
  const Safetensors golden = read_safetensors(HYSTERON_SOURCE_DIR "/data/golden/elman_relu.safetensors");
  const std::string model = HYSTERON_SOURCE_DIR "/data/golden/elman_relu.model.safetensors";
  write_npy(folder / "G.npy", golden.at("inputs"));
  write_npy(folder / "L.npy", golden.at("lengths"));
  // Layer by layer side by side, as --h0 takes them.
  const std::vector<double> layers = to_doubles(golden.at("initial"), "initial");
  const std::size_t batch = static_cast<std::size_t>(golden.at("initial").shape[1]);
  std::vector<double> first;
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t layer = 0; layer < 2; ++layer)
      first.insert(first.end(), layers.begin() + std::ptrdiff_t((layer * batch + b) * 5),
                   layers.begin() + std::ptrdiff_t((layer * batch + b + 1) * 5));
  write_npy(folder / "H.npy", make_array({std::int64_t(batch), 10}, first));
  const std::string infer = "infer --inputs G.npy --lengths L.npy --h0 H.npy --outputs Y.npy --model ";
  const auto difference = [&](const std::string& options) {
    const Ended ended = succeeds(infer + options);
    const std::vector<double> found = values("Y.npy"), right = to_doubles(golden.at("mse.outputs"), "right");
    const std::vector<int> lengths = to_ints(golden.at("lengths"), "lengths");
    double largest = 0;
    for (std::size_t i = 0; i < right.size(); ++i)
      if (static_cast<int>(i / 4 / batch) < lengths[i / 4 % batch])
        largest = std::max(largest, std::abs(found[i] - right[i]));
    return std::pair(largest, ended.err);
  };
  for (const char* const told : {"--cell elman --nonlinearity relu", "--nonlinearity relu", "--cell elman_relu"}) {
    const auto [largest, said] = difference(model + " " + told);
    EXPECT_LT(largest, 1e-12) << told;
    EXPECT_THAT(said, Not(HasSubstr("tanh"))) << told;
  }
  const auto [largest, said] = difference(model + " --cell elman");
  EXPECT_GT(largest, 0.1);
  EXPECT_THAT(said, AllOf(HasSubstr("tanh"), HasSubstr("--nonlinearity relu")));
  EXPECT_THAT(succeeds(infer + model + " --cell elman --nonlinearity tanh").err, Not(HasSubstr("does not say")));
  EXPECT_THAT(fails(2, infer + model + " --cell lstm --nonlinearity relu"), HasSubstr("nn.RNN"));
  EXPECT_THAT(fails(2, infer + model), HasSubstr("elman_relu for an nn.RNN(nonlinearity=\"relu\")"));
  // Metadata say it, and a file that was prepared has them.
  succeeds(
      "prepare --init warm_up --set init.steps=0 --set init.measure_draws=0 --inputs G.npy --nonlinearity relu "
      "--model " +
      model + " --out told.safetensors");
  EXPECT_LT(difference("told.safetensors --cell elman").first, 1e-12);
  Safetensors wrong = tensors("told.safetensors");
  wrong.metadata["nonlinearity"] = "gelu";
  write_safetensors(folder / "wrong.safetensors", wrong);
  EXPECT_THAT(fails(2, infer + "wrong.safetensors --cell elman"), HasSubstr("unknown nonlinearity"));
}

TEST_F(ForeignNetworks, AParametrizedWeightIsSaidToBeOne) {
  std::vector<NamedArray> layer = gru("rnn.", "_l0", 3, 1);
  layer[1].name = "rnn.weight_hh_l0_v";
  put_network("norm.safetensors", {layer, {tensor("rnn.weight_hh_l0_g", {15, 1}, 3)}});
  EXPECT_THAT(fails(3, line("norm.safetensors")), HasSubstr("remove_weight_norm"));
}

// The first two axes turned, everywhere.
TEST_F(ForeignNetworks, BatchFirst) {
  const auto turned = [&](const std::string& name) {
    const Array from = array(name);
    const std::vector<double> all = values(name);
    const auto width = static_cast<std::size_t>(from.shape[2]);
    std::vector<float> to;
    for (std::int64_t j = 0; j < from.shape[1]; ++j)
      for (std::int64_t i = 0; i < from.shape[0]; ++i)
        for (std::size_t k = 0; k < width; ++k)
          to.push_back(static_cast<float>(all[static_cast<std::size_t>(i * from.shape[1] + j) * width + k]));
    return to;
  };
  put_floats("B.npy", {4, 7, 3}, turned("X.npy"));
  put_network("net.safetensors", {gru("rnn.", "_l0", 3, 1)});
  const std::string infer = "infer --cell gru --model net.safetensors --at all ";
  succeeds(infer + "--inputs X.npy --outputs Y.npy --states S.npy");
  const Ended ended = succeeds(infer + "--inputs B.npy --batch-first --outputs YB.npy --states SB.npy");
  EXPECT_THAT(ended.err, HasSubstr("B.npy: 4 sequences of 7 steps, 3 inputs"));
  EXPECT_EQ(array("YB.npy").shape, (Extents{4, 7, 5}));
  for (const char* const pair : {"Y", "S"}) {
    const std::vector<double> found = values(std::string(pair) + "B.npy");
    EXPECT_EQ(std::vector<float>(found.begin(), found.end()), turned(std::string(pair) + ".npy"));
  }
  EXPECT_THAT(fails(3, infer + "--inputs B.npy --lengths B.npy --outputs YB.npy"), HasSubstr("[batch]"));

  put_normal("T.npy", {7, 4, 2}, 8);
  put_floats("TB.npy", {4, 7, 2}, turned("T.npy"));
  const std::string train =
      "train --task arrays --cell gru --units 4 --layers 1 --set train.updates=2 --set init.measure_draws=0 --json ";
  const auto loss = [&](const std::string& options) {
    const Ended trained = succeeds(train + options);
    EXPECT_THAT(trained.err, HasSubstr("4 sequences of 7 steps, 3 inputs"));
    return trained.json()["test_loss"];
  };
  EXPECT_EQ(loss("--inputs X.npy --targets T.npy --out a"),
            loss("--inputs B.npy --targets TB.npy --batch-first --out b"));
  EXPECT_THAT(fails(3, train + "--inputs B.npy --targets T.npy --batch-first --out c"), HasSubstr("--batch-first"));

  for (const char* const options : {"--inputs X.npy", "--inputs B.npy --batch-first"}) {
    const std::string name = options[9] == 'X' ? "laes" : "laes-b";
    succeeds("laes fit --components 3 --out " + name + ".safetensors " + options);
    succeeds("laes encode --at all --laes " + name + ".safetensors --states " + name + ".npy " + options);
  }
  EXPECT_EQ(array("laes-b.npy").shape, (Extents{4, 7, 3}));
  EXPECT_EQ(bytes("laes.safetensors"), bytes("laes-b.safetensors"));
}

}  // namespace
}  // namespace hysteron
