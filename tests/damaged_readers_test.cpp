// Files of ours and of data sets, damaged at random: each reader reads them or says what is wrong, and nothing else
// happens. FUZZ_ROUNDS=100000 and FUZZ_SEED ask for more (make fuzz).
#include <functional>
#include <random>

#include <zlib.h>

#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/run_record.hpp>

#include "data/polyphonic_music.hpp"
#include "data/utterances.hpp"
#include "files/array.hpp"
#include "files/atomic_file.hpp"
#include "files/safetensors.hpp"
#include "files/sealed_json.hpp"
#include "files/unpacked_file.hpp"
#include "records/checkpoint.hpp"
#include "records/journal_file.hpp"
#include "records/run_result_file.hpp"
#include "runs/run_inputs.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

int number_in(const char* variable, int otherwise) {
  const char* const text = std::getenv(variable);
  return text ? std::atoi(text) : otherwise;
}

/// Changes a text in one of the ways that break readers.
class Damage {
 public:
  explicit Damage(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

  std::string of(std::string text) {
    for (std::size_t changes = 1 + below(3); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size()), count = 1 + below(std::min<std::size_t>(text.size() - at, 40));
      static constexpr std::string_view pieces[] = {"-1",
                                                    "1e999",
                                                    "null",
                                                    "[",
                                                    "]",
                                                    "{}",
                                                    "\"",
                                                    ",",
                                                    "99999999999999999999",
                                                    "0.5",
                                                    "\n",
                                                    "true",
                                                    std::string_view("\0", 1),
                                                    "\xff"};
      switch (below(5)) {
        case 0:
          text[at] = static_cast<char>(text[at] ^ 1 << below(8));
          break;
        case 1:
          text.erase(at, count);
          break;
        case 2:
          text.insert(at, text.substr(below(text.size()), count));
          break;
        case 3:
          text.replace(at, count, pieces[below(std::size(pieces))]);
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }
  /// The same of a tensor file, which stays one: what its reader believes is in the tensors and the metadata.
  Safetensors of(Safetensors file) {
    const std::size_t at = below(file.tensors.size());
    Array& array = file.tensors[at].array;
    switch (below(5)) {
      case 0:
        if (!array.bytes.empty()) array.bytes[below(array.bytes.size())] ^= static_cast<std::byte>(1 << below(8));
        break;
      case 1:
        file.tensors.erase(file.tensors.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        array.shape.insert(array.shape.begin(), 1);
        break;
      case 3:
        array = make_array({2}, std::span<const double>(std::array{1e300, -1.0}));
        break;
      default:
        for (auto& [key, value] : file.metadata)
          if (key != digest_key && below(2) == 0) value = of(value);
    }
    return file;
  }

 private:
  std::mt19937 random_;
};

class DamagedReaders : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "file";
  const int rounds_ = number_in("FUZZ_ROUNDS", 300);
  Damage damage_{static_cast<unsigned>(number_in("FUZZ_SEED", ::testing::UnitTest::GetInstance()->random_seed()))};

  /// write: a damaged file; read: as its user does. Every error is one of data or usage.
  void survives(const std::function<void()>& write, const std::function<void()>& read) const {
    int refused = 0;
    for (int round = 0; round < rounds_; ++round) {
      write();
      try {
        read();
      } catch (const Error& error) {
        ++refused;
        ASSERT_THAT(error.kind(), testing::AnyOf(ErrorKind::data, ErrorKind::usage)) << error.what() << "\n"
                                                                                     << contents(file_);
      }
    }
    EXPECT_GT(refused, 0);
  }
  void survives_text(const std::string& valid, const std::function<void()>& read) {
    put(file_, valid);
    read();
    survives([&] { put(file_, damage_.of(valid)); }, read);
  }
  void survives_tensors(const std::function<void()>& write_valid, const std::function<void()>& read) {
    write_valid();
    read();
    const Safetensors valid = read_safetensors(file_);
    survives([&] { write_safetensors(file_, damage_.of(valid)); }, read);
  }
};

TEST_F(DamagedReaders, Music) {
  survives_text(R"({"train": [[[60, 64], [], [67]], [[21]]], "valid": [[[108], [60]]], "test": [[[60], [61, 62]]]})",
                [&] { read_songs(file_); });
}

TEST_F(DamagedReaders, Utterances) {
  std::string frame, end, text;
  for (int i = 0; i < 12; ++i) frame += "-0.5" + std::to_string(i) + " ", end += "1.0 ";
  for (int i = 0; i < 3; ++i) text += frame + "\n" + frame + "\n" + end + "\n";
  survives_text(text, [&] { read_utterances(file_); });
}

TEST_F(DamagedReaders, PackedFiles) {
  std::string packed(300, '\0');
  const std::string text(1000, 'x');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())), stream.avail_in = 1000;
  stream.next_out = reinterpret_cast<Bytef*>(packed.data()), stream.avail_out = 300;
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  survives_text(packed, [&] { unpacked_text(file_, 1 << 16); });
}

