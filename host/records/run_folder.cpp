#include "records/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <hysteron/error.hpp>

#include "records/atomic_file.hpp"

namespace hysteron {

namespace fs = std::filesystem;

/// An advisory lock on the folder itself: it goes with its descriptor, however the process ends, and leaves no file.
class RunFolder::Lock {
 public:
  explicit Lock(int descriptor) : descriptor_(descriptor) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::close(descriptor_); }

  static std::unique_ptr<Lock> take(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
      throw data_error({.what = "cannot open the run folder " + folder.string(),
                        .expected = "",
                        .found = std::generic_category().message(errno),
                        .hint = ""});
    auto lock = std::make_unique<Lock>(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      throw usage_error({.what = "the run in " + folder.string() + " goes on in another process",
                         .expected = "",
                         .found = "",
                         .hint = "wait for it, or name another folder with --out"});
    return lock;  // a file system that knows no locks is used without
  }

 private:
  int descriptor_;
};

namespace {

bool is_there(const fs::path& path) {
  std::error_code code;
  return fs::exists(fs::symlink_status(path, code));
}

bool is_empty_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code) && fs::is_empty(path, code);
}

void remove_tree(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code)
    throw data_error({.what = "cannot remove " + path.string(), .expected = "", .found = code.message(), .hint = ""});
}

/// Without a separator at its end and dots within, so that names beside it can be made of it.
fs::path plain(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

fs::path beside(const fs::path& path, const char* what) {
  return path.string() + "." + what + "-" + std::to_string(::getpid());
}

/// Gone again unless the run folder was made of it.
struct Draft {
  explicit Draft(fs::path folder) : path(std::move(folder)) {
    remove_tree(path);
    make_folder(path);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    std::error_code code;
    if (!kept) fs::remove_all(path, code);
  }
  fs::path path;
  bool kept = false;
};

/// A kill between the two renamings of write_checkpoint leaves the new checkpoint, whole, beside the old one.
void settle_checkpoint(const fs::path& checkpoint) {
  const fs::path fresh = checkpoint.string() + ".new", old = checkpoint.string() + ".old";
  if (!is_there(checkpoint) && is_there(old)) rename_durably(is_there(fresh) ? fresh : old, checkpoint);
  remove_tree(fresh);
  remove_tree(old);
}

}  // namespace

RunFolder::RunFolder(fs::path path, std::unique_ptr<Lock> lock) : path_(std::move(path)), lock_(std::move(lock)) {}
RunFolder::RunFolder(RunFolder&&) noexcept = default;
RunFolder& RunFolder::operator=(RunFolder&&) noexcept = default;
RunFolder::~RunFolder() = default;

RunFolder RunFolder::create(const fs::path& given, Existing existing, std::string_view configuration,
                            std::string_view environment) {
  const fs::path path = plain(given);
  const bool occupied = is_there(path) && !is_empty_folder(path);
  if (occupied && existing == Existing::refuse)
    throw usage_error(
        {.what = given.string() + " exists already",
         .expected = "a name that is free",
         .found = is_run_folder(path) ? (is_finished(path) ? "a finished run" : "an unfinished run") : "something else",
         .hint = !is_run_folder(path) ? "name another folder with --out"
                 : is_finished(path)  ? "--force replaces it"
                                      : "--resume goes on with it, --force replaces it"});
  if (occupied && !is_run_folder(path))
    throw usage_error({.what = given.string() + " is not a run folder, and is not replaced",
                       .expected = "a folder with config.toml and environment.json",
                       .found = "something else",
                       .hint = "name another folder with --out"});
  std::unique_ptr<Lock> old_lock = occupied ? Lock::take(path) : nullptr;

  make_folder(path.parent_path());
  Draft draft(beside(path, "new"));
  std::unique_ptr<Lock> lock = Lock::take(draft.path);
  write_file(draft.path / "config.toml", configuration);
  write_file(draft.path / "environment.json", environment);
  make_folder(draft.path / "models");
  const fs::path old = beside(path, "old");
  if (occupied) rename_durably(path, old);
  rename_durably(draft.path, path);
  draft.kept = true;
  if (occupied) remove_tree(old);
  return {given, std::move(lock)};
}

RunFolder RunFolder::resume(const fs::path& path) {
  const auto refuse = [&](std::string found, std::string hint) {
    return usage_error({.what = "the run " + path.string() + " cannot be resumed",
                        .expected = "",
                        .found = std::move(found),
                        .hint = std::move(hint)});
  };
  if (!is_there(path)) throw refuse("nothing of that name", "");
  if (!is_run_folder(path)) throw refuse("no run folder: it has no config.toml and environment.json", "");
  if (is_finished(path)) throw refuse("that it is finished: it has its result.json", "--force --out NAME starts anew");
  std::unique_ptr<Lock> lock = Lock::take(path);
  settle_checkpoint(path / "checkpoint");
  if (!is_there(path / "checkpoint") || is_empty_folder(path / "checkpoint"))
    throw refuse("no checkpoint: it was stopped before its first", "start it anew with --force");
  return {path, std::move(lock)};
}

fs::path RunFolder::model(int replica) const {
  return path_ / "models" / fmt::format("replica-{:02}.safetensors", replica);
}

void RunFolder::write_checkpoint(const std::function<void(const fs::path& folder)>& fill) const {
  settle_checkpoint(checkpoint());
  const fs::path fresh = checkpoint().string() + ".new", old = checkpoint().string() + ".old";
  make_folder(fresh);
  fill(fresh);
  if (is_there(checkpoint())) rename_durably(checkpoint(), old);
  rename_durably(fresh, checkpoint());
  remove_tree(old);
}

void RunFolder::write_result(std::string_view json) const {
  write_file(path_ / "result.json", std::string(json) + (json.ends_with('\n') ? "" : "\n"));
}

bool is_run_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path / "config.toml", code) && fs::is_regular_file(path / "environment.json", code);
}

bool is_finished(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path / "result.json", code);
}

std::vector<fs::path> list_models(const fs::path& run) {
  std::vector<std::pair<int, fs::path>> found;
  std::error_code code;
  for (fs::directory_iterator at(run / "models", code), end; !code && at != end; at.increment(code)) {
    const std::string name = at->path().filename().string();
    constexpr std::string_view before = "replica-", after = ".safetensors";
    if (!name.starts_with(before) || !name.ends_with(after) || name.size() < before.size() + after.size()) continue;
    const char* const first = name.data() + before.size();
    const char* const last = name.data() + name.size() - after.size();
    int replica = 0;
    if (const auto read = std::from_chars(first, last, replica); read.ec == std::errc{} && read.ptr == last)
      found.emplace_back(replica, at->path());
  }
  if (found.empty())
    throw data_error({.what = run.string() + " has no models",
                      .expected = "models/replica-00.safetensors and so on",
                      .found = "",
                      .hint = is_run_folder(run) && !is_finished(run) ? "the run is not finished" : ""});
  std::sort(found.begin(), found.end());
  std::vector<fs::path> models;
  for (auto& [replica, path] : found) models.push_back(std::move(path));
  return models;
}

}  // namespace hysteron
