#include <cstddef>
#include <cstdint>
#include <string_view>

#include <hysteron/error.hpp>
#include <hysteron/settings.hpp>

// Whatever the text, the settings either accept it or refuse it with a usage error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* first, std::size_t size) {
  try {
    hysteron::Settings settings;
    settings.read_toml({reinterpret_cast<const char*>(first), size}, "x.toml");
    settings.declare("a", 1, "", hysteron::range(0, 9));
    settings.declare("b.c", 1e-3, "");
    settings.declare("b.d", "text", "");
    settings.finish();
  } catch (const hysteron::Error& error) {
    if (error.kind() != hysteron::ErrorKind::usage) throw;
  }
  return 0;
}
