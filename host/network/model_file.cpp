#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include <fmt/format.h>

#include <hysteron/io.hpp>

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

// A network that no metadata describes: "PREFIXweight_ih_l0".
struct Anatomy {
  std::set<std::string> prefixes;
  int layers = 0;
};

Anatomy anatomy(const Safetensors& file) {
  Anatomy found;
  for (const NamedArray& tensor : file.tensors) {
    for (const std::string_view refused : {"_reverse", "weight_hr_l"})
      if (tensor.name.find(refused) != std::string::npos)
        throw data_error({.what = "bidirectional networks and projections (proj_size) are not supported",
                          .expected = "weight_ih_l0, weight_hh_l0, bias_ih_l0, …",
                          .found = "\"" + tensor.name + "\"",
                          .hint = "make the network with bidirectional=False and proj_size=0"});
    const std::size_t at = tensor.name.rfind("weight_ih_l");
    if (at == std::string::npos) continue;
    found.prefixes.insert(tensor.name.substr(0, at));
    found.layers = std::max(found.layers, 1 + std::atoi(tensor.name.c_str() + at + 11));
  }
  if (found.prefixes.empty()) {
    std::string names;
    for (const NamedArray& tensor : file.tensors) names += (names.empty() ? "" : ", ") + tensor.name;
    throw data_error({.what = "no recurrent layer in the file",
                      .expected = "a tensor called weight_ih_l0, with any prefix",
                      .found = names.empty() ? "no tensors" : names,
                      .hint = "save the state_dict of a module with an nn.GRU, nn.LSTM or nn.RNN"});
  }
  if (found.prefixes.size() > 2)
    throw data_error({.what = "more than one recurrent network in the file",
                      .expected = "one prefix before weight_ih_l0",
                      .found = fmt::format("{}", fmt::join(found.prefixes, ", ")),
                      .hint = "save the networks in files of their own"});
  return found;
}

