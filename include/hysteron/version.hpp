#pragma once
#include <string_view>

namespace hysteron {

extern const std::string_view version;     ///< "0.1.0"
extern const std::string_view compiler;    ///< the compiler that built this library
extern const std::string_view build_type;  ///< "Release"

}  // namespace hysteron
