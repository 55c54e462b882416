// Code compiled for a higher instruction level than the baseline must not replace the baseline's: a weak symbol (a
// template, an inline function), of which the linker keeps one copy, has to carry its level in its name.
#include <cctype>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "backend/kernel_objects.hpp"

namespace hysteron {

namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  for (int letter = pipe ? std::fgetc(pipe.get()) : EOF; letter != EOF; letter = std::fgetc(pipe.get()))
    text += static_cast<char>(letter);
  return text;
}

/// "v3" for ".../gru.v3.cpp.o"; empty for an object that is not a kernel.
std::string level_of(const std::string& object) {
  const std::string name = object.substr(object.rfind('/') + 1);
  for (const char* const level : {"v3", "v4"})
    if (name.find("." + std::string(level) + ".cpp") != std::string::npos) return level;
  return "";
}

TEST(KernelSymbols, EverySymbolOfALevelCarriesItsName) {
  std::istringstream objects{std::string(kernel_objects)};
  int kernels = 0;
  for (std::string object; std::getline(objects, object);) {
    const std::string level = level_of(object);
    if (level.empty()) continue;
    ++kernels;
    std::istringstream symbols(output_of(std::string(nm_program) + " \"" + object + "\""));
    int defined = 0;
    for (std::string line; std::getline(symbols, line);) {
      std::istringstream words(line);
      std::string address, kind, name;
      // Undefined symbols have no address; lower case means local, except for u, which is unique in a whole program.
      if (!(words >> address >> kind >> name) || (std::islower(kind[0]) && kind != "u")) continue;
      if (name.starts_with("DW.ref.")) continue;  // the address of an exception handler: not code
      ++defined;
      EXPECT_NE(name.find("_" + level), std::string::npos) << kind << " " << name << "\n  in " << object;
    }
    EXPECT_GT(defined, 0) << "nm tells no symbols of " << object;
  }
  if (kernels == 0) GTEST_SKIP() << "this build has the baseline's kernels alone";
}

}  // namespace

}  // namespace hysteron
