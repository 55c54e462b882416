#include "files/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <hysteron/error.hpp>

#include "files/array.hpp"
#include "files/atomic_file.hpp"
#include "files/digest.hpp"
#include "files/dtype.hpp"
#include "files/json.hpp"

namespace hysteron {
namespace {

constexpr std::uint64_t longest_header = 100'000'000;  // the reference implementation's limit
const std::string zeros(64, '0');

Error malformed_safetensors(std::string what, std::string expected, std::string found) {
  return data_error({.what = std::move(what),
                     .expected = std::move(expected),
                     .found = std::move(found),
                     .hint = "the file is cut short or damaged, or not a safetensors file; write it again"});
}

struct Entry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  ///< in the values
};

DType dtype_of(const std::string& tensor, const std::string& text) {
  for (const DTypeFacts& facts : every_dtype)
    if (facts.safetensors == text) return facts.dtype;
  throw data_error({.what = fmt::format("tensor \"{}\" has a dtype that is not known", tensor),
                    .expected = "F32, F64, F16, BF16, I64, U8 and their like",
                    .found = text,
                    .hint = "in PyTorch: tensor.to(torch.float32) before saving"});
}

std::vector<std::uint64_t> numbers(const std::string& tensor, const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array())
    throw malformed_safetensors(fmt::format("tensor \"{}\" has no \"{}\"", tensor, key), "a list of integers",
                                found == entry.end() ? "none" : found->type_name());
  std::vector<std::uint64_t> values;
  for (const Json& value : *found) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::uint64_t{1} << 62)
      throw malformed_safetensors(fmt::format("tensor \"{}\" has a wrong \"{}\"", tensor, key),
                                  "integers from 0 to 2^62", json_line(value));
    values.push_back(value.get<std::uint64_t>());
  }
  return values;
}

