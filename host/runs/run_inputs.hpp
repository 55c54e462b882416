#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "files/json.hpp"

namespace hysteron {

/// A file that a run reads: where it is, and its contents as they are unpacked.
struct RunInput {
  std::string path;  ///< absolute
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// Reads each file once. Throws a data error for one that cannot be read to its end.
std::vector<RunInput> inputs_at(const std::vector<std::filesystem::path>& files);

Json inputs_json(const std::vector<RunInput>& inputs);
/// name: of the file that has it, for messages.
std::vector<RunInput> read_inputs(const Json& json, const std::string& name);

/// Throws a usage error unless a resumed run finds, file by file, the contents with which it began, wherever they are.
void expect_same(const std::vector<RunInput>& began_with, const std::vector<RunInput>& found);

}  // namespace hysteron
