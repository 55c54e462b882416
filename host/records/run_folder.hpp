#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hysteron {

class FolderLock;

/// The file of a replica's weights in a run folder.
std::filesystem::path model_path(const std::filesystem::path& run, int replica, int replicas);

/// Whether a run that is finished may go on.
enum class Finished { refused, taken };

/// What happens to a run folder that already exists.
enum class Existing { refuse, replace };

/// The folder of one run:
///
///   config.toml       all settings       models/replica-00.safetensors ..   the best weights of each replica
///   environment.json  where it ran       checkpoint/                        everything needed to go on
///   journal.jsonl     what happened      checkpoint.old/                    the one before it
///   result.json       written last: the run is finished
///
/// A new folder appears under its name with its configuration already in it; a folder that is there (for somebody works
/// in it, or it is a mount point, or a link leads to it) stays the same folder, with what others have in it. At any
/// moment its files and its checkpoint are either the old ones or the new ones. So a run that was killed can be
/// resumed, or is refused with the reason. While an object of this class lives, no other process can create or resume a
/// run there.
class RunFolder {
 public:
  /// Throws a usage error if a file, a run or something with the name of a run's file is already there.
  /// Existing::replace removes an old run that no process is going on with, and nothing else.
  static RunFolder create(const std::filesystem::path& path, Existing existing, std::string_view configuration,
                          std::string_view environment);
  /// Throws a usage error that says why the run cannot go on: not a run folder, finished, no checkpoint yet, still
  /// running.
  static RunFolder resume(const std::filesystem::path& path, Finished finished = Finished::refused);

  RunFolder(RunFolder&&) noexcept;
  RunFolder& operator=(RunFolder&&) noexcept;
  ~RunFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path journal() const { return path_ / "journal.jsonl"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path checkpoint() const { return path_ / "checkpoint"; }
  std::filesystem::path earlier_checkpoint() const { return path_ / "checkpoint.old"; }

  /// `fill` writes the files of a new checkpoint into an empty folder, which then takes the place of the last one; that
  /// stays beside it, as the earlier one.
  void write_checkpoint(const std::function<void(const std::filesystem::path& folder)>& fill) const;
  bool has_earlier_checkpoint() const;
  /// In place of the last one, which stays as checkpoint.damaged.
  void take_earlier_checkpoint() const;
  void write_result(std::string_view json) const;
  void remove_result() const;  ///< of a finished run that goes on

 private:
  RunFolder(std::filesystem::path path, std::unique_ptr<FolderLock> lock);

  std::filesystem::path path_;
  std::unique_ptr<FolderLock> lock_;
};

/// The hint for a file of a run folder that is not what it should be.
inline constexpr const char* damaged_record = "it is damaged, or of another version of hysteron, whose report shows it";

/// Throws a usage error unless it is the folder of an unfinished run.
void expect_resumable(const std::filesystem::path& path);

/// Whether the folder is that of a run, and whether it is that of a run that wrote its result.
bool is_run_folder(const std::filesystem::path& path);
bool is_finished(const std::filesystem::path& path);
/// Whether a run has come as far as its first checkpoint.
bool has_checkpoint(const std::filesystem::path& path);

}  // namespace hysteron
