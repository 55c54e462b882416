#include "files/npy.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "files/array.hpp"
#include "files/npy_header.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t small = 1 << 18;  // larger than the inflater's buffer and the first bytes of a file

// Written by numpy 1.24:
//   x = numpy.arange(6, dtype="<f4").reshape(2, 3); numpy.save("c.npy", x); numpy.save("f.npy",
//   numpy.asfortranarray(x))
const std::string magic = "\x93NUMPY\x01";
std::string file_of(const std::string& dictionary, const std::string& values, std::size_t length = 118) {
  std::string text = dictionary;
  text.resize(length - 1, ' ');
  return magic + std::string(1, '\0') + number_bytes(length, 2) + text + "\n" + values;
}
std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}
const std::string c_order =
    file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", floats({0, 1, 2, 3, 4, 5}));
const std::string fortran_order =
    file_of("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", floats({0, 3, 1, 4, 2, 5}));

// numpy.savez("two.npz", x=x[:1, :2], n=numpy.int64([7]))
const std::string two_members =
    "504b030414000000000000002100d889bd2c880000008800000005001400782e6e70790100100088000000000000008800000000000000934e"
    "55"
    "4d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a20"
    "28"
    "312c2032292c207d20202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
    "2020202020202020200a000000000000803f504b030414000000000000002100b9937b988800000088000000050014006e2e6e707901001000"
    "88"
    "000000000000008800000000000000934e554d5059010076007b276465736372273a20273c6938272c2027666f727472616e5f6f7264657227"
    "3a2046616c73652c20277368617065273a2028312c292c207d2020202020202020202020202020202020202020202020202020202020202020"
    "202020202020202020202020202020202020202020202020202020200a0700000000000000504b0102140314000000000000002100d889bd2c"
    "8800000088000000050000000000000000000000800100000000782e6e7079504b0102140314000000000000002100b9937b98880000008800"
    "00000500000000000000000000008001bf0000006e2e6e7079504b05060000000002000200660000007e0100000000";
// numpy.savez_compressed("zeros.npz", x=numpy.zeros((5, 40), dtype="u1"))
const std::string deflated =
    "504b030414000000080000002100998a52044a0000004801000005001400782e6e70790100100048010000000000004a000000000000009bec"
    "17"
    "ea1b10c9c850c650ad9e925a9c5ca46ea5a05e536aa8aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91aa63a0a"
    "26"
    "069a3a0ab50ae4022e86610200504b0102140314000000080000002100998a52044a00000048010000050000000000000000000000800100"
    "000000782e6e7079504b0506000000000100010033000000810000000000";

Array read(std::span<const std::byte> bytes) { return read_npy(Source("x.npy", bytes)); }
Array read(const std::string& file) { return read(std::as_bytes(std::span(file))); }
std::string refusal(const std::string& file) {
  return message_of(ErrorKind::data, [&] { read(file); });
}
std::string header(const std::string& dictionary) { return file_of(dictionary, floats({0, 1, 2, 3, 4, 5})); }

TEST(Npy, ReadsWhatNumpyWrites) {
  for (const std::string& file : {c_order, fortran_order}) {
    const Array array = read(file);
    EXPECT_EQ(array.dtype, DType::f32);
    EXPECT_THAT(array.shape, ElementsAre(2, 3));
    EXPECT_THAT(to_floats(array, "x"), ElementsAre(0, 1, 2, 3, 4, 5));
  }
}

TEST(Npy, TransposesThreeDimensions) {
  // The value at [i, j, k] is 100 i + 10 j + k; in Fortran order i moves fastest.
  std::vector<float> fortran, c;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) fortran.push_back(static_cast<float>(100 * i + 10 * j + k));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) c.push_back(static_cast<float>(100 * i + 10 * j + k));
  const std::string file = file_of("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3, 4), }", floats(fortran));
  EXPECT_EQ(to_floats(read(file), "x"), c);
}

TEST(Npy, WritesWhatNumpyWrites) {
  const std::vector<float> values{0, 1, 2, 3, 4, 5};
  EXPECT_EQ(npy_bytes(make_array({2, 3}, std::span<const float>(values))), bytes_of(c_order));
}

