#pragma once
#include <array>
#include <filesystem>
#include <vector>

namespace hysteron {

inline constexpr std::size_t cepstrum_size = 12;
using Frame = std::array<float, cepstrum_size>;
using Utterance = std::vector<Frame>;  ///< frame by frame, one or more

/// Reads the utterances of a file of the Japanese vowels (Kudo, Toyama, Shimbo 1999), gzip'd or not: a frame a line, 12
/// numbers, and after each utterance a line of twelve 1.0 that is no frame; empty lines mean nothing. Throws data
/// errors that say in which line.
std::vector<Utterance> read_utterances(const std::filesystem::path& path);

}  // namespace hysteron