TEST_F(DamagedReaders, Journals) {
  const std::string line = R"({"event":"validated","seconds":1.5,"update":10,"valid_loss":[0.5,null],"names":["a"]})";
  survives_text(line + "\n" + line + "\n", [&] {
    RunHistory history;
    visit_journal(file_, LastLine::must_be_whole, [&](const JsonObject& one) { event_of(one); });
  });
}

TEST_F(DamagedReaders, Results) {
  RunResult result{.task = "t", .cell = "gru", .structure = "stack", .init = "classic", .replicas = 2, .steps = 3};
  result.vaa_end = {0.5, 1};
  result.predictions = {.valid_loss = {1, 2}, .best_step = {1, 2}, .test_loss = {1, 2}, .trivial_loss = 1};
  survives_text(json_line(json_of(result)), [&] { run_result_of(parse_json(contents(file_), "r"), "r"); });
}

TEST_F(DamagedReaders, SealedLines) {
  const Json object{{"vaa_before", {0.5}}, {"inputs", inputs_json({{"/x", 3, "ab"}})}};
  survives_text(sealed_line(object), [&] { read_sealed(file_, ""); });
  // What a line says is checked too, where its digest is right.
  const std::string valid = json_line(object);
  survives(
      [&] {
        try {
          write_file(file_, sealed_line(parse_json(damage_.of(valid), "")));
        } catch (const Error&) {
          put(file_, "no line");
        } catch (const Json::exception&) {
          put(file_, "no object");
        }
      },
      [&] {
        const Json json = read_sealed(file_, "");
        const JsonObject read(json, "start", "");
        read.numbers("vaa_before");
        read_inputs(read.list("inputs"), "start");
      });
}

TEST_F(DamagedReaders, Checkpoints) {
  TrainerState<float> state;
  state.update = 5, state.summed = 1;
  state.loss_sum = state.train_loss = state.best_loss = {1, 2};
  state.failures = {std::nullopt, Failure{3, "the loss"}};
  state.values = state.best = state.first_moment = state.second_moment = {1, 2, 3, 4, 5, 6};
  state.best_update = {1, 2};
  survives_tensors([&] { write_checkpoint(file_, state); }, [&] { read_checkpoint<float>(file_, 2, 3); });
}

TEST_F(DamagedReaders, StatesOfSolvers) {
  const auto backend = make_backend("cpu", 1);
  Sequences sequences{.count = 6, .steps = 4, .features = 2, .inputs = std::vector<float>(48)};
  for (std::size_t i = 0; i < sequences.inputs.size(); ++i) sequences.inputs[i] = static_cast<float>((i * 7) % 11);
  for (const SolverKind kind : {SolverKind::gram, SolverKind::incremental, SolverKind::randomized}) {
    const auto solver = make_solver(*backend, kind, {.components = 2});
    solver->add(sequences);
    survives_tensors([&] { solver->save(file_); }, [&] { load_solver(*backend, file_); });
  }
}

}  // namespace
}  // namespace hysteron
