// Includes go down only: include/ sees itself; host/ and cuda/ see include/ and themselves; tests/ and bench/ see all.
// Kernels see CUDA only through the kernel language, so that the emulator can run them. Within host/ a room sees itself
// and the rooms before it in `rooms`, through its headers in quotes and through the public headers that it implements.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path root = HYSTERON_SOURCE_DIR;

// The rooms of host/, from the ground up. The last ones are families, in which every file is a member, and their
// callers.
const std::vector<std::string> rooms{"foundation", "files",       "settings",      "journal",      "network",
                                     "backend",    "autoencoder", "attractors",    "memory",       "preparation",
                                     "training",   "data",        "records",       "report",       "initializers",
                                     "tasks",      "runs",        "reproductions", "command_line", "commands"};

/// Where a room stands in the list; a file in no room, host/main.cpp, stands above all.
std::ptrdiff_t height(const std::string& room) { return std::ranges::find(rooms, room) - rooms.begin(); }

std::string room_of(const fs::path& file) {
  auto part = file.begin();
  return std::distance(file.begin(), file.end()) > 2 ? (++part)->string() : "";
}

/// The room that implements a public header: the lowest with a source of the same name, except for families and pages,
/// whose sources have their own names; empty: none does.
std::string implementing_room(const std::string& header) {
  static const std::map<std::string, std::string> found = [] {
    std::map<std::string, std::string> all{{"io", "network"}};  // implemented by several rooms: the lowest
    for (const std::string& room : rooms) {
      if (room == "initializers" || room == "tasks" || room == "reproductions" || room == "report") continue;
      for (const auto& entry : fs::directory_iterator(root / "host" / room))
        if (entry.path().extension() == ".cpp") all.emplace(entry.path().stem().string(), room);
    }
    return all;
  }();
  const auto room = found.find(fs::path(header).stem().string());
  return room == found.end() ? "" : room->second;
}

/// The room of host/ that a line leads to; empty: none.
std::string room_seen(bool quoted, const std::string& name) {
  if (!quoted) return name.starts_with("hysteron/") ? implementing_room(name) : "";
  const std::string first = fs::path(name).begin()->string();
  return std::ranges::find(rooms, first) == rooms.end() ? "" : first;
}

bool is_standard(const std::string& name) {
  static const std::regex standard_header("[a-z_]+");
  return std::regex_match(name, standard_header);
}

bool is_cuda(const std::string& name) {
  static const std::regex cuda_header("(cuda|cooperative_groups|cublas|cusolver|curand|cub/|thrust/|nv).*");
  return std::regex_match(name, cuda_header);
}

bool in_generated(const std::string& name) { return name == "every_cell.hpp"; }

// Relative to the folder of the floor, or to the file's own folder; never outside it.
bool within(const fs::path& floor, const fs::path& file, const std::string& name) {
  // In a file that the build stamps, @name@ stands for any file of the folder.
  const bool stamped = name.find('@') != std::string::npos;
  for (const fs::path& from : {root / floor, (root / file).parent_path()}) {
    const fs::path path = (from / name).lexically_normal(), there = stamped ? path.parent_path() : path;
    if ((stamped ? fs::is_directory(there) : fs::is_regular_file(there)) &&
        *there.lexically_relative(root / floor).begin() != "..")
      return true;
  }
  return false;
}

/// What is wrong with a line of a file (path relative to the root), or nothing.
std::string wrong_include(const fs::path& file, bool quoted, const std::string& name) {
  const std::string floor = file.begin()->string();
  if (floor == "host") {
    const std::string from = room_of(file), to = room_seen(quoted, name);
    if (!to.empty() && height(to) > height(from)) return "host/" + from + " is below host/" + to;
  }
  if (name.starts_with("hysteron/")) {
    if (quoted) return "a public header in quotes";
    const fs::path header = root / "include" / name;
    const bool stamped = name.find('@') != std::string::npos && fs::is_directory(header.parent_path());
    return stamped || fs::is_regular_file(header) ? "" : "not a public header";
  }
  if (floor == "include") return !quoted && is_standard(name) ? "" : "include/ sees the standard library and itself";
  if (floor == "host" && is_cuda(name)) return "host/ names nothing of CUDA";
  if (file.generic_string().starts_with("cuda/kernels/") && is_cuda(name))
    return "kernels include <kernel_language.cuh> in place of CUDA's headers";
  if (!quoted) return "";
  if (floor == "host" && in_generated(name)) return "";
  return within(floor, file, name) ? "" : floor + "/ sees include/ and itself";
}

std::vector<std::string> violations(const fs::path& file, const std::string& text) {
  static const std::regex include(R"re(^\s*#\s*include\s*([<"])([^">]+)[">].*)re");
  static const std::regex conditional(R"(^\s*#\s*(if|ifdef|ifndef|elif|else)\b.*)");
  std::vector<std::string> wrong;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string place = file.generic_string() + ":" + std::to_string(++number) + ": ";
    std::smatch found;
    if (std::regex_match(line, found, include)) {
      const std::string reason = wrong_include(file, found[1] == "\"", found[2]);
      if (!reason.empty()) wrong.push_back(place + reason + ": " + line);
    }
    if (std::regex_match(line, conditional) && *file.begin() == "host")
      wrong.push_back(place + "host/ has no conditional compilation: " + line);
  }
  return wrong;
}