TEST(Npy, EveryDtypeAndShapeComesBack) {
  const TemporaryFolder folder;
  const auto comes_back = [&](const Array& array) {
    write_npy(folder / "x.npy", array);
    const Array again = read_array((folder / "x.npy").string());
    EXPECT_EQ(again.dtype, array.dtype);
    EXPECT_EQ(again.shape, array.shape);
    EXPECT_EQ(again.bytes, array.bytes);
    EXPECT_EQ(std::filesystem::file_size(folder / "x.npy") % 64, array.bytes.size() % 64);
  };
  comes_back(make_array({}, std::vector<double>{2.5}));
  comes_back(make_array({3}, std::vector<float>{1, 2, 3}));
  comes_back(make_array({2, 0, 5}, std::vector<float>{}));
  comes_back(make_array({1, 2}, std::vector<std::uint8_t>{0, 255}));
  comes_back(make_array({2, 1}, std::vector<std::int32_t>{-1, 1 << 30}));
  comes_back(make_array({1, 1, 1}, std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min()}));
  EXPECT_THAT(folder.names(), ElementsAre("x.npy"));
}

TEST(Npy, ReadsTheLaterVersions) {
  std::string second = c_order;
  second[6] = 2;
  second.replace(8, 2, number_bytes(118, 4));
  EXPECT_THAT(to_floats(read(second), "x"), ElementsAre(0, 1, 2, 3, 4, 5));
  second[6] = 3;
  EXPECT_THAT(to_floats(read(second), "x"), ElementsAre(0, 1, 2, 3, 4, 5));
  second[6] = 4;
  EXPECT_THAT(refusal(second), AllOf(HasSubstr("a version of .npy that is not read"), HasSubstr("found 4.0")));
}

TEST(Npy, TakesTheDictionaryInAnyOrder) {
  for (const char* const text : {"{\"shape\":(2,3),'fortran_order':False,'descr':'<f4'}",
                                 "{ 'shape': (2L, 3L,), 'descr': '<f4', 'fortran_order' :False }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}"})
    EXPECT_EQ(to_floats(read(header(text)), "x").size(), 6u) << text;
}

TEST(Npy, RefusesMalformedHeaders) {
  for (const char* const text : {"", "{}", "{'descr': '<f4', 'fortran_order': False}",
                                 "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,), }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'more': 'x', }",
                                 "{'descr': '<f4', 'fortran_order': 0, 'shape': (6,), }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': (6), }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': [6], }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3) } x",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': (six,), }",
                                 "{'descr': '<f4, 'fortran_order': False, 'shape': (6,), }",
                                 "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }",
                                 "{'descr': '<f4' 'fortran_order': False, 'shape': (6,), }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                                 "{'descr': '<f4', 'fortran_order': False, 'shape': "
                                 "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,6)}"})
    EXPECT_THAT(refusal(header(text)), HasSubstr("the header of the array is malformed")) << text;
  EXPECT_THAT(refusal(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,), }")),
              HasSubstr("negative extent"));
}

