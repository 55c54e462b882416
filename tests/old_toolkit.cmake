# cmake -DWORK=.. -P old_toolkit.cmake: cmake/cuda.cmake with an nvcc that says it is of CUDA 11.8.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
file(REMOVE_RECURSE ${WORK})
file(WRITE ${WORK}/nvcc "#!/bin/sh\necho 'Cuda compilation tools, release 11.8, V11.8.89'\n")
file(CHMOD ${WORK}/nvcc PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
file(WRITE ${WORK}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)\nproject(old LANGUAGES NONE)\n"
  "include(${root}/cmake/cuda.cmake)\n")

function(expect wish code says)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env CUDACXX=${WORK}/nvcc ${CMAKE_COMMAND} -S ${WORK} -B ${WORK}/${wish}
    -DHYSTERON_CUDA=${wish} RESULT_VARIABLE ended OUTPUT_VARIABLE out ERROR_VARIABLE out)
  string(REGEX REPLACE "[ \n]+" " " out "${out}")
  if(NOT ended EQUAL code OR NOT out MATCHES "${says}")
    message(FATAL_ERROR "HYSTERON_CUDA=${wish} ended with ${ended}, and said\n${out}\nexpected ${code} and ${says}")
  endif()
endfunction()
expect(AUTO 0 "nvcc is of CUDA 11.8. hysteron needs 12.1 or later, building for the CPU only")
expect(ON 1 "HYSTERON_CUDA is ON, but .*nvcc is of CUDA 11.8. hysteron needs 12.1 or later. Set CUDACXX to a later nvcc")
