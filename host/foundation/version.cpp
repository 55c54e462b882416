#include <hysteron/version.hpp>

namespace hysteron {

const std::string_view version = HYSTERON_VERSION;
const std::string_view compiler = HYSTERON_COMPILER;
const std::string_view build_type = HYSTERON_BUILD_TYPE;

}  // namespace hysteron
