#include "report/figure_files.hpp"

#include "files/atomic_file.hpp"

namespace hysteron {
namespace {

// As the buttons of the page name what they give.
std::string name_of_figure(const Chart& chart) {
  std::string name;
  for (const char letter : chart.title) {
    const bool capital = letter >= 'A' && letter <= 'Z';
    if (capital || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
      name += capital ? static_cast<char>(letter - 'A' + 'a') : letter;
    else if (!name.ends_with('_'))
      name += '_';
  }
  return name;
}

}  // namespace

bool is_folder_of_figures(const std::filesystem::path& path) {
  std::error_code code;
  return !path.has_filename() || std::filesystem::is_directory(path, code);
}

std::vector<std::filesystem::path> write_figures(const std::filesystem::path& path, const char* ending,
                                                 const std::vector<Chart>& charts,
                                                 std::string (*text)(const std::vector<Chart>&)) {
  if (!is_folder_of_figures(path)) {
    write_file(path, text(charts));
    return {path};
  }
  make_folder(path);
  std::vector<std::filesystem::path> files;
  for (const Chart& chart : charts) {
    files.push_back(path / (name_of_figure(chart) + ending));
    write_file(files.back(), text({chart}));
  }
  return files;
}

}  // namespace hysteron
