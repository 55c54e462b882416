#pragma once
#include <array>
#include <filesystem>
#include <vector>

namespace hysteron {

inline constexpr std::size_t cepstrum_size = 12;
using Frame = std::array<float, cepstrum_size>;
using Utterance = std::vector<Frame>;  ///< frame by frame, one or more

/// Reads the utterances of a file of the Japanese vowels (Kudo, Toyama, Shimbo 1999), gzipped or not: one frame of 12
/// numbers per line, and after each utterance a line of twelve 1.0 that is not a frame; empty lines are ignored. Throws
/// data errors that name the line.
std::vector<Utterance> read_utterances(const std::filesystem::path& path);

}  // namespace hysteron
