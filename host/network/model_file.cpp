#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <hysteron/io.hpp>

#include "files/safetensors.hpp"
#include "network/foreign_model.hpp"

namespace hysteron {
namespace {

constexpr std::string_view format = "hysteron-model/1";

template <class Real>
std::vector<Real> parameter_values(Model<Real>& model, int replica, const ParameterSlice& slice) {
  std::vector<Real> values(static_cast<std::size_t>(slice.size()));
  model.backend().copy_out(values.data(), model.parameters().values(slice).at(replica, 0),
                           values.size() * sizeof(Real));
  return values;
}

std::vector<std::int64_t> file_shape(const ParameterSlice& slice) { return {slice.shape.begin(), slice.shape.end()}; }

std::string shape_words(const ModelShape& shape) {
  return fmt::format("{}, {} units, {} layer{}", shape.cell->name, shape.units, shape.layers,
                     shape.layers == 1 ? "" : "s");
}

int metadata_number(const Safetensors& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  int value = -1;
  if (found != file.metadata.end()) {
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) value = -1;
  }
  if (value < 0)
    throw data_error({.what = fmt::format("the metadata of a {} file must tell \"{}\"", format, key),
                      .expected = "a whole number of 0 or more",
                      .found = found == file.metadata.end() ? "nothing" : "\"" + found->second + "\"",
                      .hint = "write the file anew, or remove its __metadata__ and pass --cell"});
  return value;
}

// What to try when a weight has the shape of another cell: a weight [rows, units] between units, or one [rows, ..] from
// below, whose units follow from the file's shape for the expected cell.
std::string cell_hint(const StoredModel& stored, const std::vector<ParameterSlice>& slices, std::size_t s) {
  const Array& weight = stored.file.at(stored.names[s]);
  const bool of_units = slices[s].role == Role::unit && stored.shape.cell->layout.unit == UnitPlace::weight_hh;
  const bool recurrent = (slices[s].role == Role::weight_hh || of_units) && weight.shape.size() == 2;
  const std::int64_t units = recurrent ? weight.shape[1] : stored.shape.units;
  const Array* const below = recurrent && s > 0 ? stored.file.find(stored.names[s - 1]) : &weight;
  std::string cells;
  for (const CellInfo& cell : every_cell()) {
    const bool fits = below && below->shape.size() == 2 && below->shape[0] == cell.input * units &&
                      (!recurrent || weight.shape[0] == cell.matrices() * units);
    if (cell.name != stored.shape.cell->name && fits)
      cells += fmt::format("{}--cell {}", cells.empty() ? "" : " or ", cell.name);
  }
  return cells.empty() ? "check the units and the layers of the network" : "another cell's shape: pass " + cells;
}

bool is_bias(const ParameterSlice& slice, const CellInfo& cell) {
  return slice.role == Role::bias_ih || slice.role == Role::readout_bias ||
         (slice.role == Role::unit && cell.layout.unit == UnitPlace::bias_hh);
}

// Every parameter must be present, with its shape.
void check_parameters(const StoredModel& stored) {
  const std::vector<ParameterSlice> slices = parameter_slices(stored.shape);
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const Array* const found = stored.file.find(stored.names[s]);
    if (!found && (stored.file.find(stored.names[s] + "_v") || stored.file.find(stored.names[s] + "_orig")))
      throw data_error(
          {.what = "parameter \"" + stored.names[s] + "\" is stored as something else",
           .expected = "the weight itself",
           .found = "what a weight norm, spectral norm or pruning makes it of",
           .hint = "torch.nn.utils.remove_weight_norm, remove_spectral_norm or prune.remove before saving"});
    if (!found)
      throw data_error({.what = "parameter \"" + stored.names[s] + "\" is missing",
                        .expected = shape_text(file_shape(slices[s])) + " (" + shape_words(stored.shape) + ")",
                        .hint = is_bias(slices[s], *stored.shape.cell)
                                    ? "made with bias=False? --no-bias takes zeros for it"
                                    : "is it another cell? pass its name with --cell"});
    if (found->shape != file_shape(slices[s]))
      throw data_error({.what = "parameter \"" + stored.names[s] + "\" has the wrong shape",
                        .expected = shape_text(file_shape(slices[s])) + " (" + shape_words(stored.shape) + ")",
                        .found = shape_text(found->shape),
                        .hint = cell_hint(stored, slices, s)});
    if (found->dtype != DType::f32 && found->dtype != DType::f64)
      throw data_error({.what = "parameter \"" + stored.names[s] + "\" has the wrong type",
                        .expected = "float32 or float64",
                        .found = std::string(dtype_name(found->dtype)),
                        .hint = "convert it with .float()"});
  }
}