Entry entry_of(const std::string& name, const Json& json, std::uint64_t available) {
  if (!json.is_object())
    throw malformed_safetensors(fmt::format("tensor \"{}\" is not described", name), "an object", json.type_name());
  for (const auto& [key, value] : json.items())
    if (key != "dtype" && key != "shape" && key != "data_offsets")
      throw malformed_safetensors(fmt::format("tensor \"{}\" has an unknown key", name),
                                  "dtype, shape and data_offsets", key);
  const auto dtype = json.find("dtype");
  if (dtype == json.end() || !dtype->is_string())
    throw malformed_safetensors(fmt::format("tensor \"{}\" has no dtype", name), "a string",
                                dtype == json.end() ? "none" : dtype->type_name());
  Entry entry{.name = name, .dtype = dtype_of(name, dtype->get<std::string>()), .shape = {}};
  for (const std::uint64_t extent : numbers(name, json, "shape"))
    entry.shape.push_back(static_cast<std::int64_t>(extent));

  const std::vector<std::uint64_t> offsets = numbers(name, json, "data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > available)
    throw malformed_safetensors(fmt::format("tensor \"{}\" lies outside of the file", name),
                                fmt::format("data_offsets [begin, end] with 0 <= begin <= end <= {}", available),
                                fmt::format("[{}]", fmt::join(offsets, ", ")));
  entry.begin = offsets[0];
  entry.end = offsets[1];
  const std::uint64_t bytes = doing(fmt::format("checking tensor \"{}\"", name),
                                    [&] { return bytes_of_shape(entry.dtype, entry.shape, available); });
  if (bytes != entry.end - entry.begin)
    throw malformed_safetensors(
        fmt::format("tensor \"{}\" does not fill its place", name),
        fmt::format("{} bytes for {} {}", bytes, dtype_name(entry.dtype), shape_text(entry.shape)),
        fmt::format("{}", entry.end - entry.begin));
  return entry;
}

void expect_no_gaps(const std::vector<Entry>& entries, std::uint64_t available) {
  std::vector<const Entry*> ordered;
  for (const Entry& entry : entries) ordered.push_back(&entry);
  std::sort(ordered.begin(), ordered.end(),
            [](const Entry* a, const Entry* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
  std::uint64_t end = 0;
  for (const Entry* const entry : ordered) {
    if (entry->begin != end)
      throw malformed_safetensors(
          fmt::format("tensor \"{}\" {}", entry->name, entry->begin < end ? "overlaps another" : "follows a gap"),
          fmt::format("a begin at byte {}", end), fmt::format("{}", entry->begin));
    end = entry->end;
  }
  if (end != available)
    throw malformed_safetensors("bytes that belong to no tensor", fmt::format("an end at byte {} of the values", end),
                                fmt::format("{}", available));
}

std::map<std::string, std::string> metadata_of(const Json& json) {
  if (!json.is_object()) throw malformed_safetensors("__metadata__ is malformed", "an object", json.type_name());
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string())
      throw malformed_safetensors(fmt::format("__metadata__ \"{}\" is no text", key), "a string", value.type_name());
    metadata.emplace(key, value.get<std::string>());
  }
  return metadata;
}

std::string header_of(const Safetensors& file, const std::vector<std::size_t>& placed) {
  std::vector<std::uint64_t> begins(file.tensors.size());
  std::uint64_t end = 0;
  for (const std::size_t i : placed) {
    begins[i] = end;
    end += file.tensors[i].array.bytes.size();
  }
  Json header = Json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::set<std::string_view> names{"__metadata__"};
  for (std::size_t i = 0; i < file.tensors.size(); ++i) {
    const auto& [name, array] = file.tensors[i];
    if (!names.insert(name).second) throw defect({.what = "a tensor's name twice in a file", .found = name});
    if (bytes_of_shape(array.dtype, array.shape, array.bytes.size()) != array.bytes.size())
      throw defect({.what = "a tensor that does not fill its shape", .found = name});
    header[name] = {{"dtype", facts_of(array.dtype).safetensors},
                    {"shape", array.shape},
                    {"data_offsets", {begins[i], begins[i] + array.bytes.size()}}};
  }
  std::string text = json_line(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

/// Where the digits of the digest are in a header that tells one.
std::size_t digits_in(std::string_view header, std::string_view digits) {
  const std::string member = fmt::format("\"{}\":\"{}\"", digest_key, digits);
  const std::size_t at = header.find(member);
  return at == std::string_view::npos ? at : at + member.size() - 1 - digits.size();
}

/// Of the bytes of a file, whose header has `zeros` where the digits of its digest go.
template <class AddValues>
std::string digest_of_file(std::string_view header, AddValues add_values) {
  const std::uint64_t length = header.size();
  Digest digest;
  digest.add(std::as_bytes(std::span(&length, 1)));
  digest.add(header);
  add_values(digest);
  return digest.hex();
}

/// Calls write(bytes) for every part of the file.
template <class Write>
void compose(Safetensors file, Write write) {
  std::vector<std::size_t> placed(file.tensors.size());
  std::iota(placed.begin(), placed.end(), std::size_t{0});
  std::stable_sort(placed.begin(), placed.end(), [&](std::size_t a, std::size_t b) {
    return item_size(file.tensors[a].array.dtype) > item_size(file.tensors[b].array.dtype);
  });
  const bool has_digest = file.metadata.contains(digest_key);
  if (has_digest) file.metadata[digest_key] = zeros;
  std::string header = header_of(file, placed);
  if (has_digest) {
    const std::string digits = digest_of_file(header, [&](Digest& digest) {
      for (const std::size_t i : placed) digest.add(std::span(file.tensors[i].array.bytes));
    });
    header.replace(digits_in(header, zeros), zeros.size(), digits);
  }
  const std::uint64_t length = header.size();
  write(std::as_bytes(std::span(&length, 1)));
  write(std::as_bytes(std::span(header)));
  for (const std::size_t i : placed) write(std::span(file.tensors[i].array.bytes));
}

void expect_digest(const Source& source, std::string header, const std::string& told) {
  const std::size_t at = digits_in(header, told);
  std::string found = "a digest that is none";
  if (told.size() == zeros.size() && at != std::string::npos) {
    header.replace(at, zeros.size(), zeros);
    found = digest_of_file(header, [&](Digest& digest) {
      constexpr std::uint64_t piece = 1 << 20;
      for (std::uint64_t from = 8 + header.size(); from < source.size(); from += piece)
        digest.add(std::span<const std::byte>(source.read(from, std::min(piece, source.size() - from))));
    });
  }
  if (found == told) return;
  throw data_error(
      {.what = source.name() + " is damaged or was changed",
       .expected = "contents with the SHA-256 " + told,
       .found = found,
       .hint = fmt::format("take a copy of it; a program that changes it leaves out the metadata \"{}\"", digest_key)});
}

}  // namespace

void expect_digest(const Safetensors& file, const std::string& what) {
  if (!file.metadata.contains(digest_key))
    throw data_error({.what = what + " does not tell its digest",
                      .expected = std::string("the metadata \"") + digest_key + "\"",
                      .found = "none",
                      .hint = "it is damaged, or of another version of hysteron"});
}

const Array* Safetensors::find(std::string_view name) const {
  for (const NamedArray& tensor : tensors)
    if (tensor.name == name) return &tensor.array;
  return nullptr;
}

const Array& Safetensors::at(std::string_view name) const {
  if (const Array* const array = find(name)) return *array;
  std::vector<std::string> known;
  for (const NamedArray& tensor : tensors) known.push_back(tensor.name);
  const std::string nearest = nearest_name(name, known);
  throw data_error({.what = fmt::format("there is no tensor \"{}\"", name),
                    .expected = "a file that has it",
                    .found = known.empty() ? "a file without tensors" : fmt::format("only {}", fmt::join(known, ", ")),
                    .hint = nearest.empty() ? "is it the right file?" : fmt::format("did you mean \"{}\"?", nearest)});
}

namespace {

/// Of a file whose first bytes, taken for a length, are none: says what it is instead, where they tell.
void expect_no_other_format(std::uint64_t length) {
  struct Format {
    std::string_view first, name, hint;
  };
  constexpr std::string_view of_torch = "in Python: safetensors.torch.save_file(model.state_dict(), \"m.safetensors\")";
  constexpr Format formats[] = {{"PK\x03\x04", "a zip file, as torch.save writes them (or a .npz)", of_torch},
                                {"\x80\x02", "a Python pickle, as torch.save wrote them", of_torch},
                                {"\x80\x03", "a Python pickle", of_torch},
                                {"\x80\x04", "a Python pickle", of_torch},
                                {"\x80\x05", "a Python pickle", of_torch},
                                {"\x93NUMPY", "a .npy array", "an array goes with --inputs, a network with --model"},
                                {"\x89HDF", "an HDF5 file, as Keras writes them",
                                 "in Python: safetensors.numpy.save_file with PyTorch's names of tensors"}};
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  for (const Format& format : formats)
    if (bytes.starts_with(format.first))
      throw data_error(
          {.what = "not a safetensors file", .found = std::string(format.name), .hint = std::string(format.hint)});
}

}  // namespace

Safetensors read_safetensors(const Source& source) {
  return doing("reading " + source.name(), [&] {
    if (source.size() < 8)
      throw malformed_safetensors("too short for a safetensors file", "8 bytes or more",
                                  fmt::format("{}", source.size()));
    std::uint64_t length = 0;
    source.read(0, std::as_writable_bytes(std::span(&length, 1)));
    const std::uint64_t most = std::min(longest_header, source.size() - 8);
    if (length > most) expect_no_other_format(length);
    if (length > most)
      throw malformed_safetensors("the header is longer than can be", fmt::format("at most {} bytes", most),
                                  fmt::format("{}", length));
    std::string text(length, '\0');
    source.read(8, std::as_writable_bytes(std::span(text)));
    if (!text.starts_with('{'))
      throw malformed_safetensors("the header is not JSON", "\"{\" at its beginning",
                                  text.empty() ? "nothing" : "other bytes");
    const Json header = parse_json(text, "the header");

    const std::uint64_t values_at = 8 + length, available = source.size() - values_at;
    Safetensors file;
    std::vector<Entry> entries;
    for (const auto& [name, json] : header.items()) {
      if (name == "__metadata__")
        file.metadata = metadata_of(json);
      else
        entries.push_back(entry_of(name, json, available));
    }
    expect_no_gaps(entries, available);
    for (Entry& entry : entries)
      file.tensors.push_back(
          {std::move(entry.name),
           {entry.dtype, std::move(entry.shape), source.read(values_at + entry.begin, entry.end - entry.begin)}});
    if (const auto told = file.metadata.find(digest_key); told != file.metadata.end())
      expect_digest(source, std::move(text), told->second);
    return file;
  });
}

Safetensors read_safetensors(const std::filesystem::path& path) { return read_safetensors(Source(path)); }

std::vector<std::byte> safetensors_bytes(const Safetensors& file) {
  std::vector<std::byte> bytes;
  compose(file, [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  return bytes;
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& file) {
  AtomicFile to(path);
  compose(file, [&](std::span<const std::byte> part) { to.write(part); });
  to.commit();
}

}  // namespace hysteron
