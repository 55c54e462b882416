#include "runs/output_file.hpp"

#include <hysteron/error.hpp>

#include "records/atomic_file.hpp"

namespace hysteron {

void expect_writable(const std::filesystem::path& path, Overwrite overwrite,
                     std::initializer_list<std::string> read_too) {
  std::error_code code;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(path, code));
  for (const std::string& input : read_too)
    if (there && !input.empty() && std::filesystem::equivalent(path, input, code))
      throw usage_error({.what = path.string() + " is read, and would be written",
                         .expected = "a name of its own for the result",
                         .found = "",
                         .hint = "write to another file"});
  if (there && overwrite == Overwrite::refused)
    throw usage_error({.what = path.string() + " exists already",
                       .expected = "a name that is free",
                       .found = "",
                       .hint = "--force replaces it"});
  const AtomicFile probe(path);  // gone again at once
}

}  // namespace hysteron
