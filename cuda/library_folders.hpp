#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace hysteron::cuda {

/// Where the shared libraries of a CUDA toolkit may be, the places that the user chose first: those of
/// $LD_LIBRARY_PATH; $CUDA_HOME and $CUDA_PATH; the toolkit of this build; the environment of conda
/// ($CONDA_PREFIX/lib); the Python packages with which PyTorch brings them (nvidia/*/lib below the site-packages of
/// $VIRTUAL_ENV, of $CONDA_PREFIX, of the python3 on $PATH, of ~/.local and of the system's Python); /usr/local/cuda.
/// Each once, and only folders that are there.
std::vector<std::filesystem::path> library_folders();

}  // namespace hysteron::cuda
