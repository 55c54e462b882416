#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hysteron {

/// SHA-256 of bytes that come piece by piece.
class Digest {
 public:
  Digest();
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);
  /// 64 hexadecimal digits, small letters. Nothing is added after it.
  std::string hex();

 private:
  std::shared_ptr<void> state_;
};

std::string digest_of(std::string_view text);

}  // namespace hysteron
