#include "command_line/output_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/atomic_file.hpp"

namespace hysteron {

void expect_writable(const std::filesystem::path& path, Overwrite overwrite, const std::vector<std::string>& read_too) {
  std::error_code code;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(path, code));
  for (const std::string& input : read_too)
    if (there && !input.empty() && std::filesystem::equivalent(path, input, code))
      throw usage_error({.what = path.string() + " is read, and would be written",
                         .expected = "a name of its own for the result",
                         .hint = "write to another file"});
  if (there && overwrite == Overwrite::refused)
    throw usage_error(
        {.what = path.string() + " exists already", .expected = "a name that is free", .hint = "--force replaces it"});
  const AtomicFile probe(path);  // gone again at once
}

void expect_ending(const std::filesystem::path& path, const char* ending) {
  static constexpr const char* others[] = {".npy",  ".npz", ".safetensors", ".pt",  ".pth",  ".pkl", ".h5",   ".hdf5",
                                           ".onnx", ".csv", ".tsv",         ".txt", ".json", ".mat", ".toml", ".html"};
  const std::string found = path.extension().string();
  if (found == ending || std::find(std::begin(others), std::end(others), found) == std::end(others)) return;
  std::filesystem::path named = path;
  throw usage_error({.what = path.string() + " would not be what its name says",
                     .expected = fmt::format("a name that ends in {}, which is what is written", ending),
                     .found = found,
                     .hint = named.replace_extension(ending).string()});
}

std::vector<std::string> sequence_files(const Settings& settings) {
  std::vector<std::string> files;
  for (const char* const key : {"task.inputs", "task.lengths", "task.targets"})
    if (settings.declared(key)) files.push_back(settings.text(key));
  return files;
}

}  // namespace hysteron