// The name prefix of the linear layer that reads the top layer: "readout.", or that of the only layer that fits; empty:
// there is none.
std::string readout_prefix(const Safetensors& file, std::int64_t units) {
  std::vector<std::string> fitting;
  for (const NamedArray& tensor : file.tensors) {
    if (!tensor.name.ends_with(".weight") || tensor.array.shape.size() != 2 || tensor.array.shape[1] != units) continue;
    const std::string prefix = tensor.name.substr(0, tensor.name.size() - 6);
    const Array* const bias = file.find(prefix + "bias");
    if (!bias || bias->shape != std::vector<std::int64_t>{tensor.array.shape[0]}) continue;
    if (prefix == "readout." || prefix.ends_with(".readout.")) return prefix;
    fitting.push_back(prefix);
  }
  return fitting.size() == 1 ? fitting[0] : "";
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

// Every parameter must be present, with its shape.
void check_parameters(const StoredModel& stored) {
  const std::vector<ParameterSlice> slices = parameter_slices(stored.shape);
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const Array* const found = stored.file.find(stored.names[s]);
    const Role role = slices[s].role;
    const bool second_bias = role == Role::unit && stored.shape.cell->layout.unit == UnitPlace::bias_hh;
    const bool bias = role == Role::bias_ih || second_bias || role == Role::readout_bias;
    if (!found)
      throw data_error(
          {.what = "parameter \"" + stored.names[s] + "\" is missing",
           .expected = shape_text(file_shape(slices[s])) + " (" + shape_words(stored.shape) + ")",
           .hint = bias ? "make the network with bias=True" : "is it another cell? pass its name with --cell"});
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

StoredModel ours(Safetensors file, std::string_view cell) {
  const auto text = [&](const std::string& key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? std::string() : found->second;
  };
  if (!cell.empty() && text("cell") != cell)
    throw usage_error({.what = "--cell names another cell than the file",
                       .expected = text("cell"),
                       .found = std::string(cell),
                       .hint = "leave --cell out: the file tells"});
  StoredModel stored;
  stored.shape = {.cell = &cell_named(text("cell")),
                  .units = metadata_number(file, "units"),
                  .layers = metadata_number(file, "layers"),
                  .structure = structure_named(text("structure")),
                  .inputs = metadata_number(file, "inputs"),
                  .outputs = metadata_number(file, "outputs")};
  // The tensors must bear the sizes out before anything is made from them.
  const Anatomy found = anatomy(file);
  if (stored.shape.layers != found.layers || stored.shape.units < 1 || stored.shape.inputs < 1)
    throw data_error({.what = "the metadata does not fit the tensors",
                      .expected = fmt::format("{} layers", found.layers),
                      .found = fmt::format("layers = {}, units = {}, inputs = {}", stored.shape.layers,
                                           stored.shape.units, stored.shape.inputs),
                      .hint = "write the file anew, or remove its __metadata__ and pass --cell"});
  for (const ParameterSlice& slice : parameter_slices(stored.shape)) stored.names.push_back(slice.name);
  stored.file = std::move(file);
  return stored;
}

StoredModel foreign(Safetensors file, std::string_view cell) {
  if (cell.empty()) {
    std::string known;
    for (const CellInfo& one : every_cell())
      if (!one.torch.empty())
        known += fmt::format("{}{} for an {}", known.empty() ? "pass --cell " : ", ", one.name, one.torch);
    throw usage_error({.what = "the file does not say which cell its network has",
                       .expected = "--cell NAME, since the file has no hysteron metadata",
                       .hint = known});
  }
  const Anatomy found = anatomy(file);
  const bool halves = found.prefixes.size() == 2;
  StoredModel stored;
  stored.shape.cell = &cell_named(cell);
  stored.shape.layers = found.layers;
  stored.shape.structure = halves ? Structure::double_layer : Structure::stack;
  const std::string first = *found.prefixes.begin(), second = *found.prefixes.rbegin();
  if (halves && !(first.ends_with("first.") && second.ends_with("second.")))
    throw data_error({.what = "two recurrent networks in the file",
                      .expected = "one prefix before weight_ih_l0, or the halves of a double layer, first. and second.",
                      .found = first + " and " + second,
                      .hint = "save the networks in files of their own"});
  const Array& weight = file.at(first + "weight_ih_l0");
  const int gates = stored.shape.cell->input;
  if (weight.shape.size() != 2 || weight.shape[0] < 1 || weight.shape[0] % gates != 0 || weight.shape[1] < 1)
    throw data_error({.what = "parameter \"" + first + "weight_ih_l0\" has the wrong shape",
                      .expected = fmt::format("[{} x units, inputs] ({})", gates, cell),
                      .found = shape_text(weight.shape),
                      .hint = "is it another cell? pass its name with --cell"});
  stored.shape.inputs = static_cast<int>(weight.shape[1]);
  stored.shape.units = static_cast<int>(weight.shape[0] / gates) * (halves ? 2 : 1);
  const std::string readout = readout_prefix(file, stored.shape.units);
  if (!readout.empty()) stored.shape.outputs = static_cast<int>(file.at(readout + "bias").shape[0]);
  const std::vector<std::string> parts = halves ? std::vector{first, second} : std::vector{first};
  for (const ParameterSlice& slice : parameter_slices(stored.shape, {.parts = parts, .readout = readout}))
    stored.names.push_back(slice.name);
  stored.file = std::move(file);
  return stored;
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

StoredModel read_model(const std::filesystem::path& path, std::string_view cell) {
  return doing("reading the model " + path.string(), [&] {
    Safetensors file = read_safetensors(path);
    const auto found = file.metadata.find("format");
    const bool is_ours = found != file.metadata.end() && found->second == format;
    StoredModel stored = is_ours ? ours(std::move(file), cell) : foreign(std::move(file), cell);
    check_parameters(stored);
    for (const std::string& name : stored.names) to_doubles(stored.file.at(name), "parameter \"" + name + "\"");
    return stored;
  });
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
