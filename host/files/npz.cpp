#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <zlib.h>

#include <hysteron/error.hpp>

#include "files/inflater.hpp"
#include "files/npy.hpp"

// Zip archives as numpy.savez writes them: APPNOTE.TXT 6.3 of PKWARE, sections 4.3.7 (local header), 4.3.12 (central
// directory), 4.3.14-16 (its end) and 4.5.3 (64-bit sizes). One disk, no encryption.

namespace hysteron {
namespace {

Error malformed_npz(const Source& source, std::string expected, std::string found) {
  return data_error({.what = source.name() + " is not a whole .npz archive",
                     .expected = std::move(expected),
                     .found = std::move(found),
                     .hint = "write the file again with numpy.savez"});
}

struct Member {
  std::string name;
  std::uint32_t flags = 0, method = 0, checksum = 0;
  std::uint64_t packed = 0, size = 0, header_at = 0;
};

struct Directory {
  std::uint64_t at = 0, bytes = 0, members = 0;
};

std::uint64_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}

Directory find_directory(const Source& source) {
  constexpr std::uint64_t end_bytes = 22, locator_bytes = 20;
  const std::uint64_t tail_bytes = std::min<std::uint64_t>(source.size(), end_bytes + 65535),
                      tail_at = source.size() - tail_bytes;
  const std::vector<std::byte> tail = source.read(tail_at, tail_bytes);
  for (std::size_t i = tail.size() < end_bytes ? 0 : tail.size() - end_bytes + 1; i-- > 0;) {
    const std::span<const std::byte> end = std::span(tail).subspan(i);
    if (number(end, 0, 4) != 0x06054b50 || number(end, 20, 2) != end.size() - end_bytes) continue;
    Directory directory{.at = number(end, 16, 4), .bytes = number(end, 12, 4), .members = number(end, 10, 2)};
    const std::uint64_t end_at = tail_at + i;
    if (directory.at == 0xFFFFFFFF || directory.bytes == 0xFFFFFFFF || directory.members == 0xFFFF) {
      if (end_at < locator_bytes) throw malformed_npz(source, "the locator of the 64-bit directory", "none");
      const std::vector<std::byte> locator = source.read(end_at - locator_bytes, locator_bytes);
      if (number(locator, 0, 4) != 0x07064b50)
        throw malformed_npz(source, "the locator of the 64-bit directory", "other bytes");
      const std::vector<std::byte> wide = source.read(number(locator, 8, 8), 56);
      if (number(wide, 0, 4) != 0x06064b50) throw malformed_npz(source, "the 64-bit directory's end", "other bytes");
      directory = {.at = number(wide, 48, 8), .bytes = number(wide, 40, 8), .members = number(wide, 32, 8)};
    }
    if (directory.bytes > end_at || directory.at > end_at - directory.bytes)
      throw malformed_npz(source, "the directory before its end",
                          fmt::format("byte {}, {} bytes", directory.at, directory.bytes));
    return directory;
  }
  throw malformed_npz(source, "a directory at the end of the file", "none");
}

/// Sizes given as 2^32 - 1 in the directory are found in its 64-bit field, only those that are needed and in this
/// order.
void widen(const Source& source, Member& member, std::span<const std::byte> extra) {
  std::uint64_t* const narrow[] = {&member.size, &member.packed, &member.header_at};
  while (extra.size() >= 4) {
    const std::uint64_t kind = number(extra, 0, 2), bytes = number(extra, 2, 2);
    extra = extra.subspan(4);
    if (bytes > extra.size()) throw malformed_npz(source, "extra fields within their bounds", "a longer one");
    if (kind == 1) {
      std::size_t at = 0;
      for (std::uint64_t* const value : narrow) {
        if (*value != 0xFFFFFFFF) continue;
        if (at + 8 > bytes) throw malformed_npz(source, "a 64-bit size", "none");
        *value = number(extra, at, 8);
        at += 8;
      }
      return;
    }
    extra = extra.subspan(bytes);
  }
}

std::vector<Member> members_of(const Source& source) {
  constexpr std::size_t entry_bytes = 46;
  const Directory directory = find_directory(source);
  const std::vector<std::byte> bytes = source.read(directory.at, directory.bytes);
  std::span<const std::byte> rest = bytes;
  std::vector<Member> members;
  while (!rest.empty()) {
    if (rest.size() < entry_bytes || number(rest, 0, 4) != 0x02014b50)
      throw malformed_npz(source, "an entry of the directory", "other bytes");
    const std::size_t name = number(rest, 28, 2), extra = number(rest, 30, 2), comment = number(rest, 32, 2);
    if (name + extra + comment > rest.size() - entry_bytes)
      throw malformed_npz(source, "entries within the directory", "a longer one");
    Member member{.name = std::string(reinterpret_cast<const char*>(rest.data()) + entry_bytes, name),
                  .flags = static_cast<std::uint32_t>(number(rest, 8, 2)),
                  .method = static_cast<std::uint32_t>(number(rest, 10, 2)),
                  .checksum = static_cast<std::uint32_t>(number(rest, 16, 4)),
                  .packed = number(rest, 20, 4),
                  .size = number(rest, 24, 4),
                  .header_at = number(rest, 42, 4)};
    widen(source, member, rest.subspan(entry_bytes + name, extra));
    members.push_back(std::move(member));
    rest = rest.subspan(entry_bytes + name + extra + comment);
  }
  if (members.size() != directory.members)
    throw malformed_npz(source, fmt::format("{} members", directory.members), fmt::format("{}", members.size()));
  return members;
}

const Member& choose(const Source& source, const std::vector<Member>& members, std::string_view wanted) {
  std::string all;
  const Member* chosen = nullptr;
  for (const Member& member : members) {
    const std::string_view name = member.name;
    const std::string_view bare = name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name;
    all += (all.empty() ? "" : ", ") + std::string(bare);
    if (name != wanted && bare != wanted && !(wanted.empty() && members.size() == 1)) continue;
    if (chosen) throw malformed_npz(source, "names that differ", fmt::format("\"{}\" twice", name));
    chosen = &member;
  }
  if (chosen) return *chosen;
  if (wanted.empty())
    throw data_error({.what = fmt::format("{} has {} members, not one", source.name(), members.size()),
                      .expected = "the name of one of them",
                      .found = all.empty() ? "none" : all,
                      .hint = members.empty() ? "" : fmt::format("say which: {}:NAME", source.name())});
  throw data_error(
      {.what = fmt::format("{} has no member \"{}\"", source.name(), wanted), .expected = "one of: " + all});
}

std::vector<std::byte> unpack(const Source& source, const Member& member) {
  constexpr std::uint64_t local_bytes = 30;
  if (member.flags & 1) throw malformed_npz(source, "no encryption", fmt::format("\"{}\" encrypted", member.name));
  if (member.method != 0 && member.method != 8)
    throw malformed_npz(source, "members stored or deflated", fmt::format("method {}", member.method));
  const std::vector<std::byte> local = source.read(member.header_at, local_bytes);
  if (number(local, 0, 4) != 0x04034b50)
    throw malformed_npz(source, "a member where the directory says", "other bytes");
  const std::uint64_t at = member.header_at + local_bytes + number(local, 26, 2) + number(local, 28, 2);
  if (at > source.size() || member.packed > source.size() - at)
    throw malformed_npz(source, fmt::format("{} bytes of \"{}\"", member.packed, member.name),
                        fmt::format("a size of {} bytes", source.size()));

  std::vector<std::byte> bytes;
  if (member.method == 0) {
    if (member.size != member.packed)
      throw malformed_npz(source, "a stored member's sizes to be equal",
                          fmt::format("{} and {}", member.packed, member.size));
    bytes = source.read(at, member.size);
  } else {
    if (member.size > Inflater::most_bytes(member.packed))
      throw malformed_npz(source, fmt::format("at most {} bytes unpacked", Inflater::most_bytes(member.packed)),
                          fmt::format("{} announced", member.size));
    Inflater inflater(source, at, member.packed, Packing::deflate);
    bytes.resize(member.size);
    inflater.read(bytes);
    inflater.expect_end();
  }
  const auto checksum = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  if (checksum != member.checksum)
    throw malformed_npz(source, fmt::format("checksum {:08x}", member.checksum), fmt::format("{:08x}", checksum));
  return bytes;
}

}  // namespace

Array read_npz(const Source& source, std::string_view member) {
  const auto [name, bytes] = doing("reading " + source.name(), [&] {
    const std::vector<Member> members = members_of(source);
    const Member& chosen = choose(source, members, member);
    return std::pair(chosen.name, unpack(source, chosen));
  });
  return read_npy(Source(source.name() + ":" + name, bytes));
}

}  // namespace hysteron