StoredModel our_model(Safetensors file, const ModelReading& reading) {
  const auto text = [&](const std::string& key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? std::string() : found->second;
  };
  const auto expect = [](const char* option, const std::string& told, const std::string& found) {
    if (!told.empty() && told != found)
      throw usage_error({.what = fmt::format("{} names another than the file", option),
                         .expected = found,
                         .found = told,
                         .hint = fmt::format("leave {} out: the file tells", option)});
  };
  expect("--cell", reading.cell, text("cell"));
  expect("--nonlinearity", reading.nonlinearity, text("cell") == "elman_relu" ? "relu" : "tanh");
  expect("--recurrent", reading.recurrent, "rnn");
  if (reading.readout != "none") expect("--readout", reading.readout, "readout");
  StoredModel stored;
  stored.shape = {.cell = &cell_named(text("cell")),
                  .units = metadata_number(file, "units"),
                  .layers = metadata_number(file, "layers"),
                  .structure = structure_named(text("structure")),
                  .inputs = metadata_number(file, "inputs"),
                  .outputs = reading.readout == "none" ? 0 : metadata_number(file, "outputs")};
  // The tensors must bear the sizes out before anything is made from them.
  int layers = 0;
  for (const RecurrentModule& module : recurrent_modules(file)) layers = std::max(layers, module.layers);
  if (stored.shape.layers != layers || stored.shape.units < 1 || stored.shape.inputs < 1)
    throw data_error({.what = "the metadata does not fit the tensors",
                      .expected = fmt::format("{} layers", layers),
                      .found = fmt::format("layers = {}, units = {}, inputs = {}", stored.shape.layers,
                                           stored.shape.units, stored.shape.inputs),
                      .hint = "write the file anew, or remove its __metadata__ and pass --cell"});
  for (const ParameterSlice& slice : parameter_slices(stored.shape)) stored.names.push_back(slice.name);
  stored.file = std::move(file);
  return stored;
}

// Biases of zeros for those that the file lacks, in the type of the network's first weight.
void add_missing_biases(StoredModel& stored) {
  const std::vector<ParameterSlice> slices = parameter_slices(stored.shape);
  const Array* const weight = stored.file.find(stored.names.front());
  const DType type = weight && weight->dtype == DType::f64 ? DType::f64 : DType::f32;
  int added = 0;
  for (std::size_t s = 0; s < slices.size(); ++s) {
    if (!is_bias(slices[s], *stored.shape.cell) || stored.file.find(stored.names[s])) continue;
    stored.file.tensors.push_back(
        {stored.names[s],
         {type, file_shape(slices[s]),
          std::vector<std::byte>(static_cast<std::size_t>(slices[s].size()) * item_size(type))}});
    ++added;
  }
  if (added > 0)
    stored.taken += fmt::format("; zeros for {} bias{} that the file lacks", added, added == 1 ? "" : "es");
}

// Adds the tensors that no parameter is read from to what is said of the file.
void say_left_out(StoredModel& stored) {
  constexpr int most = 20;
  const std::set<std::string> used(stored.names.begin(), stored.names.end());
  std::string names;
  int count = 0;
  for (const NamedArray& tensor : stored.file.tensors)
    if (!used.contains(tensor.name) && ++count <= most)
      names += fmt::format("{}{} {}", names.empty() ? "" : ", ", tensor.name, shape_text(tensor.array.shape));
  if (count > most) names += fmt::format(" and {} more", count - most);
  if (count > 0) stored.taken += (stored.taken.empty() ? "left out: " : "; left out: ") + names;
}

}  // namespace

