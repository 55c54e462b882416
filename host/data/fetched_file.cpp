#include "data/fetched_file.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "data/download.hpp"
#include "files/atomic_file.hpp"
#include "files/source.hpp"

namespace hysteron {
namespace {

namespace fs = std::filesystem;

bool is_gzip(const fs::path& path) {
  const Source source(path);
  std::array<std::byte, 2> start{};
  if (source.size() >= start.size()) source.read(0, start);
  return start[0] == std::byte{0x1f} && start[1] == std::byte{0x8b};
}

// The file at one URL, under a temporary name.
class Arrival {
 public:
  Arrival(const DataFile& file, fs::path path, const std::string& url, Journal& journal)
      : file_(file), path_(std::move(path)), url_(url), journal_(journal) {}

  enum class State { complete, stopped, failed };

  State fetch(const std::function<bool()>& stop_requested) {
    std::error_code code;
    const bool rest = fs::exists(path_, code);
    if (rest && wrong_with(file_, path_).empty()) return State::complete;
    journal_.message(fmt::format("{} {} from {}", rest ? "going on with" : "fetching", file_.name, url_));
    const State state = once(stop_requested);
    if (state != State::failed || !rest) return state;
    // What was left may belong to another version of the file, or the server may not know how to go on.
    if (may_resume_) return state;
    journal_.message(fmt::format("fetching {} anew: {}", file_.name, reason_));
    fs::remove(path_, code);
    return once(stop_requested);
  }
  const fs::path& path() const { return path_; }
  const std::string& reason() const { return reason_; }

 private:
  State once(const std::function<bool()>& stop_requested) {
    const std::uint64_t expected = std::max<std::uint64_t>(file_.packed, 1);
    const auto show = [&](std::uint64_t bytes) {
      journal_.progress("fetching " + file_.name + ", bytes", static_cast<std::int64_t>(bytes),
                        static_cast<std::int64_t>(expected), std::numeric_limits<double>::quiet_NaN(), "");
    };
    const auto arrived = [&](std::uint64_t bytes) {
      show(std::min(bytes, expected - 1));
    };  // the last byte ends the bar
    const Download ended = download(url_, path_, arrived, stop_requested);
    if (ended.end == Download::End::done) show(expected);
    may_resume_ = ended.may_resume;
    if (ended.end == Download::End::stopped) return State::stopped;
    reason_ = ended.reason;
    std::error_code code;
    if (ended.end == Download::End::done) {
      reason_ = fs::exists(path_, code) ? wrong_with(file_, path_) : "an empty answer";
      if (reason_.empty()) return State::complete;
      reason_ = "it gives another file: " + reason_;
    }
    if (!may_resume_) fs::remove(path_, code);
    return State::failed;
  }

  const DataFile& file_;
  fs::path path_;
  const std::string& url_;
  Journal& journal_;
  std::string reason_;
  bool may_resume_ = false;
};

}  // namespace

FetchEnd fetch_file(const DataSet& set, const DataFile& file, const fs::path& folder, Journal& journal,
                    const std::function<bool()>& stop_requested) {
  if (const auto there = find_data_file(set, file, {folder})) {
    const std::string wrong = wrong_with(file, *there);
    if (wrong.empty()) return FetchEnd::there;
    journal.message(fmt::format("{} is not what it should be: {}", there->string(), wrong));
  }
  if (file.urls.empty())
    throw data_error({.what = fmt::format("nobody gives {} in the form that is read here", file.name),
                      .hint = set.by_hand.empty() ? "" : "make it: " + set.by_hand});
  const fs::path to = folder / set.folders.front();
  make_folder(to);
  std::string reasons;
  for (std::size_t i = 0; i < file.urls.size(); ++i) {
    Arrival arrival(file, to / fmt::format(".{}.from-{}", file.name, i + 1), file.urls[i], journal);
    const Arrival::State state = arrival.fetch(stop_requested);
    if (state == Arrival::State::stopped) return FetchEnd::stopped;
    if (state == Arrival::State::failed) {
      reasons += fmt::format("\n    {}: {}", file.urls[i], arrival.reason());
      continue;
    }
    std::error_code code;  // the other form, if it exists, is older
    const bool packed = is_gzip(arrival.path());
    rename_durably(arrival.path(), to / (file.name + (packed ? ".gz" : "")));
    fs::remove(to / (file.name + (packed ? "" : ".gz")), code);
    for (std::size_t other = 0; other < file.urls.size(); ++other)
      fs::remove(to / fmt::format(".{}.from-{}", file.name, other + 1), code);
    return FetchEnd::fetched;
  }
  throw data_error(
      {.what = "could not fetch " + file.name,
       .expected = fmt::format("{} bytes with the SHA-256 {} at one of its places", file.bytes, file.sha256),
       .found = reasons,
       .hint = fmt::format("is there a network? The same command goes on with what has arrived; or put "
                           "the file into {} yourself",
                           to.string())});
}

}  // namespace hysteron
