# The share of a multiprocessor that each kernel takes: ptxas reports it while compiling, and the build gathers it in
# kernel_resources.tsv. tests/CMakeLists.txt compares it with cuda/kernel_budget.tsv. When that has to change:
#   cmake --build <build folder> --target update_kernel_budget
target_compile_options(hysteron_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Xptxas=-v>)
set(launcher sh ${PROJECT_SOURCE_DIR}/cmake/record_ptxas.sh ${CMAKE_CUDA_COMPILER_LAUNCHER})
set_target_properties(hysteron_cuda PROPERTIES CUDA_COMPILER_LAUNCHER "${launcher}")

set(kernel_resources ${PROJECT_BINARY_DIR}/kernel_resources.tsv)
add_custom_command(OUTPUT ${kernel_resources}
  COMMAND sh ${PROJECT_SOURCE_DIR}/cmake/kernel_resources.sh ${kernel_resources} $<TARGET_OBJECTS:hysteron_cuda>
  DEPENDS $<TARGET_OBJECTS:hysteron_cuda> ${PROJECT_SOURCE_DIR}/cmake/kernel_resources.sh
  COMMENT "Gathering the kernels' registers" COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(kernel_resources ALL DEPENDS ${kernel_resources})

string(REGEX MATCH "^[0-9]+\\.[0-9]+" nvcc_version ${CMAKE_CUDA_COMPILER_VERSION})
set(kernel_budget_arguments ${kernel_resources} ${PROJECT_SOURCE_DIR}/cuda/kernel_budget.tsv ${nvcc_version})
add_custom_target(update_kernel_budget
  COMMAND sh ${PROJECT_SOURCE_DIR}/cmake/kernel_budget.sh update ${kernel_budget_arguments}
  DEPENDS ${kernel_resources} VERBATIM)
