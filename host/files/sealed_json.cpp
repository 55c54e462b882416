#include "files/sealed_json.hpp"

#include <hysteron/error.hpp>

#include "files/digest.hpp"
#include "files/source.hpp"

namespace hysteron {
namespace {

constexpr const char* digest_member = "sha256";

}  // namespace

std::string sealed_line(Json object) {
  object[digest_member] = digest_of(json_line(object));
  return json_line(object) + "\n";
}

Json read_sealed(const std::filesystem::path& path, const std::string& hint) {
  const std::string name = path.string(), text = read_text(path);
  Json object = parse_json(text, name);
  std::string told;
  if (object.is_object() && object.contains(digest_member) && object[digest_member].is_string()) {
    told = object[digest_member].get<std::string>();
    object.erase(digest_member);
  }
  // The text too: numbers that differ only beyond what is read would give the same object.
  if (told.empty() || told != digest_of(json_line(object)) || text != sealed_line(object))
    throw data_error({.what = name + " is damaged or was changed",
                      .expected = told.empty() ? "its digest as its last member" : "contents with the SHA-256 " + told,
                      .found = told.empty() ? "none" : "others",
                      .hint = hint});
  return object;
}

}  // namespace hysteron
