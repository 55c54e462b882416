// What people type and hand over by mistake, a row each: the exit code, and the words that tell them what to do.
#include <limits>

#include <gmock/gmock.h>

#include "tests/command_files.hpp"

namespace hysteron {
namespace {

using testing::HasSubstr;

struct Row {
  const char* line;
  int code;
  std::vector<const char*> words;
};

class WrongInputs : public Commands {
 protected:
  void SetUp() override {
    put_normal("X.npy", {6, 5, 2}, 1);
    put_normal("flat.npy", {6, 5}, 2);
    put_normal("wide.npy", {6, 5, 3}, 3);
    put_normal("rows.npy", {5, 1}, 4);
    put_normal("none.npy", {0, 5, 2}, 5);
    put_integers("classes.npy", {0, 1, 2, 0, 1});
    put_integers("four.npy", {0, 1, 2, 0});
    put_integers("negative.npy", {0, -1, 2, 0, 1});
    std::vector<float> values(60, 1.0F);
    values[7] = std::numeric_limits<float>::quiet_NaN();
    put_floats("nan.npy", {6, 5, 2}, values);
    make_network("m.safetensors", "--cell gru --units 4 --layers 1");
    put(folder / "text.npy", "1, 2, 3\n");
    put(folder / "empty.npy", "");
    const std::string whole = contents(folder / "X.npy"), model = contents(folder / "m.safetensors");
    put(folder / "cut.npy", whole.substr(0, whole.size() - 9));
    put(folder / "cut.safetensors", model.substr(0, model.size() / 2));
    put(folder / "torch.pt", std::string("PK\x03\x04") + std::string(60, 'x'));
    put(folder / "old.pt", std::string("\x80\x02\x8A\x0Al\xFC\x9C") + std::string(60, 'x'));
    put(folder / "keras.h5", std::string("\x89HDF\r\n\x1A\n") + std::string(60, 'x'));
    put(folder / "header.toml", "[task\n");
    put(folder / "bare.toml", "[task]\nname = denoising\n");
    put(folder / "twice.toml", "seed = 1\nseed = 2\n");
    put(folder / "typed.toml", "[model]\nunits = \"64\"\n");
    put(folder / "real.toml", "[model]\nunits = 64.0\n");
    put(folder / "list.toml", "[train]\nbatch = [1, 2]\n");
    put(folder / "section.toml", "[model.units]\nvalue = 3\n");
    put(folder / "bytes.toml", "name = \"\xFF\"\n");
    std::filesystem::create_directory(folder / "folder");
  }
};

const Row rows[] = {
    {"", 2, {"a verb is missing"}},
    {"trian", 2, {"did you mean \"train\"?"}},
    {"predict", 2, {"did you mean \"infer\"?"}},
    {"fit", 2, {"did you mean \"train\"?"}},
    {"evaluate", 2, {"did you mean \"measure\"?"}},
    {"plot", 2, {"did you mean \"report\"?"}},
    {"measure", 2, {"gradient, memory, vaa"}},
    {"measure lyapunov", 2, {"unknown verb \"lyapunov\""}},
    {"data download mnist", 2, {"did you mean \"get\"?"}},
    {"-V", 2, {"did you mean \"--version\"?"}},
    {"--versio", 2, {"did you mean \"--version\"?"}},
    {"version", 0, {}},
    {"help trian", 2, {"did you mean \"train\"?"}},
    {"train --lr 0.01", 2, {"--set train.learning_rate=VALUE"}},
    {"train --epochs 3", 2, {"--set train.epochs=VALUE"}},
    {"train --batch-size 3", 2, {"--set train.batch=VALUE"}},
    {"train --batch 3", 2, {"--set train.batch=VALUE"}},
    {"train --seq-len 3", 2, {"--set task.steps=VALUE"}},
    {"train --weight-decay=0.1", 2, {"--set train.weight_decay=VALUE"}},
    {"train --hidden-size 3", 2, {"did you mean \"--units\"?"}},
    {"train --num-layers 3", 2, {"did you mean \"--layers\"?"}},
    {"train --optimizer sgd", 2, {"unknown option \"--optimizer\""}},
    {"train --output x", 2, {"did you mean \"--out\"?"}},
    {"train --units", 2, {"--units needs a value"}},
    {"train --units --layers 2", 2, {"--units needs a value", "found --layers"}},
    {"train --units 3 --units 4", 2, {"--units is given 2 times"}},
    {"train --force=yes --cell gru", 2, {"--force takes no value"}},
    {"train a.toml b.toml", 2, {"\"b.toml\" is one argument too many"}},
    {"train --cell gru train.batch=3", 2, {"--set train.batch=3"}},
    {"train --resume x --out y", 2, {"do not go together"}},
    {"infer --model m.safetensors", 2, {"needs --inputs"}},
    {"train", 2, {"not told what to train"}},
    {"train --units 3.5", 2, {"an integer from 1 to 65536"}},
    {"train --units 1e3", 2, {"an integer"}},
    {"train --units 0", 2, {"out of range"}},
    {"train --units many", 2, {"\"many\""}},
    {"train --seed -1 --cell gru", 2, {"out of range"}},
    {"train --cell LSTM", 2, {"did you mean \"lstm\"?"}},
    {"train --cell rnn", 2, {"did you mean \"elman\"?"}},
    {"train --cell transformer", 2, {"one of: brc"}},
    {"train --init xavier", 2, {"did you mean \"classic\"?"}},
    {"train --init irnn", 2, {"did you mean \"identity\"?"}},
    {"train --task mnist", 2, {"did you mean \"sequential_mnist\"?"}},
    {"train --precision fp64", 2, {"did you mean \"double\"?"}},
    {"train --precision half --cell gru", 2, {"one of: float, double"}},
    {"train --device gpu --cell gru", 2, {"did you mean \"cuda\"?"}},
    {"train --device tpu --cell gru", 2, {"unknown device \"tpu\""}},
    {"train --threads 0.5 --cell gru", 2, {"an integer"}},
    {"train --cell chrono", 2, {"one of: brc"}},
    {"train --structure double --units 7", 2, {"even number"}},
    {"train --cell gru --init chrono", 2, {"--cell janet, lstm"}},
    {"train --set model.hidden=3", 2, {"did you mean \"model.units\"?"}},
    {"train --set train.seed=3", 2, {"did you mean \"seed\""}},
    {"train --set batch=3", 2, {"did you mean \"train.batch\"?"}},
    {"train --set train.dropout=0.1", 2, {"config --keys"}},
    {"train --set train.batch", 2, {"KEY=VALUE"}},
    {"train --set =3", 2, {"KEY=VALUE"}},
    {"train --set train.batch=", 2, {"found \"\""}},
    {"train --set train.learning_rate=nan", 2, {"out of range"}},
    {"train --set train.learning_rate=1,5", 2, {"a real number"}},
    {"train --set init.steps=5", 2, {"the initializer warm_up"}},
    {"train --loss mse", 2, {"the task arrays"}},
    {"train --set train.shuffle=True", 2, {"unknown setting"}},
    {"train --task t_maze --set train.updates=3", 2, {"training on sequences"}},
    {"train nothing.toml", 2, {"there is no configuration file"}},
    {"train folder", 2, {"a folder or device"}},
    {"train header.toml", 2, {"line 1"}},
    {"train bare.toml", 2, {"line 2", "a text needs quotes"}},
    {"train twice.toml", 2, {"redefine"}},
    {"train typed.toml", 2, {"line 2", "an integer"}},
    {"train real.toml", 2, {"an integer"}},
    {"train list.toml", 2, {"a list"}},
    {"train section.toml", 2, {"model.units.value"}},
    {"train bytes.toml", 2, {"UTF-8"}},
    {"train X.npy", 2, {"not valid TOML"}},
    {"train --task arrays --inputs X.npy --set train.updates=1 --set init.measure_draws=0 --targets classes.npy --loss "
     "mse",
     3,
     {"classes.npy"}},
    {"train --task arrays --inputs X.npy --set train.updates=1 --set init.measure_draws=0 --targets rows.npy --loss "
     "mse",
     3,
     {"rows.npy"}},
    {"train --task arrays --inputs X.npy --set train.updates=1 --set init.measure_draws=0 --targets four.npy --loss "
     "cross_entropy",
     3,
     {"four.npy"}},
    {"train --task arrays --inputs X.npy --set train.updates=1 --set init.measure_draws=0 --targets negative.npy "
     "--loss cross_entropy",
     3,
     {"-1"}},
    {"train --task arrays --inputs X.npy --set train.updates=1 --set init.measure_draws=0 --targets classes.npy --loss "
     "ce",
     2,
     {"did you mean \"cross_entropy\"?"}},
    {"train --task arrays --inputs X.npy --set train.updates=1 --set init.measure_draws=0 --loss cross_entropy",
     2,
     {"task.targets"}},
    {"train --task arrays --inputs X.npy --set train.updates=1 --set init.measure_draws=0 --targets nothing.npy --loss "
     "mse",
     3,
     {"nothing.npy"}},
    {"infer --model m.safetensors --outputs y.npy --inputs flat.npy", 3, {"[steps, batch, inputs]"}},
    {"infer --model m.safetensors --outputs y.npy --inputs wide.npy", 3, {"wide.npy"}},
    {"infer --model m.safetensors --outputs y.npy --inputs none.npy", 3, {"one or more steps"}},
    {"infer --model m.safetensors --outputs y.npy --inputs nan.npy", 3, {"is nan"}},
    {"infer --model m.safetensors --outputs y.npy --inputs text.npy", 3, {"not a .npy file"}},
    {"infer --model m.safetensors --outputs y.npy --inputs empty.npy", 3, {"an empty file"}},
    {"infer --model m.safetensors --outputs y.npy --inputs cut.npy", 3, {"cut short"}},
    {"infer --model m.safetensors --outputs y.npy --inputs folder", 3, {"folder"}},
    {"infer --outputs y.npy --inputs X.npy --model torch.pt", 3, {"torch.save", "save_file(model.state_dict()"}},
    {"infer --outputs y.npy --inputs X.npy --model old.pt", 3, {"pickle", "save_file"}},
    {"infer --outputs y.npy --inputs X.npy --model keras.h5", 3, {"HDF5"}},
    {"infer --outputs y.npy --inputs X.npy --model X.npy", 3, {"a .npy array", "--inputs"}},
    {"infer --outputs y.npy --inputs X.npy --model cut.safetensors", 3, {"cut.safetensors"}},
    {"infer --outputs y.npy --inputs X.npy --model nothing.safetensors", 3, {"nothing.safetensors"}},
    {"train --model torch.pt --task arrays --inputs X.npy --targets X.npy", 3, {"save_file(model.state_dict()"}},
    {"infer --model m.safetensors --inputs X.npy --outputs y.csv", 2, {"ends in .npy", "y.npy"}},
    {"infer --model m.safetensors --inputs X.npy --outputs y.npy --states y.npy", 2, {"the same file"}},
    {"infer --model m.safetensors --inputs X.npy --outputs X.npy", 2, {"is read, and would be written"}},
    {"infer --model m.safetensors --inputs X.npy --outputs no/where/y.npy", 3, {"no/where"}},
    {"prepare --inputs X.npy --out n.pt", 2, {"ends in .safetensors"}},
    {"prepare --inputs X.npy --out m.safetensors", 2, {"--force replaces it"}},
    {"laes fit --inputs X.npy --components 2 --out l.npz", 2, {"ends in .safetensors"}},
    {"measure vaa --model m.safetensors --inputs X.npy --epsilon 0", 2, {"a number above 0"}},
    {"measure vaa --model m.safetensors --inputs X.npy --epsilon tiny", 2, {"not a number"}},
    {"measure memory --model m.safetensors --variant permuted", 2, {"without --data"}},
    {"measure memory --model m.safetensors --data copy", 2, {"did you mean \"copy_first_input\"?"}},
    {"laes fit --inputs X.npy --out l.safetensors --components 4.5", 2, {"a whole number"}},
    {"laes fit --inputs X.npy --out l.safetensors --components 99", 2, {"components"}},
    {"report nothing", 2, {"nothing is not the folder"}},
    {"report folder", 2, {"config.toml"}},
    {"reproduce", 2, {"--list"}},
    {"reproduce copy --scale huge", 2, {"quick, full"}},
    {"data get imagenet", 2, {"one of: mnist"}},
    {"data list --jsn", 2, {"did you mean \"--json\"?"}},
};

TEST_F(WrongInputs, SayWhatToTypeInstead) {
  EXPECT_GE(std::size(rows), 80U);
  for (const Row& row : rows) {
    const Ended ended = hysteron(row.line);
    EXPECT_EQ(ended.code, row.code) << row.line << "\n" << ended.err;
    for (const char* word : row.words) EXPECT_THAT(ended.err, HasSubstr(word)) << row.line;
    EXPECT_THAT(ended.err, testing::Not(HasSubstr("a defect of hysteron"))) << row.line;
    EXPECT_EQ(("\n" + ended.err).find("\nerror: ") != std::string::npos, ended.code != 0) << row.line;
  }
}

}  // namespace
}  // namespace hysteron