bool StoredModel::is_double() const {
  return std::ranges::any_of(names, [&](const std::string& name) { return file.at(name).dtype == DType::f64; });
}

std::uint64_t StoredModel::seed() const {
  const auto found = file.metadata.find("seed");
  std::uint64_t seed = 1;
  if (found != file.metadata.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), seed);
  return seed;
}

StoredModel read_model(const std::filesystem::path& path, const ModelReading& reading) {
  return doing("reading the model " + path.string(), [&] {
    Safetensors file = read_safetensors(path);
    const auto found = file.metadata.find("format");
    const bool is_ours = found != file.metadata.end() && found->second == format;
    StoredModel stored = is_ours ? our_model(std::move(file), reading) : foreign_model(std::move(file), reading);
    if (reading.biases == MissingBiases::zeros) add_missing_biases(stored);
    check_parameters(stored);
    say_left_out(stored);
    for (const std::string& name : stored.names) to_doubles(stored.file.at(name), "parameter \"" + name + "\"");
    return stored;
  });
}

StoredModel read_model(const std::filesystem::path& path, std::string_view cell) {
  return read_model(path, ModelReading{.cell = std::string(cell)});
}

template <class Real>
void put_parameters(const StoredModel& stored, Model<Real>& model, int replica) {
  const std::vector<ParameterSlice>& slices = model.parameters().slices();
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const std::vector<double> values = to_doubles(stored.file.at(stored.names[s]), stored.names[s]);
    const std::vector<Real> rounded(values.begin(), values.end());
    model.backend().copy_in(model.parameters().values(slices[s]).at(replica, 0), rounded.data(),
                            rounded.size() * sizeof(Real));
  }
}

template <class Real>
Safetensors with_parameters(const StoredModel& stored, Model<Real>& model, int replica) {
  Safetensors file = stored.file;
  const std::vector<ParameterSlice>& slices = model.parameters().slices();
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const auto place = std::find_if(file.tensors.begin(), file.tensors.end(),
                                    [&](const NamedArray& tensor) { return tensor.name == stored.names[s]; });
    const std::vector<Real> values = parameter_values(model, replica, slices[s]);
    if (place->array.dtype == DType::f32) {
      place->array = make_array(place->array.shape, std::vector<float>(values.begin(), values.end()));
    } else {
      place->array = make_array(place->array.shape, std::vector<double>(values.begin(), values.end()));
    }
  }
  return file;
}

template <class Real>
Model<Real> network_of(Backend& backend, const StoredModel& stored, int replicas) {
  Model<Real> model(backend, stored.shape, replicas);
  for (int replica = 0; replica < replicas; ++replica) put_parameters(stored, model, replica);
  return model;
}

template <class Real>
Safetensors model_file(Model<Real>& model, int replica, std::string_view task, std::uint64_t seed) {
  const ModelShape& shape = model.shape();
  Safetensors file;
  file.metadata = {{"format", std::string(format)},
                   {digest_key, ""},
                   {"cell", std::string(shape.cell->name)},
                   {"units", std::to_string(shape.units)},
                   {"layers", std::to_string(shape.layers)},
                   {"structure", to_string(shape.structure)},
                   {"inputs", std::to_string(shape.inputs)},
                   {"outputs", std::to_string(shape.outputs)},
                   {"task", std::string(task)},
                   {"seed", std::to_string(seed)}};
  for (const ParameterSlice& slice : model.parameters().slices())
    file.tensors.push_back({slice.name, make_array(file_shape(slice), parameter_values(model, replica, slice))});
  return file;
}

template Model<float> network_of(Backend&, const StoredModel&, int);
template Model<double> network_of(Backend&, const StoredModel&, int);
template void put_parameters(const StoredModel&, Model<float>&, int);
template void put_parameters(const StoredModel&, Model<double>&, int);
template Safetensors with_parameters(const StoredModel&, Model<float>&, int);
template Safetensors with_parameters(const StoredModel&, Model<double>&, int);
template Safetensors model_file(Model<float>&, int, std::string_view, std::uint64_t);
template Safetensors model_file(Model<double>&, int, std::string_view, std::uint64_t);

}  // namespace hysteron
