#pragma once
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hysteron {

/// A number, a text, or one of either for each replica.
class JournalValue {
 public:
  using Variant = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::int64_t>,
                               std::vector<std::string>>;

  JournalValue(bool value) : value_(value) {}
  template <std::integral Integer>
  JournalValue(Integer value) : value_(static_cast<std::int64_t>(value)) {}
  JournalValue(double value) : value_(value) {}
  JournalValue(const char* value) : value_(std::string(value)) {}
  JournalValue(std::string_view value) : value_(std::string(value)) {}
  JournalValue(std::string value) : value_(std::move(value)) {}
  JournalValue(std::vector<double> values) : value_(std::move(values)) {}
  JournalValue(std::vector<std::int64_t> values) : value_(std::move(values)) {}
  JournalValue(std::vector<std::string> values) : value_(std::move(values)) {}
  JournalValue(const std::vector<float>& values) : value_(std::vector<double>(values.begin(), values.end())) {}
  JournalValue(const std::vector<int>& values) : value_(std::vector<std::int64_t>(values.begin(), values.end())) {}

  const Variant& variant() const { return value_; }

 private:
  Variant value_;
};

struct Event {
  std::string name = {};  ///< "validated"
  double seconds = 0;     ///< since the run began
  std::vector<std::pair<std::string, JournalValue>> values = {};
};

/// How far a stage has come: for whoever is watching, not for the record.
struct Progress {
  std::string stage = {};  ///< "training"
  std::int64_t done = 0, total = 0;
  double figure = 0;  ///< the figure that matters at the latest step
  std::string figure_name = {};
  double seconds = 0;  ///< since the run began
};

/// Shows events to somebody, as the console does.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void hear(const Event& event) = 0;
  virtual void hear(const Progress& progress) = 0;
};

/// The only way anything reports anything. Events go into a file, one JSON object per line ({"event": .., "seconds":
/// .., ..values}, numbers that are not finite as null), written at once; listeners hear events and progress. May be
/// used from several threads.
class Journal {
 public:
  /// seconds: a clock that does not go back; by default the system's steady one.
  explicit Journal(std::function<double()> seconds = {});
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  /// Appends to the file from now on. An incomplete line that a killed run left at the end is cut off, and seconds go
  /// on from the last event in the file. Throws a data error when the file cannot be written, here and later.
  void write_to(const std::filesystem::path& path);
  void add_listener(std::shared_ptr<Listener> listener);

  void event(std::string name, std::vector<std::pair<std::string, JournalValue>> values = {});
  void message(std::string text);  ///< the event "message", shown as it is
  void warning(std::string text);  ///< the event "warning", shown even when the console is quiet

  /// Cheap enough for every step: it goes to listeners only.
  void progress(std::string_view stage, std::int64_t done, std::int64_t total, double figure,
                std::string_view figure_name = "");

 private:
  class File;

  double now() const;

  std::mutex mutex_;
  std::function<double()> clock_;
  double start_ = 0;
  std::unique_ptr<File> file_;
  std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace hysteron
