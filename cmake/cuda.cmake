# If nvcc is found, cuda/ becomes the object library hysteron_cuda, a backend that registers itself like the CPU's.
if(HYSTERON_CUDA STREQUAL "OFF")
  message(STATUS "CUDA: off")
  return()
endif()

find_program(HYSTERON_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
mark_as_advanced(HYSTERON_NVCC)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND HYSTERON_NVCC)
  set(ENV{CUDACXX} ${HYSTERON_NVCC})
endif()
# Asked before anything is compiled: earlier compilers do not even know the language. st.async takes PTX 8.1.
set(oldest_toolkit 12.1)
if(DEFINED ENV{CUDACXX})
  execute_process(COMMAND $ENV{CUDACXX} --version OUTPUT_VARIABLE nvcc_says ERROR_QUIET)
  if(nvcc_says MATCHES "release ([0-9]+\\.[0-9]+)" AND CMAKE_MATCH_1 VERSION_LESS oldest_toolkit)
    set(too_old "$ENV{CUDACXX} is of CUDA ${CMAKE_MATCH_1}; hysteron needs ${oldest_toolkit} or later")
    if(HYSTERON_CUDA STREQUAL "ON")
      message(FATAL_ERROR "HYSTERON_CUDA is ON, but ${too_old}. Set CUDACXX to a later nvcc, or configure with "
        "-DHYSTERON_CUDA=OFF.")
    endif()
    message(STATUS "CUDA: ${too_old}, building for the CPU only")
    return()
  endif()
endif()
# Named, not detected on the machine: a build machine needs no GPU. The last one serves later devices, compiled at run
# time.
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)
endif()
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  if(HYSTERON_CUDA STREQUAL "ON")
    message(FATAL_ERROR "HYSTERON_CUDA is ON, but no working nvcc was found (looked for: ${HYSTERON_NVCC}). Install the "
      "CUDA toolkit, set CUDACXX to its nvcc, or configure with -DHYSTERON_CUDA=OFF.")
  endif()
  message(STATUS "CUDA: no working nvcc found, building for the CPU only")
  return()
endif()

enable_language(CUDA)
if(CMAKE_CUDA_COMPILER_ID STREQUAL "NVIDIA" AND NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  # CMake 3.25 does not know a C++20 flag for nvcc 13.
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
  set(CMAKE_CUDA20_COMPILE_FEATURES cuda_std_20)
endif()
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
find_package(CUDAToolkit REQUIRED)
message(STATUS "CUDA: ${CMAKE_CUDA_COMPILER} ${CMAKE_CUDA_COMPILER_VERSION} for ${CMAKE_CUDA_ARCHITECTURES}")

file(GLOB cuda_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cuda/*.cpp ${PROJECT_SOURCE_DIR}/cuda/*.cu)
foreach(file type IN ZIP_LISTS cell_files cell_types)
  set(stamped ${PROJECT_BINARY_DIR}/generated/cuda/${file}.cu)
  configure_file(${PROJECT_SOURCE_DIR}/cuda/cell.cu.in ${stamped} @ONLY)
  list(APPEND cuda_sources ${stamped})
  foreach(direction forward backward)
    set(stamped ${PROJECT_BINARY_DIR}/generated/cuda/persistent_${direction}_${file}.cu)
    configure_file(${PROJECT_SOURCE_DIR}/cuda/persistent_cell.cu.in ${stamped} @ONLY)
    list(APPEND cuda_sources ${stamped})
  endforeach()
endforeach()
set(stamped ${PROJECT_BINARY_DIR}/generated/cuda/persistent_kernels.cpp)
configure_file(${PROJECT_SOURCE_DIR}/cuda/persistent_kernels.cpp.in ${stamped} @ONLY)
list(APPEND cuda_sources ${stamped})
add_library(hysteron_cuda OBJECT ${cuda_sources})
# cuBLAS and cuSOLVER are opened at run time (cuda/shared_library.hpp): the program starts on machines without them.
target_link_libraries(hysteron_cuda PRIVATE hysteron_options CUDA::cudart_static)
set_source_files_properties(${PROJECT_SOURCE_DIR}/cuda/library_folders.cpp PROPERTIES COMPILE_DEFINITIONS
  HYSTERON_CUDA_LIBRARIES="${CUDAToolkit_LIBRARY_DIR}")
target_include_directories(hysteron_cuda PRIVATE ${PROJECT_SOURCE_DIR}/cuda ${PROJECT_SOURCE_DIR}/cuda/language)
# A kernel that spills registers is a defect; ptxas stops there.
target_compile_options(hysteron_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:
  -Xptxas=--warn-on-spills,--warning-as-error -Xcompiler=-Wall,-Wextra
  --diag-suppress=554>)  # a View of const has a conversion to itself
include(kernel_budget)
set_property(GLOBAL APPEND PROPERTY HYSTERON_OBJECT_LIBRARIES hysteron_cuda)
target_link_libraries(hysteron_runtime INTERFACE CUDA::cudart_static)
set(HYSTERON_HAS_CUDA ON)