/// One value of a type, as its bytes are in memory.
template <class Value>
std::string one(const std::string& descr, Value value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return file_of("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }",
                 std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

TEST(Npy, ReadsIntegersOfEveryWidth) {
  const auto integer = [](const std::string& file) { return to_ints(read(file), "labels").at(0); };
  EXPECT_EQ(integer(one("|b1", true)), 1);
  EXPECT_EQ(integer(one("|i1", std::int8_t{-7})), -7);
  EXPECT_EQ(integer(one("|u1", std::uint8_t{255})), 255);
  EXPECT_EQ(integer(one("<i2", std::int16_t{-3000})), -3000);
  EXPECT_EQ(integer(one("<u2", std::uint16_t{65535})), 65535);
  EXPECT_EQ(integer(one("<u4", std::uint32_t{7})), 7);
  EXPECT_EQ(integer(one("<i8", std::int64_t{-7})), -7);
  EXPECT_EQ(integer(one("<u8", std::uint64_t{7})), 7);
  for (const std::string& file :
       {one("<u4", std::uint32_t{1} << 31), one("<u8", ~std::uint64_t{0}), one("<i8", std::int64_t{-1} << 40)})
    EXPECT_THAT(message_of(ErrorKind::data, [&] { integer(file); }), HasSubstr("integers that fit into 32 bits"));
}

TEST(Npy, ReadsRealNumbersOf16Bits) {
  for (const auto& [bits, value] : std::vector<std::pair<std::uint16_t, double>>{
           {0x3c00, 1}, {0xc000, -2}, {0x3555, 0.333251953125}, {0x0001, std::ldexp(1, -24)}, {0x7bff, 65504}, {0, 0}})
    EXPECT_EQ(to_doubles(read(one("<f2", bits)), "x").at(0), value) << bits;
  for (const std::uint16_t bits : {std::uint16_t{0x7c00}, std::uint16_t{0x7e00}})
    EXPECT_THAT(message_of(ErrorKind::data, [&] { to_doubles(read(one("<f2", bits)), "x"); }),
                HasSubstr("finite numbers"));
}

TEST(Npy, NamesTheDtypesThatItDoesNotRead) {
  const auto of = [](const std::string& descr) {
    return refusal(header("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (6,), }"));
  };
  EXPECT_THAT(of(">f4"), AllOf(HasSubstr("found \">f4\""), HasSubstr("newbyteorder")));
  EXPECT_THAT(of("<c8"), AllOf(HasSubstr("found \"<c8\""), HasSubstr("x.real, x.imag")));
  EXPECT_THAT(of("<U3"), AllOf(HasSubstr("numpy.float32"), HasSubstr("numpy.int64")));
  EXPECT_THAT(of("|O"), HasSubstr("padded"));
}

TEST(Npy, RefusesSizesThatDoNotFit) {
  EXPECT_THAT(refusal(header("{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }")),
              AllOf(HasSubstr("the shape [7] of float32 is larger than the file"),
                    HasSubstr("expected 28 bytes of values, found 24"), HasSubstr("while reading x.npy")));
  EXPECT_THAT(refusal(header("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }")),
              HasSubstr("the file is longer than its array"));
  EXPECT_THAT(refusal("GIF89a"),
              AllOf(HasSubstr("not a .npy file"), HasSubstr("hint: write the file again with numpy.save")));
  EXPECT_THAT(refusal(""), HasSubstr("found an empty file"));
}

TEST(Npy, AllocatesNothingOnALie) {
  for (const char* const shape : {"(1152921504606846976,)", "(4611686018427387904, 4)",
                                  "(3037000500, 3037000500, 3037000500)", "(1000000000, 1000)"}) {
    const std::string file = header(std::string("{'descr': '<f8', 'fortran_order': False, 'shape': ") + shape + ", }");
    EXPECT_FALSE(survives([&] { read(file); }, small)) << shape;
  }
  std::string long_header = c_order;
  long_header[6] = 2;
  long_header.replace(8, 2, number_bytes(0xFFFFFFF0, 4));
  EXPECT_FALSE(survives([&] { read(long_header); }, small));
}

TEST(Npy, SurvivesDamage) {
  for (const std::string& file : {c_order, fortran_order})
    damage(
        bytes_of(file), [](std::span<const std::byte> bytes) { read(bytes); }, small);
}

TEST(Npz, ReadsStoredAndDeflatedMembers) {
  const TemporaryFolder folder;
  put(folder / "two.npz", bytes_of_hex(two_members));
  put(folder / "zeros.npz", bytes_of_hex(deflated));
  EXPECT_THAT(to_floats(read_array((folder / "two.npz").string() + ":x"), "x"), ElementsAre(0, 1));
  EXPECT_THAT(to_ints(read_array((folder / "two.npz").string() + ":n.npy"), "n"), ElementsAre(7));
  const Array zeros = read_array((folder / "zeros.npz").string());
  EXPECT_THAT(zeros.shape, ElementsAre(5, 40));
  EXPECT_EQ(zeros.bytes, std::vector<std::byte>(200));
}

TEST(Npz, SaysWhichMembersThereAre) {
  const std::vector<std::byte> bytes = bytes_of_hex(two_members);
  const Source source("two.npz", bytes);
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_npz(source); }),
              AllOf(HasSubstr("two.npz has 2 members, not one"), HasSubstr("found x, n"), HasSubstr("two.npz:NAME")));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_npz(source, "y"); }),
              AllOf(HasSubstr("two.npz has no member \"y\""), HasSubstr("one of: x, n")));
  const TemporaryFolder folder;
  put(folder / "x.npz", c_order);
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_array((folder / "x.npz").string() + ":y"); }),
              HasSubstr("has no members"));
}

TEST(Npz, SurvivesDamage) {
  for (const std::string& file : {two_members, deflated})
    for (const char* const member : {"", "x"})
      damage(
          bytes_of_hex(file), [&](std::span<const std::byte> bytes) { read_npz(Source("x.npz", bytes), member); },
          small);
}

TEST(Npz, AllocatesNothingOnALie) {
  // The unpacked size in the directory, 24 bytes into its entry, which begins 0x81 bytes into the file.
  std::vector<std::byte> bytes = bytes_of_hex(deflated);
  for (std::size_t i = 0; i < 4; ++i) bytes[0x81 + 24 + i] = std::byte{0x7F};
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_npz(Source("x.npz", bytes)); }), HasSubstr("announced"));
  EXPECT_FALSE(survives([&] { read_npz(Source("x.npz", bytes)); }, small));
}

