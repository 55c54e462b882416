#include "data/polyphonic_music.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/json.hpp"
#include "files/unpacked_file.hpp"

namespace hysteron {
namespace {

constexpr auto keys = static_cast<std::size_t>(piano_keys);

Error malformed_songs(const std::string& where, std::string expected, std::string found) {
  return data_error({.what = where + " is not a collection of songs",
                     .expected = std::move(expected),
                     .found = std::move(found),
                     .hint = "hysteron data check says whether a file is the known one"});
}

std::string shown(const Json& json) {
  const std::string text = json_line(json);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

Chord read_chord(const Json& step, const std::string& where) {
  if (!step.is_array()) throw malformed_songs(where, "a list of notes", shown(step));
  Chord chord;
  for (const Json& note : step) {
    if (!note.is_number_integer()) throw malformed_songs(where, "MIDI notes as whole numbers", shown(note));
    const auto key = note.get<std::int64_t>() - lowest_note;
    if (key < 0 || key >= piano_keys) throw malformed_songs(where, "MIDI notes from 21 to 108", shown(note));
    chord.push_back(static_cast<std::uint8_t>(key));
  }
  return chord;
}

std::vector<Song> read_part(const Json& json, const char* part, const std::string& name) {
  const auto found = json.find(part);
  if (found == json.end() || !found->is_array() || found->empty())
    throw malformed_songs(name, fmt::format("a list of songs as \"{}\"", part),
                          found == json.end() ? "none" : shown(*found));
  std::vector<Song> songs;
  for (const Json& song : *found) {
    const std::string where = fmt::format("{}: {}[{}]", name, part, songs.size());
    if (!song.is_array() || song.empty()) throw malformed_songs(where, "a list of steps, one at least", shown(song));
    Song read;
    for (const Json& step : song) read.push_back(read_chord(step, fmt::format("{}[{}]", where, read.size())));
    songs.push_back(std::move(read));
  }
  return songs;
}

int predictions(const Song& song) { return static_cast<int>(song.size()) - 1; }

void sound(const Chord& chord, float* notes) {
  for (const std::uint8_t key : chord) notes[key] = 1;
}

}  // namespace

Songs read_songs(const std::filesystem::path& path) {
  const std::string name = path.string();
  const Json json = parse_json(unpacked_text(path), name);
  if (!json.is_object()) throw malformed_songs(name, "an object with train, valid and test", json.type_name());
  return {.train = read_part(json, "train", name),
          .valid = read_part(json, "valid", name),
          .test = read_part(json, "test", name)};
}

int longest_piece(const std::vector<Song>& songs, int most_steps) {
  int longest = 0;
  for (const Song& song : songs) longest = std::max(longest, predictions(song));
  return most_steps > 0 ? std::min(longest, most_steps) : longest;
}

Sequences next_step_sequences(const std::vector<Song>& songs, int most_steps, int steps) {
  Sequences sequences;
  sequences.steps = sequences.target_steps = steps;
  sequences.features = sequences.outputs = piano_keys;
  const int cut = most_steps > 0 ? most_steps : std::max(steps, 1);
  for (const Song& song : songs)
    for (int first = 0; first < predictions(song); first += cut)
      sequences.lengths.push_back(std::min(cut, predictions(song) - first));
  sequences.count = static_cast<int>(sequences.lengths.size());
  const std::size_t size = static_cast<std::size_t>(steps) * keys;
  sequences.inputs.resize(size * sequences.lengths.size());
  sequences.targets.resize(size * sequences.lengths.size());
  std::size_t at = 0;
  for (const Song& song : songs)
    for (int first = 0; first < predictions(song); first += cut, at += size)
      for (std::size_t step = 0; step < static_cast<std::size_t>(std::min(cut, predictions(song) - first)); ++step) {
        const std::size_t in_song = static_cast<std::size_t>(first) + step;
        sound(song[in_song], sequences.inputs.data() + at + step * keys);
        sound(song[in_song + 1], sequences.targets.data() + at + step * keys);
      }
  return sequences;
}

namespace {

// How often each note sounds; `steps`: in how many steps.
std::array<double, keys> count_notes(const Sequences& sequences, double& steps) {
  std::array<double, keys> sounding{};
  for (std::size_t at = 0; at < sequences.targets.size(); ++at)
    sounding[at % keys] += static_cast<double>(sequences.targets[at]);
  steps = 0;
  for (const int length : sequences.lengths) steps += length;
  return sounding;
}

}  // namespace

double loss_of_frequencies(const Sequences& known, const Sequences& asked) {
  double known_steps = 0, asked_steps = 0, loss = 0;
  const std::array<double, keys> learned = count_notes(known, known_steps), there = count_notes(asked, asked_steps);
  for (std::size_t key = 0; key < keys; ++key) {
    const double expected = (learned[key] + 0.5) / (known_steps + 1);  // a note never heard is not impossible
    loss -= there[key] * std::log(expected) + (asked_steps - there[key]) * std::log1p(-expected);
  }
  return loss / asked_steps;
}

}  // namespace hysteron
