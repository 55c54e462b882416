#include "network/foreign_model.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "network/readout_choice.hpp"

namespace hysteron {
namespace {

constexpr std::string_view first_weight = "weight_ih";

/// The number after "_l"; none: another ending.
std::optional<int> layer_number(std::string_view ending) {
  int number = 0;
  if (!ending.starts_with("_l")) return std::nullopt;
  const auto [end, error] = std::from_chars(ending.data() + 2, ending.data() + ending.size(), number);
  if (error != std::errc() || end != ending.data() + ending.size() || number > 1'000'000) return std::nullopt;
  return number;
}

std::string module_name(const RecurrentModule& module) {
  return module.prefix.ends_with('.') ? module.prefix.substr(0, module.prefix.size() - 1) : module.prefix;
}

std::string module_names(const std::vector<RecurrentModule>& modules) {
  std::string names;
  for (const RecurrentModule& module : modules) names += (names.empty() ? "" : ", ") + module_name(module);
  return names;
}

// "cells." of "cells.3.", and the number; none: it does not end so.
std::optional<std::pair<std::string, int>> numbered_name(const RecurrentModule& module) {
  const std::string name = module_name(module);
  const std::size_t dot = name.rfind('.') + 1;  // 0: there is none
  int number = 0;
  const auto [end, error] = std::from_chars(name.data() + dot, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return std::pair(name.substr(0, dot), number);
}

// Modules of one layer each in a list, NAME.0, NAME.1, …: put in that order, or empty if they are none.
std::vector<RecurrentModule> layers_of_list(const std::vector<RecurrentModule>& modules) {
  std::map<int, RecurrentModule> ordered;
  for (const RecurrentModule& module : modules) {
    const auto numbered = numbered_name(module), first = numbered_name(modules.front());
    if (!numbered || !first || numbered->first != first->first || module.layers != 1) return {};
    ordered.emplace(numbered->second, module);
  }
  std::vector<RecurrentModule> layers;
  for (const auto& [number, module] : ordered) layers.push_back(module);
  return layers;
}

bool are_halves(const std::vector<RecurrentModule>& modules) {
  return modules.size() == 2 && modules[0].numbered && modules[1].numbered && modules[0].prefix.ends_with("first.") &&
         modules[1].prefix.ends_with("second.");
}

/// Which modules the network is made of, and how its parameters are called.
struct Recurrent {
  enum class Form { module, halves, list };
  Form form = Form::module;
  std::vector<RecurrentModule> modules = {};

  int layers() const { return form == Form::list ? static_cast<int>(modules.size()) : modules.front().layers; }
  int parts() const { return form == Form::halves ? 2 : 1; }
  std::vector<std::string> prefixes() const {
    std::vector<std::string> all;
    for (const RecurrentModule& module : modules) all.push_back(module.prefix);
    return all;
  }
  /// kind: "weight_ih".
  std::string name(const std::string& kind, int layer, int part) const {
    const RecurrentModule& module = modules[static_cast<std::size_t>(form == Form::list ? layer : part)];
    return module.prefix + kind + (module.numbered ? fmt::format("_l{}", form == Form::list ? 0 : layer) : "");
  }
};

void expect_supported(const RecurrentModule& module) {
  if (!module.unsupported.empty())
    throw data_error({.what = "bidirectional networks and projections (proj_size) are not supported",
                      .expected = "weight_ih_l0, weight_hh_l0, bias_ih_l0, …",
                      .found = "\"" + module.unsupported + "\"",
                      .hint = "make the network with bidirectional=False and proj_size=0"});
}

// "a,b": modules of one layer each, from the inputs up.
Recurrent stack_of(const std::vector<RecurrentModule>& all, const std::string& asked) {
  Recurrent stack{Recurrent::Form::list, {}};
  std::vector<std::string> names;
  for (const RecurrentModule& module : all) names.push_back(module_name(module));
  for (std::size_t at = 0; at <= asked.size();) {
    const std::size_t end = std::min(asked.find(',', at), asked.size());
    const auto found = std::ranges::find(names, asked.substr(at, end - at));
    if (found == names.end()) throw unknown_name("recurrent network", asked.substr(at, end - at), names);
    const RecurrentModule& module = all[static_cast<std::size_t>(found - names.begin())];
    if (module.layers != 1)
      throw usage_error({.what = "a network of several layers cannot be one layer of another",
                         .expected = "--recurrent with names of modules of one layer each",
                         .found = fmt::format("{} of {} layers", *found, module.layers)});
    expect_supported(module);
    stack.modules.push_back(module);
    at = end + 1;
  }
  return stack;
}

Recurrent chosen_recurrent(const std::vector<RecurrentModule>& all, const std::string& asked) {
  if (asked.find(',') != std::string::npos) return stack_of(all, asked);
  std::vector<RecurrentModule> modules;
  for (const RecurrentModule& module : all)
    if (asked.empty() || module_name(module) == asked || module.prefix.starts_with(asked + "."))
      modules.push_back(module);
  if (modules.empty()) {
    std::vector<std::string> names;
    for (const RecurrentModule& module : all) names.push_back(module_name(module));
    throw unknown_name("recurrent network", asked, names);
  }
  for (const RecurrentModule& module : modules) expect_supported(module);
  if (modules.size() == 1) return {Recurrent::Form::module, modules};
  if (are_halves(modules)) return {Recurrent::Form::halves, modules};
  const std::vector<RecurrentModule> list = layers_of_list(modules);
  if (!asked.empty() && !list.empty()) return {Recurrent::Form::list, list};
  const std::string first = module_name(modules.front());
  throw usage_error(
      {.what = "more than one recurrent network in the file",
       .expected = "--recurrent NAME, or the halves of a double layer, first. and second.",
       .found = module_names(modules),
       .hint = list.empty() ? fmt::format("--recurrent {} takes the first alone, --recurrent {},{} two as layers",
                                          first, first, module_name(modules[1]))
                            : fmt::format("--recurrent {} takes them as the layers of one network, --recurrent {} the "
                                          "first alone",
                                          first.substr(0, first.rfind('.')), first)});
}

// The nn.RNN of PyTorch is two cells, which its tensors do not tell apart. `said`: what is to be said of the choice.
const CellInfo& cell_of(const Safetensors& file, const ModelReading& reading, std::string& said) {
  const auto stored = file.metadata.find("nonlinearity");
  const std::string in_file = stored == file.metadata.end() ? "" : stored->second,
                    told = reading.nonlinearity.empty() ? in_file : reading.nonlinearity;
  if (reading.cell == "elman" || (reading.cell.empty() && !told.empty())) {
    const std::string known[] = {"tanh", "relu"};
    if (told.empty()) said = " with tanh, which the file does not say (--nonlinearity relu for the other),";
    if (!told.empty() && std::ranges::find(known, told) == std::end(known))
      throw unknown_name("nonlinearity", told, known);
    return cell_named(told == "relu" ? "elman_relu" : "elman");
  }
  if (!reading.nonlinearity.empty() && !(reading.cell == "elman_relu" && reading.nonlinearity == "relu"))
    throw usage_error({.what = "--nonlinearity does not go with the cell " + reading.cell,
                       .expected = "--cell elman, which is an nn.RNN",
                       .found = "--nonlinearity " + reading.nonlinearity,
                       .hint = "leave it out"});
  if (!reading.cell.empty()) return cell_named(reading.cell);
  std::string known;
  for (const CellInfo& one : every_cell())
    if (!one.torch.empty())
      known += fmt::format("{}{} for an {}", known.empty() ? "pass --cell " : ", ", one.name, one.torch);
  throw usage_error({.what = "the file does not say which cell its network has",
                     .expected = "--cell NAME, since the file has no hysteron metadata",
                     .hint = known});
}

// The sizes that the first layer tells.
void put_sizes(const Safetensors& file, const Recurrent& recurrent, ModelShape& shape) {
  const std::string name = recurrent.name(std::string(first_weight), 0, 0);
  const Array& weight = file.at(name);
  const int gates = shape.cell->input;
  if (weight.shape.size() != 2 || weight.shape[0] < 1 || weight.shape[0] % gates != 0 || weight.shape[1] < 1)
    throw data_error({.what = "parameter \"" + name + "\" has the wrong shape",
                      .expected = fmt::format("[{} x units, inputs] ({})", gates, shape.cell->name),
                      .found = shape_text(weight.shape),
                      .hint = "is it another cell? pass its name with --cell"});
  shape.inputs = static_cast<int>(weight.shape[1]);
  shape.units = static_cast<int>(weight.shape[0] / gates) * recurrent.parts();
}

}  // namespace

std::vector<RecurrentModule> recurrent_modules(const Safetensors& file) {
  std::map<std::string, RecurrentModule> modules;
  for (const NamedArray& tensor : file.tensors) {
    const std::size_t at = tensor.name.rfind(first_weight);
    if (at == std::string::npos) continue;
    const std::string ending = tensor.name.substr(at + first_weight.size());
    const std::optional<int> layer = layer_number(ending);
    if (!ending.empty() && !layer) continue;
    RecurrentModule& module = modules[tensor.name.substr(0, at)];
    module.prefix = tensor.name.substr(0, at);
    module.numbered = layer.has_value();
    module.layers = std::max(module.layers, 1 + layer.value_or(0));
  }
  if (modules.empty()) {
    std::string names;
    for (const NamedArray& tensor : file.tensors) names += (names.empty() ? "" : ", ") + tensor.name;
    throw data_error({.what = "no recurrent layer in the file",
                      .expected = "a tensor called weight_ih_l0 or weight_ih, with any prefix",
                      .found = names.empty() ? "no tensors" : names,
                      .hint = "save the state_dict of a module with an nn.GRU, nn.LSTM or nn.RNN"});
  }
  std::vector<RecurrentModule> all;
  for (auto& [prefix, module] : modules) {
    for (const NamedArray& tensor : file.tensors)
      if (tensor.name.starts_with(prefix + "weight_hr_l") ||
          (tensor.name.starts_with(prefix + "weight_") && tensor.name.ends_with("_reverse")))
        module.unsupported = tensor.name;
    all.push_back(module);
  }
  return all;
}

StoredModel foreign_model(Safetensors file, const ModelReading& reading) {
  StoredModel stored;
  std::string said;
  stored.shape.cell = &cell_of(file, reading, said);
  const Recurrent recurrent = chosen_recurrent(recurrent_modules(file), reading.recurrent);
  stored.shape.layers = recurrent.layers();
  stored.shape.structure = recurrent.form == Recurrent::Form::halves ? Structure::double_layer : Structure::stack;
  put_sizes(file, recurrent, stored.shape);
  const std::string readout = chosen_readout(file, stored.shape, recurrent.prefixes(), reading.readout);
  if (const Array* const weight = readout.empty() ? nullptr : file.find(readout + "weight"))
    stored.shape.outputs = static_cast<int>(weight->shape[0]);
  for (const ParameterSlice& slice : parameter_slices(
           stored.shape,
           {.parts = std::vector<std::string>(static_cast<std::size_t>(recurrent.parts())), .readout = readout})) {
    const bool of_readout = slice.role == Role::readout_weight || slice.role == Role::readout_bias;
    stored.names.push_back(of_readout
                               ? slice.name
                               : recurrent.name(slice.name.substr(0, slice.name.rfind("_l")), slice.layer, slice.part));
  }
  const std::string names = module_names(recurrent.modules),
                    from = names.empty() ? "" : fmt::format(" from \"{}\"", names);
  stored.taken = fmt::format(
      "{}{}{}, {} inputs, {} units, {} layer{}; {}", stored.shape.cell->name, said, from, stored.shape.inputs,
      stored.shape.units, stored.shape.layers, stored.shape.layers == 1 ? "" : "s",
      stored.shape.outputs == 0 ? std::string("no read-out")
                                : fmt::format("read-out \"{}\", {} output{}", readout.substr(0, readout.size() - 1),
                                              stored.shape.outputs, stored.shape.outputs == 1 ? "" : "s"));
  // What was told of an nn.RNN is written back, so that it need not be told again.
  if (!reading.nonlinearity.empty()) file.metadata["nonlinearity"] = reading.nonlinearity;
  stored.file = std::move(file);
  return stored;
}

}  // namespace hysteron
