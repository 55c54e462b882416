#include "files/write_failure.hpp"

#include <cerrno>

namespace hysteron {

std::string way_out_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "make room on the disk";
    case EFBIG:
      return "raise the limit on the size of files (ulimit -f), or choose a disk that takes larger ones";
    case EMFILE:
      return "raise the limit on open files (ulimit -n)";
    case EISDIR:
      return "name a file in it";
    case ENOENT:
      return "the folder does not exist; create it";
    case EACCES:
    case EROFS:
    case EPERM:
      return "choose a folder that you may write to";
    default:
      return "";
  }
}

}  // namespace hysteron
