#include <hysteron/model.hpp>

namespace hysteron {

std::string to_string(Structure structure) { return structure == Structure::stack ? "stack" : "double"; }

Structure structure_named(std::string_view name) {
  if (name == "stack") return Structure::stack;
  if (name == "double") return Structure::double_layer;
  const std::vector<std::string> known{"stack", "double"};
  throw unknown_name("structure", name, known);
}

namespace {

const ModelShape& checked(const ModelShape& shape) {
  const auto refuse = [](std::string what, std::string expected, int found) {
    throw usage_error({.what = std::move(what), .expected = std::move(expected), .found = std::to_string(found)});
  };
  if (!shape.cell) throw defect({.what = "a model without a cell"});
  if (shape.units < 1) refuse("a layer needs units", "model.units of 1 or more", shape.units);
  if (shape.layers < 1) refuse("a network needs layers", "model.layers of 1 or more", shape.layers);
  if (shape.inputs < 1) refuse("a network needs inputs", "1 or more", shape.inputs);
  if (shape.outputs < 0) refuse("a read-out cannot have that many outputs", "0 or more", shape.outputs);
  if (shape.structure == Structure::double_layer && shape.units % 2 != 0)
    refuse("a double layer is two halves", "an even number of units", shape.units);
  return shape;
}

}  // namespace

NamePrefixes usual_name_prefixes(Structure structure) {
  if (structure == Structure::stack) return {.parts = {"rnn."}};
  return {.parts = {"rnn.first.", "rnn.second."}};
}

std::vector<ParameterSlice> parameter_slices(const ModelShape& shape, const NamePrefixes& prefixes) {
  const CellInfo& cell = *shape.cell;
  const int parts = static_cast<int>(prefixes.parts.size());
  const std::ptrdiff_t units = shape.units / parts;
  std::vector<ParameterSlice> slices;
  for (int layer = 0; layer < shape.layers; ++layer) {
    const std::ptrdiff_t inputs = layer == 0 ? shape.inputs : shape.units;
    for (int part = 0; part < parts; ++part) {
      const auto add = [&](Role role, std::string_view name, std::vector<std::ptrdiff_t> extents) {
        slices.push_back(
            {.role = role,
             .layer = layer,
             .part = part,
             .name = prefixes.parts[static_cast<std::size_t>(part)] + std::string(name) + "_l" + std::to_string(layer),
             .shape = std::move(extents)});
      };
      const std::ptrdiff_t products = cell.matrices(),
                           bias = cell.input + (cell.layout.unit == UnitPlace::bias_ih ? cell.unit : 0);
      add(Role::weight_ih, "weight_ih", {cell.input * units, inputs});
      if (products > 0) add(Role::weight_hh, "weight_hh", {products * units, units});
      if (cell.layout.unit == UnitPlace::weight_hh) add(Role::unit, "weight_hh", {cell.unit * units});
      add(Role::bias_ih, "bias_ih", {bias * units});
      if (cell.layout.unit == UnitPlace::bias_hh) add(Role::unit, "bias_hh", {cell.unit * units});
    }
  }
  if (shape.outputs > 0) {
    slices.push_back(
        {.role = Role::readout_weight, .name = prefixes.readout + "weight", .shape = {shape.outputs, shape.units}});
    slices.push_back({.role = Role::readout_bias, .name = prefixes.readout + "bias", .shape = {shape.outputs}});
  }
  return slices;
}

std::vector<ParameterSlice> parameter_slices(const ModelShape& shape) {
  return parameter_slices(shape, usual_name_prefixes(shape.structure));
}

template <class Real>
Model<Real>::Model(Backend& backend, const ModelShape& shape, int replicas)
    : backend_(&backend), shape_(checked(shape)), parameters_(backend, replicas, parameter_slices(shape)) {}

template <class Real>
std::vector<LayerPart> Model<Real>::every_part() const {
  std::vector<LayerPart> all;
  for (int layer = 0; layer < shape_.layers; ++layer)
    for (int part = 0; part < parts(); ++part) all.push_back({layer, part});
  return all;
}

template <class Real>
CellWeights<Real> Model<Real>::cell_weights(int layer, int part, bool gradients) {
  const CellInfo& cell = *shape_.cell;
  const auto window = [&](Role role) {
    const ParameterSlice& slice = parameters_.slice(role, layer, part);
    return gradients ? parameters_.gradients(slice) : parameters_.values(slice);
  };
  const std::ptrdiff_t units = part_units();
  const View<Real> bias = window(Role::bias_ih);
  CellWeights<Real> weights;
  weights.input = window(Role::weight_ih);
  weights.bias = bias.columns_from(0, cell.input * units);
  if (cell.matrices() > 0) weights.recurrent = window(Role::weight_hh);
  if (cell.layout.unit == UnitPlace::bias_ih) {
    weights.unit = bias.columns_from(cell.input * units, cell.unit * units);
  } else if (cell.layout.unit != UnitPlace::none) {
    weights.unit = window(Role::unit);
  }
  return weights;
}

template class Model<float>;
template class Model<double>;

}  // namespace hysteron
