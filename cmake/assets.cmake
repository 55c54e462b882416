# Writes the files that a report contains, and the table of data sets, into the program: generated/assets.cpp. In a raw
# string only the delimiter ends the text, and in a script element only its closing tag does.
set(asset_texts)
foreach(asset "chart_script|${HYSTERON_CHART_JS}" "page_script|${PROJECT_SOURCE_DIR}/host/report/assets/page.js"
    "page_style|${PROJECT_SOURCE_DIR}/host/report/assets/page.css" "data_sets_table|${PROJECT_SOURCE_DIR}/data/sets.json")
  string(REPLACE "|" ";" asset "${asset}")
  list(GET asset 0 name)
  list(GET asset 1 path)
  file(READ ${path} text)
  if(text MATCHES "\\)asset\"" OR text MATCHES "</(script|style)")
    message(FATAL_ERROR "${path} cannot be written into a page: it contains a closing tag")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  string(APPEND asset_texts "extern const std::string_view ${name};\nconst std::string_view ${name} = R\"asset(${text})asset\";\n")
endforeach()
set(assets_source ${PROJECT_BINARY_DIR}/generated/assets.cpp)
file(CONFIGURE OUTPUT ${assets_source} CONTENT "// Written by cmake/assets.cmake.
#include <string_view>

namespace hysteron {
@asset_texts@
}  // namespace hysteron
" @ONLY)
