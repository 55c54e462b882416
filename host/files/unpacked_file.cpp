#include "files/unpacked_file.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include <hysteron/error.hpp>

#include "files/digest.hpp"
#include "files/source.hpp"

namespace hysteron {

UnpackedFile::UnpackedFile(const std::filesystem::path& path) {
  const Source check(path);  // its errors say more than zlib's
  if (const gzFile file = gzopen(path.c_str(), "rbe"))
    file_ = std::shared_ptr<void>(file, [](void* opened) { gzclose(static_cast<gzFile>(opened)); });
  else
    throw std::bad_alloc();
}

std::size_t UnpackedFile::read(std::span<std::byte> to) {
  const auto file = static_cast<gzFile>(file_.get());
  std::size_t done = 0;
  while (done < to.size() && problem_.empty()) {
    const auto wanted = static_cast<unsigned>(std::min<std::size_t>(to.size() - done, 1u << 30));
    const int count = gzread(file, to.data() + done, wanted);
    if (count > 0) done += static_cast<std::size_t>(count);
    if (count == static_cast<int>(wanted)) continue;
    int code = Z_OK;
    const char* const message = gzerror(file, &code);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code == Z_ERRNO)
      problem_ = std::generic_category().message(errno);
    else if (code == Z_BUF_ERROR)
      problem_ = "its packed bytes end too early";
    else if (code < 0)
      problem_ = fmt::format("its packed bytes are damaged ({})", message);
    break;
  }
  return done;
}

std::string unpacked_text(const std::filesystem::path& path, std::uint64_t most) {
  UnpackedFile file(path);
  std::string text;
  std::vector<std::byte> piece(1 << 18);
  while (const std::size_t count = file.read(piece)) {
    text.append(reinterpret_cast<const char*>(piece.data()), count);
    if (text.size() > most)
      throw data_error({.what = path.string() + " is too large",
                        .expected = fmt::format("at most {} bytes unpacked", most),
                        .found = "more"});
  }
  if (!file.problem().empty())
    throw data_error(
        {.what = path.string() + " is not whole", .found = file.problem(), .hint = "fetch the file again"});
  return text;
}

ContentsDigest contents_digest(const std::filesystem::path& path) {
  UnpackedFile file(path);
  Digest hash;
  ContentsDigest digest;
  std::vector<std::byte> piece(1 << 18);
  while (const std::size_t count = file.read(piece)) {
    hash.add(std::span(piece).first(count));
    digest.bytes += count;
  }
  digest.sha256 = hash.hex();
  digest.problem = file.problem();
  return digest;
}

}  // namespace hysteron
