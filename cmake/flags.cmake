# How our sources are compiled. Never -march=native (host/backend chooses the instruction set at run time) and never
# -ffast-math.
#   hysteron_options  warnings, arithmetic, include/            cuda/ and the header test use it
#   hysteron_flags    the same, and host/ and what the build generates
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT DEFINED CMAKE_COMPILE_WARNING_AS_ERROR)  # a way out for later compilers: -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF
  set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
endif()

add_library(hysteron_options INTERFACE)
target_include_directories(hysteron_options INTERFACE ${PROJECT_SOURCE_DIR}/include)
# Loops marked `omp simd` are vectorized; a clamp may become a select; a square root needs no errno.
target_compile_options(hysteron_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:
  -Wall -Wextra -Wconversion -Wshadow -fopenmp-simd -fno-trapping-math -fno-math-errno>)
# Sizes are signed here and unsigned in the standard library. g++'s -Wconversion allows mixing them, clang's does not.
target_compile_options(hysteron_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>:-Wno-sign-conversion>)
# g++ 12 warns of overlaps in its own std::string (GCC bug 105329).
target_compile_options(hysteron_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)
target_compile_options(hysteron_options INTERFACE $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:RelWithDebInfo>>:-O3>)
target_compile_definitions(hysteron_options INTERFACE HYSTERON_VERSION="${PROJECT_VERSION}"
  HYSTERON_COMPILER="${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" HYSTERON_BUILD_TYPE="$<CONFIG>")

add_library(hysteron_flags INTERFACE)
target_link_libraries(hysteron_flags INTERFACE hysteron_options)
target_include_directories(hysteron_flags INTERFACE ${PROJECT_SOURCE_DIR}/host ${PROJECT_BINARY_DIR}/generated)

if(HYSTERON_SANITIZE)
  list(JOIN HYSTERON_SANITIZE "," sanitizers)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${sanitizers}>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize-recover=all> $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>)
  # g++ reports uninitialized values in the standard library that are due to its own instrumentation.
  target_compile_options(hysteron_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${sanitizers})
endif()
if(HYSTERON_PORTABLE)
  add_link_options(-static-libstdc++ -static-libgcc)
endif()

find_program(HYSTERON_CCACHE ccache)
mark_as_advanced(HYSTERON_CCACHE)
if(HYSTERON_CCACHE AND PROJECT_IS_TOP_LEVEL)
  foreach(language CXX CUDA)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER ${HYSTERON_CCACHE})
    endif()
  endforeach()
endif()
