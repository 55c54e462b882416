#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace hysteron {

/// How a download ended.
struct Download {
  enum class End { done, stopped, failed } end = End::failed;
  std::string reason;       ///< of a failure, in curl's words
  bool may_resume = false;  ///< whether it is worth going on from what has arrived
};

/// Fetches a URL to the end of the file `to`, with the program curl, which knows proxies, redirections, certificates
/// and ranges; linking its library would bring a dozen others into a program that should run anywhere. arrived is
/// called now and then with the number of bytes in the file. Once stop_requested returns true, curl is ended, and what
/// has arrived stays. Throws a data error when there is no curl, or no room for the file.
Download download(const std::string& url, const std::filesystem::path& to,
                  const std::function<void(std::uint64_t)>& arrived, const std::function<bool()>& stop_requested);

}  // namespace hysteron
