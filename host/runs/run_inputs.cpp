#include "runs/run_inputs.hpp"

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/json_object.hpp"
#include "files/unpacked_file.hpp"
#include "records/run_folder.hpp"

namespace hysteron {
namespace {

std::string text_of(const RunInput& input) {
  return fmt::format("{} ({} bytes, SHA-256 {})", input.path, input.bytes, input.sha256);
}

}  // namespace

std::vector<RunInput> inputs_at(const std::vector<std::filesystem::path>& files) {
  std::vector<RunInput> inputs;
  for (const std::filesystem::path& file : files) {
    const ContentsDigest digest = contents_digest(file);
    if (!digest.problem.empty())
      throw data_error({.what = file.string() + " is not whole", .found = digest.problem, .hint = "fetch it again"});
    inputs.push_back({std::filesystem::absolute(file).lexically_normal().string(), digest.bytes, digest.sha256});
  }
  return inputs;
}

Json inputs_json(const std::vector<RunInput>& inputs) {
  Json list = Json::array();
  for (const RunInput& input : inputs)
    list.push_back({{"path", input.path}, {"bytes", input.bytes}, {"sha256", input.sha256}});
  return list;
}

std::vector<RunInput> read_inputs(const Json& json, const std::string& name) {
  std::vector<RunInput> inputs;
  for (const Json& one : json) {
    const JsonObject input(one, name + ": inputs", damaged_record);
    inputs.push_back({input.text("path"), input.count("bytes"), input.text("sha256")});
  }
  return inputs;
}

void expect_same(const std::vector<RunInput>& began_with, const std::vector<RunInput>& found) {
  constexpr const char* way_out =
      "put the file back; if it is elsewhere now, name it with --data, --inputs, --targets or --lengths; or begin anew "
      "with another --out";
  if (began_with.size() != found.size())
    throw usage_error({.what = "the run began with other files",
                       .expected = std::to_string(began_with.size()),
                       .found = std::to_string(found.size()),
                       .hint = way_out});
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i].bytes != began_with[i].bytes || found[i].sha256 != began_with[i].sha256)
      throw usage_error({.what = "the run began with other contents of " + found[i].path,
                         .expected = text_of(began_with[i]),
                         .found = text_of(found[i]),
                         .hint = way_out});
}

}  // namespace hysteron
