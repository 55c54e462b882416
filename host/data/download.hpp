#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace hysteron {

/// How a download ended.
struct Download {
  enum class End { done, stopped, failed } end = End::failed;
  std::string reason;       ///< of a failure, in the program's words
  bool may_resume = false;  ///< what has arrived is worth going on from
};

/// Fetches a URL to the end of the file `to`: with the program curl, which knows proxies, redirections, certificates
/// and ranges; linking its library would bring a dozen others into a program that should run anywhere. arrived: bytes
/// in the file, now and then; once stop_requested says so, curl is ended, and what has arrived stays. Throws a data
/// error when there is no curl, or no room for the file.
Download download(const std::string& url, const std::filesystem::path& to,
                  const std::function<void(std::uint64_t)>& arrived, const std::function<bool()>& stop_requested);

}  // namespace hysteron
