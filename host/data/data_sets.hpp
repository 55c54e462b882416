#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hysteron {

/// A file of a data set, by what it holds: the same for every mirror, however it packs.
struct DataFile {
  std::string name;               ///< without .gz
  std::uint64_t bytes = 0;        ///< unpacked
  std::uint64_t packed = 0;       ///< about as many arrive from the URLs
  std::string sha256;             ///< of the unpacked bytes
  std::vector<std::string> urls;  ///< public places, the first is asked first
};

/// A data set that tasks can read. Nothing of it is part of the program, and nothing is fetched unless asked for.
struct DataSet {
  std::string name, title, cite, license;
  std::string by_hand;               ///< how to come by it where nobody gives the files as they are; else empty
  std::vector<std::string> tasks;    ///< that read it
  std::vector<std::string> folders;  ///< where it may lie below a data folder; `data get` puts it into the first
  std::vector<DataFile> files;
};

/// Reads a table of data sets as data/sets.json. Throws a data error that says which entry is wrong.
std::vector<DataSet> read_data_sets(std::string_view json, const std::string& name);

/// Those of data/sets.json, which the build writes into the program.
const std::vector<DataSet>& known_data_sets();

/// Throws a usage error with the known names and the nearest.
const DataSet& data_set_named(const std::vector<DataSet>& sets, const std::string& name);

/// Where a file lies: in one of the data folders (data/mnist_files.hpp) or the set's folders there, packed (.gz) or
/// not; none: nowhere.
std::optional<std::filesystem::path> find_data_file(const DataSet& set, const DataFile& file,
                                                    const std::vector<std::filesystem::path>& folders);

/// The same for a file that is needed. Throws a data error that says where it was looked for, and how to come by it.
std::filesystem::path needed_data_file(const DataSet& set, std::string_view file,
                                       const std::vector<std::filesystem::path>& folders);

/// What is wrong with a file, in words; empty: it holds what it should.
std::string wrong_with(const DataFile& file, const std::filesystem::path& path);

}  // namespace hysteron
