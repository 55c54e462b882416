# Finds every library, then reports all missing ones at once, with the Debian package that provides each.
#   hysteron_dependencies  what the engine's own sources see
#   hysteron_runtime       what an executable that contains the engine links besides
set(missing_libraries)
set(missing_packages)
macro(note_missing library package)
  list(APPEND missing_libraries "  ${library}: Debian package ${package}")
  list(APPEND missing_packages ${package})
endmacro()

macro(need_package library package target)
  find_package(${library} QUIET ${ARGN})
  if(NOT TARGET ${target})
    note_missing(${library} ${package})
  endif()
endmacro()

if(HYSTERON_PORTABLE)
  set(ZLIB_USE_STATIC_LIBS ON)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
set(THREADS_PREFER_PTHREAD_FLAG ON)
need_package(Threads libc6-dev Threads::Threads)
# Compiled once, in its library; a program that is to be carried to other machines has it inside, compiled with every
# source.
set(fmt fmt::fmt)
if(HYSTERON_PORTABLE)
  set(fmt fmt::fmt-header-only)
endif()
need_package(fmt libfmt-dev ${fmt})
need_package(nlohmann_json nlohmann-json3-dev nlohmann_json::nlohmann_json)
need_package(Eigen3 libeigen3-dev Eigen3::Eigen 3.4 NO_MODULE)
need_package(ZLIB zlib1g-dev ZLIB::ZLIB)
need_package(OpenSSL libssl-dev OpenSSL::Crypto COMPONENTS Crypto)
# Headers only: the packaged target would link the shared library.
find_path(HYSTERON_TOMLPLUSPLUS toml++/toml.h)
mark_as_advanced(HYSTERON_TOMLPLUSPLUS)
if(NOT HYSTERON_TOMLPLUSPLUS)
  note_missing(toml++ libtomlplusplus-dev)
endif()
# Charts in the reports: the script goes into the program, and from there into each page.
find_file(HYSTERON_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js PATH_SUFFIXES chart.js)
mark_as_advanced(HYSTERON_CHART_JS)
if(NOT HYSTERON_CHART_JS)
  note_missing("Chart.js 3 or later (chart.min.js; elsewhere: -DHYSTERON_CHART_JS=its path)" libjs-chart.js)
endif()
if(HYSTERON_TESTS)
  need_package(GTest libgmock-dev GTest::gmock_main)
endif()
if(HYSTERON_BENCH)
  need_package(benchmark libbenchmark-dev benchmark::benchmark)
endif()

if(missing_libraries)
  list(REMOVE_DUPLICATES missing_packages)
  list(JOIN missing_libraries "\n" missing_libraries)
  list(JOIN missing_packages " " missing_packages)
  message(FATAL_ERROR "Libraries that hysteron needs were not found:\n${missing_libraries}\n"
    "On Debian or Ubuntu:\n  sudo apt-get install ${missing_packages}\nor run `make setup`, which does that.")
endif()

add_library(hysteron_dependencies INTERFACE)
target_link_libraries(hysteron_dependencies INTERFACE Threads::Threads ${fmt}
  nlohmann_json::nlohmann_json Eigen3::Eigen ZLIB::ZLIB OpenSSL::Crypto)
target_include_directories(hysteron_dependencies SYSTEM INTERFACE ${HYSTERON_TOMLPLUSPLUS})

add_library(hysteron_runtime INTERFACE)
target_link_libraries(hysteron_runtime INTERFACE Threads::Threads ZLIB::ZLIB OpenSSL::Crypto
  $<LINK_ONLY:${fmt}>)