std::vector<fs::path> sources(const fs::path& floor) {
  static const std::regex source(R"(.*\.(hpp|cpp|cuh|cu|h|cc|cpp\.in|cu\.in|hpp\.in))");
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / floor))
    if (entry.is_regular_file() && std::regex_match(entry.path().filename().string(), source))
      found.push_back(entry.path().lexically_relative(root));
  return found;
}

class Floor : public testing::TestWithParam<const char*> {};

TEST_P(Floor, SeesOnlyDownward) {
  const std::vector<fs::path> files = sources(GetParam());
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    std::ifstream stream(root / file);
    std::stringstream text;
    text << stream.rdbuf();
    EXPECT_THAT(violations(file, text.str()), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Floors, Floor, testing::Values("include", "host", "cuda"),
                         [](const auto& floor) { return std::string(floor.param); });

TEST(Rooms, AreTheFoldersOfHost) {
  std::vector<std::string> folders;
  for (const auto& entry : fs::directory_iterator(root / "host"))
    if (entry.is_directory()) folders.push_back(entry.path().filename().string());
  EXPECT_THAT(folders, testing::UnorderedElementsAreArray(rooms));
  std::cout << "rooms of host/, from the ground up:\n";
  for (const std::string& room : rooms) {
    std::size_t files = 0, lines = 0;
    for (const fs::path& file : sources(fs::path("host") / room)) {
      ++files;
      std::ifstream stream(root / file);
      for (std::string line; std::getline(stream, line);) ++lines;
    }
    std::cout << "  " << room << ": " << files << " files, " << lines << " lines\n";
  }
}

TEST(FloorRules, RefuseWhatLooksUp) {
  const std::vector<std::pair<const char*, const char*>> upward{
      {"include/hysteron/cell.hpp", "#include \"files/npy.hpp\""},
      {"include/hysteron/cell.hpp", "#include <nlohmann/json.hpp>"},
      {"include/hysteron/cell.hpp", "#  include <cuda_runtime.h>"},
      {"include/hysteron/cell.hpp", "#include <hysteron/no_such_header.hpp>"},
      {"host/foundation/error.cpp", "#include \"../../cuda/require_success.hpp\""},
      {"host/foundation/error.cpp", "#include \"tests/central_difference.hpp\""},
      {"host/foundation/error.cpp", "#include <cuda_runtime.h>"},
      {"host/foundation/error.cpp", "#include \"hysteron/error.hpp\""},
      {"host/foundation/error.cpp", "#include \"files/npy.hpp\""},
      {"host/network/model.cpp", "#include <hysteron/trainer.hpp>"},
      {"host/files/npy.cpp", "#include <hysteron/settings.hpp>"},
      {"host/journal/journal.cpp", "#include <hysteron/io.hpp>"},
      {"host/runs/machine.cpp", "#include \"command_line/options.hpp\""},
      {"host/foundation/error.cpp", "#ifdef NDEBUG"},
      {"host/foundation/error.cpp", "  # if defined(__AVX2__)"},
      {"cuda/device.cpp", "#include \"../host/foundation/error.cpp\""},
      {"cuda/device.cpp", "#include \"every_cell.hpp\""},
      {"cuda/kernels/rows.cuh", "#include <cuda_runtime.h>"},
      {"cuda/kernels/rows.cuh", "#include \"../../tests/emulator/kernel_language.cuh\""},
  };
  for (const auto& [file, line] : upward) EXPECT_THAT(violations(file, line), ElementsAre(HasSubstr(line))) << file;
}

TEST(FloorRules, AllowWhatLooksDown) {
  EXPECT_THAT(violations("include/hysteron/cell.hpp", "#include <concepts>\n#include <hysteron/portable.hpp>"),
              IsEmpty());
  EXPECT_THAT(violations("include/hysteron/portable.hpp", "#if defined(__CUDACC__)\n#endif"), IsEmpty());
  EXPECT_THAT(violations("host/foundation/error.cpp",
                         "#include <nlohmann/json.hpp>\n#include \"every_cell.hpp\"\n#pragma omp simd"),
              IsEmpty());
  EXPECT_THAT(violations("host/files/npy.cpp", "#include <hysteron/error.hpp>\n#include \"files/npy_header.hpp\""),
              IsEmpty());
  EXPECT_THAT(violations("host/main.cpp", "#include \"commands/train.cpp\""), IsEmpty());
  EXPECT_THAT(violations("cuda/device.cpp", "#include <cuda_runtime.h>\n#include \"require_success.hpp\""), IsEmpty());
  EXPECT_THAT(violations("cuda/kernels/loss.cuh", "#include <kernel_language.cuh>\n#include \"block_sum.cuh\""),
              IsEmpty());
}

}  // namespace
