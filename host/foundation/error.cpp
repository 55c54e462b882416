#include <hysteron/error.hpp>

namespace hysteron {

Error::Error(ErrorKind kind, ErrorText text) : kind_(kind), text_(std::move(text)) { compose(); }

Error& Error::add_while(std::string doing) {
  doing_.push_back(std::move(doing));
  compose();
  return *this;
}

void Error::compose() {
  message_ = text_.what;
  if (!text_.expected.empty()) message_ += "\n  expected " + text_.expected;
  if (!text_.found.empty()) message_ += (text_.expected.empty() ? "\n  found " : ", found ") + text_.found;
  for (const std::string& doing : doing_) message_ += "\n  while " + doing;
  if (!text_.hint.empty()) message_ += "\n  hint: " + text_.hint;
}

Error defect(ErrorText text) { return {ErrorKind::defect, std::move(text)}; }
Error usage_error(ErrorText text) { return {ErrorKind::usage, std::move(text)}; }
Error data_error(ErrorText text) { return {ErrorKind::data, std::move(text)}; }
Error device_error(ErrorText text) { return {ErrorKind::device, std::move(text)}; }
Error numeric_error(ErrorText text) { return {ErrorKind::numeric, std::move(text)}; }

}  // namespace hysteron
