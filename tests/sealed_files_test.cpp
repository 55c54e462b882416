// Files of ours that are read again tell their digest: no change of a byte goes unnoticed.
#include "files/array.hpp"
#include "files/atomic_file.hpp"
#include "files/digest.hpp"
#include "files/safetensors.hpp"
#include "files/sealed_json.hpp"
#include "tests/record_files.hpp"

namespace hysteron {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Safetensors small_file(std::map<std::string, std::string> metadata) {
  const std::vector<float> values{1, 2, 3};
  Safetensors file;
  file.metadata = std::move(metadata);
  file.tensors.push_back({"x", make_array({3}, std::span<const float>(values))});
  return file;
}

/// Every change of one bit of the file must be refused.
template <class Read>
void expect_every_change_refused(const std::filesystem::path& path, const Read& read) {
  const std::string whole = contents(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    put(path, changed);
    EXPECT_THROW(read(), Error) << "byte " << at;
  }
  put(path, whole);
  EXPECT_NO_THROW(read());
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(digest_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Digest pieces;
  pieces.add("a");
  pieces.add("bc");
  EXPECT_EQ(pieces.hex(), digest_of("abc"));
}

TEST(SealedFiles, NoChangeOfATensorFileGoesUnnoticed) {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  write_safetensors(path, small_file({{"format", "f"}, {digest_key, ""}, {"z", "last"}}));
  expect_every_change_refused(path, [&] { expect_digest(read_safetensors(path), "x"); });
  const Safetensors read = read_safetensors(path);
  write_safetensors(path, read);  // a program that copies a file with its metadata
  EXPECT_EQ(read_safetensors(path).metadata, read.metadata);
}

TEST(SealedFiles, OthersNeedNoDigest) {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  write_safetensors(path, small_file({{"format", "pt"}}));
  EXPECT_EQ(read_safetensors(path).metadata.size(), 1u);
  EXPECT_THAT(message_of(ErrorKind::data, [&] { expect_digest(read_safetensors(path), "the checkpoint"); }),
              HasSubstr("the checkpoint does not tell its digest"));
}

TEST(SealedFiles, SayHowAChangedFileIsRead) {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  write_safetensors(path, small_file({{digest_key, ""}}));
  std::string text = contents(path);
  text.back() = 'x';
  put(path, text);
  EXPECT_THAT(message_of(ErrorKind::data, [&] { read_safetensors(path); }),
              AllOf(HasSubstr("is damaged or was changed"), HasSubstr("leaves out the metadata \"hysteron_sha256\"")));
}

TEST(SealedFiles, NoChangeOfALineGoesUnnoticed) {
  const TemporaryFolder folder;
  const auto path = folder / "start.json";
  const Json object{{"vaa", {0.5, nullptr}}, {"name", "é"}};
  write_file(path, sealed_line(object));
  EXPECT_EQ(read_sealed(path, ""), object);
  expect_every_change_refused(path, [&] { read_sealed(path, ""); });
  for (const char* const text : {"[]", "null", "{}", "{\"sha256\":1}", "{\"a\":1,\"sha256\":\"0\"}", ""}) {
    put(path, text);
    EXPECT_THAT(message_of(ErrorKind::data, [&] { read_sealed(path, "the way out"); }), HasSubstr("start.json"))
        << text;
  }
}

}  // namespace
}  // namespace hysteron
