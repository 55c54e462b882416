#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "files/source.hpp"

namespace hysteron {

enum class Packing { deflate, gzip };

/// Unpacks part of a source piece by piece, so that a header is read before the array that it announces is allocated.
class Inflater {
 public:
  /// Bytes [at, at + count) of the source, which must outlive the inflater.
  Inflater(const Source& source, std::uint64_t at, std::uint64_t count, Packing packing);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// The most bytes that `packed` bytes of deflate can become: a match of 258 bytes takes two bits or more.
  static std::uint64_t most_bytes(std::uint64_t packed) {
    return packed > (UINT64_MAX >> 11) ? UINT64_MAX : packed * 1032 + 64;
  }

  /// Fills `to`. Throws a data error when the packed bytes are damaged or yield fewer bytes.
  void read(std::span<std::byte> to);
  /// Throws a data error when more could be read, or the checksum at the end is wrong.
  void expect_end();

 private:
  struct Stream;

  std::size_t read_some(std::span<std::byte> to);

  const Source& source_;
  std::uint64_t at_, left_;
  Packing packing_;
  std::unique_ptr<Stream> stream_;
  bool ended_ = false;
};

}  // namespace hysteron
