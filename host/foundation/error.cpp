#include <hysteron/error.hpp>

#include "foundation/printable.hpp"

namespace hysteron {

Error::Error(ErrorKind kind, ErrorText text) : kind_(kind), text_(std::move(text)) { compose(); }

Error& Error::add_while(std::string doing) {
  doing_.push_back(std::move(doing));
  compose();
  return *this;
}

void Error::compose() {
  // They quote names and bytes of files and arguments.
  message_ = printable(text_.what, Newlines::kept);
  if (!text_.expected.empty()) message_ += "\n  expected " + printable(text_.expected, Newlines::kept);
  if (!text_.found.empty())
    message_ += (text_.expected.empty() ? "\n  found " : ", found ") + printable(text_.found, Newlines::kept);
  for (const std::string& doing : doing_) message_ += "\n  while " + printable(doing, Newlines::kept);
  if (!text_.hint.empty()) message_ += "\n  hint: " + printable(text_.hint, Newlines::kept);
}

Error defect(ErrorText text) { return {ErrorKind::defect, std::move(text)}; }
Error usage_error(ErrorText text) { return {ErrorKind::usage, std::move(text)}; }
Error data_error(ErrorText text) { return {ErrorKind::data, std::move(text)}; }
Error device_error(ErrorText text) { return {ErrorKind::device, std::move(text)}; }
Error numeric_error(ErrorText text) { return {ErrorKind::numeric, std::move(text)}; }

}  // namespace hysteron
