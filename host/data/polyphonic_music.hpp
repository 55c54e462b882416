#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <hysteron/sequences.hpp>

namespace hysteron {

inline constexpr int piano_keys = 88;     ///< notes that a step may hold
inline constexpr int lowest_note = 21;    ///< as MIDI counts: key 0
using Chord = std::vector<std::uint8_t>;  ///< the keys that sound in a step, 0 .. 87
using Song = std::vector<Chord>;          ///< step by step

/// The songs of one collection, as their authors divided them (Boulanger-Lewandowski, Bengio, Vincent, "Modeling
/// temporal dependencies in high-dimensional sequences", ICML 2012).
struct Songs {
  std::vector<Song> train, valid, test;
};

/// Reads {"train": [song, ..], "valid": .., "test": ..}, gzipped or not: a song is a list of steps, a step a list of
/// MIDI notes 21 .. 108, none, one or several. Throws data errors that say which step is wrong.
Songs read_songs(const std::filesystem::path& path);

/// Next-step prediction: the inputs are all steps of a song but the last, the targets all but the first, each 88 values
/// of 0 or 1. Songs longer than `most_steps` predictions are cut into pieces of that length, each a sequence of its
/// own, so that every step but a song's first is predicted once; 0: no song is cut. Songs of a single step are left
/// out. All sequences have `steps` steps in memory: most_steps, or as many as the longest.
Sequences next_step_sequences(const std::vector<Song>& songs, int most_steps, int steps);

/// The steps that next_step_sequences needs for these songs.
int longest_piece(const std::vector<Song>& songs, int most_steps);

/// The loss (binary cross-entropy per step) of a predictor that always expects each note as often as it sounds in
/// `known`.
double loss_of_frequencies(const Sequences& known, const Sequences& asked);

}  // namespace hysteron