TEST(Npz, NoticesAWrongChecksum) {
  std::vector<std::byte> bytes = bytes_of_hex(two_members);
  bytes[0x1e + 5 + 20 + 0x87] ^= std::byte{1};  // the last byte of x
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_npz(Source("x.npz", bytes), "x"); }), HasSubstr("checksum"));
}

TEST(Source, SaysWhyAFileCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_array((folder / "none.npy").string()); }),
              AllOf(HasSubstr("none.npy"), HasSubstr("No such file"), HasSubstr("check the path")));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_array(folder.path().string()); }), HasSubstr("found a folder"));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_array("/dev/null"); }), HasSubstr("a pipe or device"));
}

TEST(Writing, LeavesTheOldFileWhenItFails) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "folder");
  const Array array = make_array({1}, std::vector<float>{1});
  EXPECT_THAT(message_of(ErrorKind::data, [&] { write_npy(folder / "folder", array); }), HasSubstr("Is a directory"));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { write_npy(folder / "none" / "x.npy", array); }),
              HasSubstr("the folder does not exist"));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { write_npy("/dev/null", array); }), HasSubstr("a device or pipe"));
  EXPECT_THAT(folder.names(), ElementsAre("folder"));
}

TEST(Writing, FollowsALink) {
  const TemporaryFolder folder;
  put(folder / "x.npy", "old");
  std::filesystem::create_symlink("x.npy", folder / "link.npy");
  write_npy(folder / "link.npy", make_array({1}, std::vector<float>{1}));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.npy"));
  EXPECT_THAT(to_floats(read_array((folder / "x.npy").string()), "x"), ElementsAre(1));
}

TEST(Array, GivesThePositionOfAValueThatIsNotFinite) {
  std::vector<float> values(24, 1);
  values[23] = std::numeric_limits<float>::quiet_NaN();
  values[20] = -std::numeric_limits<float>::infinity();
  const Array array = make_array({4, 2, 3}, std::span<const float>(values));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { to_floats(array, "inputs X.npy"); }),
              AllOf(HasSubstr("inputs X.npy: value at [3, 0, 2] is -inf"), HasSubstr("expected finite numbers")));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { to_doubles(array, "x"); }), HasSubstr("[3, 0, 2]"));
  EXPECT_THAT(message_of(ErrorKind::data,
                         [&] {
                           to_floats(make_array({2}, std::vector<double>{1, 1e300}), "x");
                         }),
              AllOf(HasSubstr("value at [1] is 1e+300"), HasSubstr("fit into float32")));
  EXPECT_THAT(to_doubles(make_array({2}, std::vector<double>{1, 1e300}), "x"), ElementsAre(1, 1e300));
}

TEST(Array, ConvertsIntegersThatFit) {
  EXPECT_THAT(to_ints(make_array({2}, std::vector<std::uint8_t>{0, 255}), "x"), ElementsAre(0, 255));
  EXPECT_THAT(to_ints(make_array({2}, std::vector<std::int32_t>{-5, 5}), "x"), ElementsAre(-5, 5));
  EXPECT_THAT(to_floats(make_array({2}, std::vector<std::int64_t>{-5, 5}), "x"), ElementsAre(-5, 5));
  EXPECT_THAT(message_of(ErrorKind::data,
                         [&] {
                           to_ints(make_array({2}, std::vector<std::int64_t>{1, std::int64_t{1} << 31}), "lengths");
                         }),
              AllOf(HasSubstr("lengths: value at [1] is 2147483648"), HasSubstr("fit into 32 bits")));
  EXPECT_THAT(message_of(ErrorKind::data, [&] { to_ints(make_array({1}, std::vector<float>{1}), "labels"); }),
              AllOf(HasSubstr("labels"), HasSubstr("found float32"), HasSubstr("astype(numpy.int64)")));
}

TEST(Array, KnowsItsDimensions) {
  const Array array = make_array({2, 3}, std::vector<float>(6));
  expect_dimensions(array, "x", {"rows", "columns"});
  EXPECT_THAT(message_of(ErrorKind::data,
                         [&] {
                           expect_dimensions(array, "inputs X.npy", {"steps", "batch", "inputs"});
                         }),
              AllOf(HasSubstr("inputs X.npy has the wrong number of dimensions"),
                    HasSubstr("expected [steps, batch, inputs], found [2, 3]")));
}

}  // namespace
}  // namespace hysteron
