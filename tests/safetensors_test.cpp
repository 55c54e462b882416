#include "files/safetensors.hpp"

#include <limits>

#include "files/json.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t small = 1 << 16;

/// A file with this header and this many bytes of values: 0, 1, 2 ..
std::vector<std::byte> file_of(const std::string& header, std::size_t values) {
  std::string file = number_bytes(header.size(), 8) + header;
  for (std::size_t i = 0; i < values; ++i) file += static_cast<char>(i);
  return bytes_of(file);
}
Safetensors read(std::span<const std::byte> bytes) { return read_safetensors(Source("m.safetensors", bytes)); }
std::string refusal(const std::string& header, std::size_t values) {
  const std::vector<std::byte> bytes = file_of(header, values);
  return message_of(ErrorKind::data, [&] { read(bytes); });
}

Safetensors example() {
  return {.tensors = {{"rnn.weight_hh_l0", make_array({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6})},
                      {"readout.bias", make_array({1}, std::vector<float>{-1})},
                      {"empty", make_array({0, 4}, std::vector<float>{})}},
          .metadata = {{"format", "hysteron-model/1"}, {"cell", "gru"}}};
}

TEST(Safetensors, TheFormatIsThatOfTheSpecification) {
  // Written by hand from https://github.com/huggingface/safetensors#format.
  const auto bytes = file_of(
      "{\"b\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]},\"__metadata__\":{\"by\":\"hand\"},"
      "\"a\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[4,8]}}   ",
      8);
  const Safetensors file = read(bytes);
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.tensors[0].name, "b");
  EXPECT_THAT(file.at("b").shape, ElementsAre(2, 2));
  EXPECT_THAT(to_ints(file.at("b"), "b"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(to_ints(file.at("a"), "a"), ElementsAre(0x07060504));
  EXPECT_THAT(file.metadata, ElementsAre(std::pair<const std::string, std::string>("by", "hand")));
}

TEST(Safetensors, WritesTheseBytes) {
  const std::string header =
      "{\"__metadata__\":{\"cell\":\"gru\",\"format\":\"hysteron-model/1\"},"
      "\"rnn.weight_hh_l0\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
      "\"readout.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[24,28]},"
      "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[28,28]}}";
  const std::vector<std::byte> bytes = safetensors_bytes(example());
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t length = (header.size() + 7) / 8 * 8;
  EXPECT_EQ(text.substr(0, 8), number_bytes(length, 8));
  EXPECT_EQ(text.substr(8, length), header + std::string(length - header.size(), ' '));
  EXPECT_EQ(text.size(), 8 + length + 28);
  EXPECT_EQ(bytes, safetensors_bytes(example()));
}

TEST(Safetensors, ComesBackFromAFile) {
  const TemporaryFolder folder;
  write_safetensors(folder / "m.safetensors", example());
  const Safetensors file = read_safetensors(folder / "m.safetensors");
  EXPECT_EQ(file.metadata, example().metadata);
  ASSERT_EQ(file.tensors.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(file.tensors[i].name, example().tensors[i].name);
    EXPECT_EQ(file.tensors[i].array.shape, example().tensors[i].array.shape);
    EXPECT_EQ(file.tensors[i].array.bytes, example().tensors[i].array.bytes);
  }
  EXPECT_THAT(folder.names(), ElementsAre("m.safetensors"));
  EXPECT_EQ(safetensors_bytes(file), bytes_of(contents(folder / "m.safetensors")));
}

TEST(Safetensors, AlignsMixedTypesAndKeepsTheirOrder) {
  const Safetensors file{.tensors = {{"u8", make_array({3}, std::vector<std::uint8_t>{1, 2, 3})},
                                     {"i64", make_array({1}, std::vector<std::int64_t>{-4})},
                                     {"f32", make_array({1}, std::vector<float>{0.5f})},
                                     {"i32", make_array({1}, std::vector<std::int32_t>{-5})},
                                     {"f64", make_array({1}, std::vector<double>{0.25})}},
                         .metadata = {}};
  const std::vector<std::byte> bytes = safetensors_bytes(file);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_THAT(text, AllOf(HasSubstr("\"i64\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]"),
                          HasSubstr("\"u8\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[24,27]")));
  const Safetensors again = read(bytes);
  for (std::size_t i = 0; i < file.tensors.size(); ++i) {
    EXPECT_EQ(again.tensors[i].name, file.tensors[i].name);
    EXPECT_EQ(again.tensors[i].array.bytes, file.tensors[i].array.bytes);
  }
}

TEST(Safetensors, RefusesToWriteWhatCouldNotBeRead) {
  Safetensors file = example();
  file.tensors[1].name = "rnn.weight_hh_l0";
  message_of(ErrorKind::defect, [&] { safetensors_bytes(file); });
  file = example();
  file.tensors[0].array.shape = {2, 2};
  message_of(ErrorKind::defect, [&] { safetensors_bytes(file); });
}

TEST(Safetensors, SaysWhichTensorsThereAre) {
  EXPECT_THAT(message_of(ErrorKind::data, [] { example().at("rnn.weight_hh_10"); }),
              AllOf(HasSubstr("there is no tensor \"rnn.weight_hh_10\""), HasSubstr("readout.bias"),
                    HasSubstr("did you mean \"rnn.weight_hh_l0\"?")));
}

TEST(Safetensors, RefusesLiesAboutPlaces) {
  const auto one = [](const std::string& rest) { return "{\"w\":{\"dtype\":\"F32\"," + rest + "}}"; };
  EXPECT_THAT(refusal(one("\"shape\":[2],\"data_offsets\":[0,8]"), 4),
              AllOf(HasSubstr("tensor \"w\" lies outside of the file"), HasSubstr("found [0, 8]"),
                    HasSubstr("while reading m.safetensors")));
  EXPECT_THAT(refusal(one("\"shape\":[2],\"data_offsets\":[8,0]"), 8), HasSubstr("lies outside of the file"));
  EXPECT_THAT(refusal(one("\"shape\":[2],\"data_offsets\":[0,8,8]"), 8), HasSubstr("lies outside of the file"));
  EXPECT_THAT(refusal(one("\"shape\":[1],\"data_offsets\":[0,8]"), 8),
              AllOf(HasSubstr("does not fill its place"), HasSubstr("expected 4 bytes for float32 [1], found 8")));
  EXPECT_THAT(refusal(one("\"shape\":[1],\"data_offsets\":[4,8]"), 8), HasSubstr("follows a gap"));
  EXPECT_THAT(refusal(one("\"shape\":[1],\"data_offsets\":[0,4]"), 8), HasSubstr("bytes that belong to no tensor"));
  EXPECT_THAT(refusal("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\","
                      "\"shape\":[2],\"data_offsets\":[4,12]}}",
                      12),
              HasSubstr("tensor \"b\" overlaps another"));
  EXPECT_THAT(refusal("{}", 3), HasSubstr("bytes that belong to no tensor"));
}

TEST(Safetensors, RefusesMalformedHeaders) {
  const auto one = [](const std::string& entry) { return refusal("{\"w\":" + entry + "}", 4); };
  EXPECT_THAT(one("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}"),
              HasSubstr("has an unknown key"));
  EXPECT_THAT(one("{\"shape\":[1],\"data_offsets\":[0,4]}"), HasSubstr("has no dtype"));
  EXPECT_THAT(one("{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}"), HasSubstr("has no dtype"));
  EXPECT_THAT(one("{\"dtype\":\"F32\",\"data_offsets\":[0,4]}"), HasSubstr("has no \"shape\""));
  EXPECT_THAT(one("{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}"), HasSubstr("a list of integers"));
  EXPECT_THAT(one("{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}"),
              AllOf(HasSubstr("a wrong \"shape\""), HasSubstr("found -1")));
  EXPECT_THAT(one("{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}"), HasSubstr("a wrong \"shape\""));
  EXPECT_THAT(one("[]"), HasSubstr("is not described"));
  EXPECT_THAT(refusal("[]", 0), HasSubstr("the header is not JSON"));
  EXPECT_THAT(refusal("", 0), HasSubstr("the header is not JSON"));
  EXPECT_THAT(refusal("{\"a\":", 0),
              AllOf(HasSubstr("the header is not valid JSON"), HasSubstr("unexpected end of input")));
  EXPECT_THAT(refusal("{} {}", 0), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal("{\"__metadata__\":{\"a\":1}}", 0), HasSubstr("__metadata__ \"a\" is no text"));
  EXPECT_THAT(refusal("{\"__metadata__\":[]}", 0), HasSubstr("__metadata__ is malformed"));
  EXPECT_THAT(refusal("{\"w\":" + std::string(100000, '['), 0), HasSubstr("nested too deeply"));
}

TEST(Safetensors, RefusesAKeyTwice) {
  const std::string tensor = "\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}";
  EXPECT_THAT(refusal("{" + tensor + "," + tensor + "}", 1),
              AllOf(HasSubstr("the header has a key twice"), HasSubstr("\"w\" again")));
  EXPECT_THAT(refusal("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1),
              HasSubstr("\"dtype\" again"));
}

TEST(Safetensors, CarriesEveryDtypeAsItIs) {
  const std::vector<std::pair<std::string, int>> types{
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"BOOL", 1}, {"U8", 1},
      {"I8", 1},  {"U16", 2}, {"I16", 2}, {"U32", 4},  {"I32", 4},     {"U64", 8},     {"I64", 8}};
  for (const auto& [type, bytes] : types) {
    const std::string header =
        "{\"w\":{\"dtype\":\"" + type + "\",\"shape\":[3],\"data_offsets\":[0," + std::to_string(3 * bytes) + "]}}";
    const Safetensors file = read(file_of(header, static_cast<std::size_t>(3 * bytes)));
    EXPECT_EQ(file.at("w").bytes.size(), static_cast<std::size_t>(3 * bytes)) << type;
    const std::vector<std::byte> again = safetensors_bytes(file);
    EXPECT_THAT(std::string(reinterpret_cast<const char*>(again.data()), again.size()),
                HasSubstr("\"dtype\":\"" + type + "\""));
  }
  const Safetensors eight = read(file_of("{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { to_doubles(eight.at("w"), "the weights"); }),
              AllOf(HasSubstr("float8_e4m3"), HasSubstr("tensor.to(torch.float32)")));
}

TEST(Safetensors, NamesTheDtypesThatItDoesNotKnow) {
  EXPECT_THAT(refusal("{\"w\":{\"dtype\":\"Q4\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
              AllOf(HasSubstr("tensor \"w\""), HasSubstr("found Q4"), HasSubstr("tensor.to(torch.float32)")));
}

TEST(Safetensors, AllocatesNothingOnALie) {
  for (const std::uint64_t length :
       {std::uint64_t{1} << 60, ~std::uint64_t{0}, std::uint64_t{90'000'000}, std::uint64_t{100}}) {
    const std::vector<std::byte> bytes = bytes_of(number_bytes(length, 8) + "{}");
    EXPECT_FALSE(survives([&] { read(bytes); }, small)) << length;
  }
  for (const char* const shape : {"[1152921504606846976]", "[4611686018427387904,4]", "[4294967296,4294967296,1]",
                                  "[9223372036854775808]", "[99999999999999999999]"}) {
    const auto bytes =
        file_of(std::string("{\"w\":{\"dtype\":\"F64\",\"shape\":") + shape + ",\"data_offsets\":[0,8]}}", 8);
    EXPECT_FALSE(survives([&] { read(bytes); }, small)) << shape;
  }
}

TEST(Safetensors, SurvivesDamage) {
  damage(
      safetensors_bytes(example()), [](std::span<const std::byte> bytes) { read(bytes); }, small);
}

TEST(Json, LinesHaveNullForWhatIsNotFinite) {
  EXPECT_EQ(json_line({{"a", std::numeric_limits<double>::infinity()},
                       {"b", {1.5, std::numeric_limits<double>::quiet_NaN()}}}),
            "{\"a\":null,\"b\":[1.5,null]}");
  EXPECT_EQ(json_line("\xff"), "\"\xEF\xBF\xBD\"");
}

TEST(Json, KeepsTheOrderAndEveryType) {
  const std::string text = "{\"z\":[1,-2,2.5,true,null],\"a\":{\"y\":\"t\",\"x\":{}}}";
  EXPECT_EQ(json_line(parse_json(" " + text + "\n", "x")), text);
}

}  // namespace
}  // namespace hysteron
