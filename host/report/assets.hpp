#pragma once
#include <string_view>

namespace hysteron {

// What a page carries with it, written into the program by the build (cmake/assets.cmake).
extern const std::string_view chart_script;  ///< Chart.js
extern const std::string_view page_script;   ///< host/report/assets/page.js
extern const std::string_view page_style;    ///< host/report/assets/page.css

}  // namespace hysteron
