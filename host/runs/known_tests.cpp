// devices.json in the user's cache: {"<build>, <identity>": [results]}.
#include <filesystem>
#include <string_view>

#include <elf.h>
#include <link.h>

#include "files/atomic_file.hpp"
#include "files/json_object.hpp"
#include "files/source.hpp"
#include "files/user_cache.hpp"
#include "runs/device_test.hpp"
#include "runs/self_test_lines.hpp"

namespace hysteron {
namespace {

constexpr std::size_t most_kept = 32;  // verdicts; builds come and go

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += {digits[bytes[i] / 16], digits[bytes[i] % 16]};
  return text;
}

/// The linker's hash of this program (ld --build-id); empty where it has none.
std::string build_id() {
  std::string id;
  const auto of_program = [](dl_phdr_info* info, std::size_t, void* to) {
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const ElfW(Phdr)& segment = info->dlpi_phdr[i];
      if (segment.p_type != PT_NOTE) continue;
      const auto* at = reinterpret_cast<const unsigned char*>(info->dlpi_addr + segment.p_vaddr);
      for (const auto* const end = at + segment.p_memsz; at + sizeof(ElfW(Nhdr)) <= end;) {
        const auto& note = *reinterpret_cast<const ElfW(Nhdr)*>(at);
        const unsigned char* const description = at + sizeof note + (note.n_namesz + 3) / 4 * 4;
        if (note.n_type == NT_GNU_BUILD_ID) *static_cast<std::string*>(to) = hexadecimal(description, note.n_descsz);
        at = description + (note.n_descsz + 3) / 4 * 4;
      }
    }
    return 1;  // the program is the first; its libraries follow
  };
  dl_iterate_phdr(of_program, &id);
  return id;
}

std::string key_of(const std::string& identity) { return "build " + build_id() + ", " + identity; }

/// What is known, or nothing: a cache that is missing or damaged is as good as none.
Json read_all() try {
  const std::filesystem::path file = user_cache() / "devices.json";
  Json all = parse_json(read_text(file, 1 << 24), file.string());
  return all.is_object() ? all : Json::object();
} catch (const Error&) {
  return Json::object();
}

// A cache that cannot be written costs a test at every start, and nothing else.
void write_all(const Json& all) try {
  make_folder(user_cache());
  write_file(user_cache() / "devices.json", json_line(all) + "\n");
} catch (const Error&) {}

}  // namespace

std::optional<DeviceTest> known_test(const std::string& identity) try {
  const Json all = read_all();
  const auto known = all.find(key_of(identity));
  if (known == all.end()) return std::nullopt;
  DeviceTest test;
  for (const Json& result : *known) test.results.push_back(self_test_result(result, "devices.json"));
  return test;
} catch (const Error&) {
  return std::nullopt;
}

void remember_test(const std::string& identity, const DeviceTest& test) {
  if (build_id().empty() || user_cache().empty()) return;
  Json all = read_all(), results = Json::array();
  for (const SelfTestResult& result : test.results) results.push_back(json_of(result));
  all.erase(key_of(identity));
  while (all.size() >= most_kept) all.erase(all.begin());
  all[key_of(identity)] = results;
  write_all(all);
}

void forget_test(const std::string& identity) {
  Json all = read_all();
  if (all.erase(key_of(identity)) > 0) write_all(all);
}

}  // namespace hysteron
