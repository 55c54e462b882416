#include "records/run_folder.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>

#include <unistd.h>

#include <hysteron/error.hpp>

#include "files/atomic_file.hpp"
#include "files/folder_lock.hpp"
#include "foundation/replica_number.hpp"

namespace hysteron {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
  std::error_code code;
  return fs::exists(fs::symlink_status(path, code));
}

bool is_empty_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code) && fs::is_empty(path, code);
}

/// What a run writes, what makes its folder one last. Whatever else is in the folder belongs to somebody else.
constexpr std::string_view names_of_run[] = {"journal.jsonl",  "report.html",     "result.json",        "checkpoint",
                                             "checkpoint.new", "checkpoint.old",  "checkpoint.damaged", "models",
                                             "config.toml",    "environment.json"};

/// The entries of a folder that are a run's, in the order of that list; a name may go on, as ".new-7" of a file that
/// was being written.
std::vector<fs::path> entries_of_run(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code code;
  for (const std::string_view name : names_of_run)
    for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
      const std::string entry = at->path().filename().string();
      if (entry == name || entry.starts_with(std::string(name) + ".new-")) entries.push_back(at->path());
    }
  return entries;
}

/// A folder with nothing of a run in it, or with no more than a killed create() left there.
bool is_free_folder(const fs::path& path) {
  std::error_code code;
  if (!fs::is_directory(path, code)) return false;
  return std::ranges::all_of(entries_of_run(path), [](const fs::path& entry) {
    const std::string name = entry.filename().string();
    return name == "models" ? is_empty_folder(entry)
                            : name.starts_with("environment.json") || name.find(".new-") != name.npos;
  });
}

void remove_tree(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) throw data_error({.what = "cannot remove " + path.string(), .found = code.message()});
}

/// What the path leads to, through links and without dots, so that it can be extended to a name beside it.
fs::path plain(const fs::path& path) {
  std::error_code code;
  fs::path whole = fs::absolute(path, code);
  if (code)
    throw data_error({.what = "the present folder is not there any more",
                      .found = code.message(),
                      .hint = "change to another folder, or give --out a path from / on"});
  whole = fs::weakly_canonical(whole, code);
  if (code)
    throw data_error({.what = "cannot find out where " + path.string() + " leads",
                      .found = code.message(),
                      .hint = "name another folder with --out"});
  const fs::path normal = whole.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

/// config.toml last: with it, it is a run folder.
void fill(const fs::path& folder, std::string_view configuration, std::string_view environment) {
  make_folder(folder / "models");
  write_file(folder / "environment.json", environment);
  write_file(folder / "config.toml", configuration);
}

/// A folder that is removed again unless it becomes the run folder.
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

/// A process killed between the two renamings of write_checkpoint leaves the complete new checkpoint beside the old
/// one.
void settle_checkpoint(const fs::path& checkpoint) {
  const fs::path fresh = checkpoint.string() + ".new", old = checkpoint.string() + ".old";
  if (!is_there(checkpoint) && is_there(old)) rename_durably(is_there(fresh) ? fresh : old, checkpoint);
  remove_tree(fresh);
}

Error not_resumable(const fs::path& path, std::string found, std::string hint) {
  return usage_error({.what = "the run " + path.string() + " cannot be resumed",
                      .expected = "the folder of a run that was stopped",
                      .found = std::move(found),
                      .hint = std::move(hint)});
}

/// Throws unless what is a file of a run is one, and what is a folder is one: at once, not when it is written at the
/// end.
void expect_own_kinds(const fs::path& run) {
  const auto expect = [](const fs::path& path, bool right, const char* kind) {
    if (!right)
      throw data_error({.what = path.string() + " is not what a run leaves there",
                        .expected = kind,
                        .found = "something else: a folder, a pipe, a device, or a link to nothing",
                        .hint = "take it away, and resume again"});
  };
  std::error_code code;
  for (const fs::path& entry : entries_of_run(run)) {
    const std::string name = entry.filename().string();
    const bool folder = name == "models" || name.starts_with("checkpoint");
    expect(entry, folder ? fs::is_directory(entry, code) : fs::is_regular_file(entry, code),
           folder ? "a folder" : "a regular file");
  }
  for (fs::directory_iterator at(run / "models", code), end; !code && at != end; at.increment(code))
    if (at->path().filename().string().starts_with("replica-"))
      expect(at->path(), fs::is_regular_file(at->path()), "a regular file");
}

std::unique_ptr<FolderLock> locked(const fs::path& path) { return std::make_unique<FolderLock>(path, "the run"); }

}  // namespace

