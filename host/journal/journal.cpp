#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hysteron/error.hpp>
#include <hysteron/journal.hpp>

#include "files/json.hpp"
#include "files/source.hpp"
#include "files/write_failure.hpp"

namespace hysteron {

class Journal::File {
 public:
  explicit File(std::filesystem::path path) : path_(std::move(path)) {
    // A pipe without a reader must not hang.
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    if (descriptor_ < 0 && errno != ENXIO && errno != EISDIR) throw refused();
    struct stat status {};
    if (descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) return;
    if (descriptor_ >= 0) ::close(descriptor_);
    throw data_error({.what = "cannot write the journal " + path_.string(),
                      .expected = "a regular file, or nothing there",
                      .found = "a folder, pipe or device"});
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(descriptor_); }

  void cut(std::uint64_t size) {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) throw refused();
  }
  void append(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(descriptor_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw refused();
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

 private:
  Error refused() const {
    const int number = errno;
    return data_error({.what = "cannot write the journal " + path_.string(),
                       .found = std::generic_category().message(number),
                       .hint = way_out_of(number)});
  }

  std::filesystem::path path_;
  int descriptor_ = -1;
};

namespace {

/// Where the complete lines of a journal end, and the seconds of the last one.
struct Past {
  std::uint64_t bytes = 0;
  double seconds = 0;
};

/// After a power failure the file may end with zeros or half a line; whatever is not a JSON object there is dropped.
Past past_of(std::string_view text) {
  std::size_t end = text.rfind('\n');
  while (end != std::string_view::npos) {
    const std::size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const Json line = Json::parse(text.substr(begin, end - begin), nullptr, false);
    if (line.is_object()) {
      const auto seconds = line.find("seconds");
      return {.bytes = end + 1, .seconds = seconds != line.end() && seconds->is_number() ? seconds->get<double>() : 0};
    }
    end = before;
  }
  return {};
}

}  // namespace

Journal::Journal(std::function<double()> seconds) : clock_(std::move(seconds)) {
  if (!clock_)
    clock_ = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  start_ = clock_();
}

Journal::~Journal() = default;

double Journal::now() const { return clock_() - start_; }

void Journal::write_to(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  auto file = std::make_unique<File>(path);
  const std::string text = read_text(path, UINT64_MAX);
  const Past past = past_of(text);
  if (past.bytes != text.size()) file->cut(past.bytes);
  start_ -= past.seconds;
  file_ = std::move(file);
}

void Journal::add_listener(std::shared_ptr<Listener> listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Journal::event(std::string name, std::vector<std::pair<std::string, JournalValue>> values) {
  const std::lock_guard lock(mutex_);
  const Event event{.name = std::move(name), .seconds = now(), .values = std::move(values)};
  if (file_) {
    Json line{{"event", event.name}, {"seconds", event.seconds}};
    for (const auto& [key, value] : event.values)
      std::visit([&](const auto& held) { line[key] = held; }, value.variant());
    file_->append(json_line(line) + "\n");
  }
  for (const auto& listener : listeners_) listener->hear(event);
}

void Journal::message(std::string text) { event("message", {{"text", std::move(text)}}); }
void Journal::warning(std::string text) { event("warning", {{"text", std::move(text)}}); }

void Journal::progress(std::string_view stage, std::int64_t done, std::int64_t total, double figure,
                       std::string_view figure_name) {
  const std::lock_guard lock(mutex_);
  if (listeners_.empty()) return;
  const Progress progress{.stage = std::string(stage),
                          .done = done,
                          .total = total,
                          .figure = figure,
                          .figure_name = std::string(figure_name),
                          .seconds = now()};
  for (const auto& listener : listeners_) listener->hear(progress);
}

}  // namespace hysteron
