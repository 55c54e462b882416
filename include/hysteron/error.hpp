#pragma once
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hysteron {

/// The kind of error, and the exit code of the program that reports it.
enum class ErrorKind { defect = 1, usage = 2, data = 3, device = 4, numeric = 5 };

/// The parts of a message; empty parts are left out.
struct ErrorText {
  std::string what = {};      ///< one line, no final period
  std::string expected = {};  ///< what would have been right
  std::string found = {};     ///< what was there
  std::string hint = {};      ///< the way out
};

/// The one exception of the library. what() is the whole message, several lines, without "error: ".
class Error : public std::exception {
 public:
  Error(ErrorKind kind, ErrorText text);

  ErrorKind kind() const { return kind_; }
  const ErrorText& text() const { return text_; }
  const char* what() const noexcept override { return message_.c_str(); }

  /// Adds a line "while ..." on the way up, the innermost first.
  Error& add_while(std::string doing);

 private:
  void compose();

  ErrorKind kind_;
  ErrorText text_;
  std::vector<std::string> doing_;
  std::string message_;
};

/// A device that stopped working, or that no longer answers: what it held is lost, and this process cannot use it
/// again.
class DeviceFailure : public Error {
 public:
  explicit DeviceFailure(ErrorText text) : Error(ErrorKind::device, std::move(text)) {}
};

Error defect(ErrorText text);
Error usage_error(ErrorText text);
Error data_error(ErrorText text);
Error device_error(ErrorText text);
Error numeric_error(ErrorText text);

/// The known name that `name` most likely means; empty when none is near. In this order: the same last part ("batch" of
/// "train.batch"), another word of the field for it ("lr", "hidden_size", "gpu"), its beginning, its letters
/// (Damerau-Levenshtein: one may be wrong, in long names every third). The case of letters does not count.
std::string nearest_name(std::string_view name, std::span<const std::string> known);

/// "unknown cell "gruu"", with the likely names as the hint and all known names as what was expected.
Error unknown_name(std::string_view noun, std::string_view name, std::span<const std::string> known);

/// Runs `work`; an Error that leaves it gets a line that says what was being done.
template <class Work>
decltype(auto) doing(const std::string& what, Work&& work) {
  try {
    return work();
  } catch (Error& error) {
    error.add_while(what);
    throw;
  }
}

}  // namespace hysteron
