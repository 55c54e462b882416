#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hysteron {

/// A file of a data set, described by its contents, which are the same on every mirror, however the mirror packs them.
struct DataFile {
  std::string name;               ///< without .gz
  std::uint64_t bytes = 0;        ///< unpacked
  std::uint64_t packed = 0;       ///< the approximate number that arrives from the URLs
  std::string sha256;             ///< of the unpacked bytes
  std::vector<std::string> urls;  ///< public places, tried in this order
};

/// A data set that tasks can read. None of it is part of the program, and nothing is fetched unless asked for.
struct DataSet {
  std::string name, title, cite, license;
  std::string by_hand;               ///< how to make it if nobody offers the files as they are; otherwise empty
  std::vector<std::string> tasks;    ///< that read it
  std::vector<std::string> folders;  ///< where it may be below a data folder; `data get` puts it into the first
  std::vector<DataFile> files;
};

/// Reads a table of data sets in the form of data/sets.json. Throws a data error that says which entry is wrong.
std::vector<DataSet> read_data_sets(std::string_view json, const std::string& name);

/// The data sets of data/sets.json, which the build writes into the program.
const std::vector<DataSet>& known_data_sets();

/// For an unknown name, throws a usage error with the known names and the nearest one.
const DataSet& data_set_named(const std::vector<DataSet>& sets, const std::string& name);

/// Where a file is: in one of the data folders (data/mnist_files.hpp) or in the set's folders there, packed (.gz) or
/// not; none if it is nowhere.
std::optional<std::filesystem::path> find_data_file(const DataSet& set, const DataFile& file,
                                                    const std::vector<std::filesystem::path>& folders);

/// The same for a file that is needed. Throws a data error that says where it was looked for, and how to get it.
std::filesystem::path needed_data_file(const DataSet& set, std::string_view file,
                                       const std::vector<std::filesystem::path>& folders);

/// What is wrong with a file, in words; empty if it holds what it should.
std::string wrong_with(const DataFile& file, const std::filesystem::path& path);

}  // namespace hysteron
