#include <cstddef>
#include <cstdint>
#include <span>

#include <hysteron/error.hpp>

#include "files/npy.hpp"

// Whatever the bytes, the reader returns or throws a data error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* first, std::size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(first, size));
  try {
    hysteron::read_npy(hysteron::Source("x.npy", bytes));
  } catch (const hysteron::Error& error) {
    if (error.kind() != hysteron::ErrorKind::data) throw;
  }
  return 0;
}