RunFolder::RunFolder(fs::path path, std::unique_ptr<FolderLock> lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}
RunFolder::RunFolder(RunFolder&&) noexcept = default;
RunFolder& RunFolder::operator=(RunFolder&&) noexcept = default;
RunFolder::~RunFolder() = default;

RunFolder RunFolder::create(const fs::path& given, Existing existing, std::string_view configuration,
                            std::string_view environment) {
  const fs::path path = plain(given);
  if (!fs::exists(path) && is_there(path))
    throw usage_error({.what = given.string() + " is a link to nothing",
                       .expected = "a name that is free, or a folder",
                       .found = "a link to " + fs::read_symlink(path).string(),
                       .hint = "create what it points to, or name another folder with --out"});
  const char* const home = std::getenv("HOME");
  std::error_code code;
  if (path == path.root_path() || (home && fs::equivalent(path, home, code)))
    throw usage_error({.what = given.string() + " is not a place for a run's files",
                       .expected = "a folder of its own",
                       .found = path == path.root_path() ? "the root of the file system" : "the home folder",
                       .hint = "--out " + (path / "runs" / "x").string()});
  const bool occupied = is_there(path) && !is_free_folder(path);
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
  if (is_there(path)) {  // it stays: it may be a mount point, where a link leads, or where somebody works
    std::unique_ptr<FolderLock> lock = locked(path);
    for (const fs::path& entry : entries_of_run(path)) remove_tree(entry);
    fill(path, configuration, environment);
    return {given, std::move(lock)};
  }
  make_folder(path.parent_path());
  Draft draft(path.string() + ".new-" + std::to_string(::getpid()));
  std::unique_ptr<FolderLock> lock = locked(draft.path);
  fill(draft.path, configuration, environment);
  rename_durably(draft.path, path);
  draft.kept = true;
  return {given, std::move(lock)};
}

RunFolder RunFolder::resume(const fs::path& path, Finished finished) {
  if (finished == Finished::refused || !is_run_folder(path) || !is_finished(path)) expect_resumable(path);
  std::unique_ptr<FolderLock> lock = locked(path);
  expect_own_kinds(path);
  settle_checkpoint(path / "checkpoint");
  if (!is_there(path / "checkpoint") || is_empty_folder(path / "checkpoint"))
    throw not_resumable(path, "no checkpoint: it was stopped before its first", "start it anew with --force");
  return {path, std::move(lock)};
}

fs::path model_path(const fs::path& run, int replica, int replicas) {
  return run / "models" / ("replica-" + replica_number(replica, replicas) + ".safetensors");
}

void RunFolder::write_checkpoint(const std::function<void(const fs::path& folder)>& fill) const {
  settle_checkpoint(checkpoint());
  const fs::path fresh = checkpoint().string() + ".new", old = checkpoint().string() + ".old";
  make_folder(fresh);
  fill(fresh);
  if (is_there(checkpoint())) {
    remove_tree(old);
    rename_durably(checkpoint(), old);
  }
  rename_durably(fresh, checkpoint());
}

bool RunFolder::has_earlier_checkpoint() const {
  return is_there(earlier_checkpoint()) && !is_empty_folder(earlier_checkpoint());
}

void RunFolder::take_earlier_checkpoint() const {
  const fs::path damaged = checkpoint().string() + ".damaged";
  remove_tree(damaged);
  rename_durably(checkpoint(), damaged);
  rename_durably(earlier_checkpoint(), checkpoint());
}

void RunFolder::write_result(std::string_view json) const {
  write_file(path_ / "result.json", std::string(json) + (json.ends_with('\n') ? "" : "\n"));
}

void RunFolder::remove_result() const { remove_tree(path_ / "result.json"); }

void expect_resumable(const fs::path& path) {
  const char* const begin = "hysteron train --out NAME begins a run";
  if (!is_there(path)) throw not_resumable(path, "nothing of that name", begin);
  if (!is_run_folder(path))
    throw not_resumable(path, "no run folder: it has no config.toml and environment.json", begin);
  if (is_finished(path))
    throw not_resumable(path, "that it is finished: it has its result.json", "--force --out NAME starts anew");
}

bool is_run_folder(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path / "config.toml", code) && fs::is_regular_file(path / "environment.json", code);
}

bool is_finished(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path / "result.json", code);
}

bool has_checkpoint(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path / "checkpoint", code) || fs::is_directory(path / "checkpoint.old", code);
}

}  // namespace hysteron
