#pragma once
#include <string>
#include <vector>

#include <hysteron/parameters.hpp>
#include <hysteron/recurrence.hpp>

namespace hysteron {

/// How the layers of a network are built. double_layer (Lambrechts et al. 2023, 5.3): each layer is two cells, each
/// with half of the units, that read the same input and whose outputs stand side by side; only the first half is warmed
/// up.
enum class Structure { stack, double_layer };

std::string to_string(Structure structure);        ///< "stack", "double": as in configurations and files
Structure structure_named(std::string_view name);  ///< throws a usage error

struct ModelShape {
  const CellInfo* cell = nullptr;
  int units = 0;  ///< in a layer, both halves of a double layer together
  int layers = 1;
  Structure structure = Structure::stack;
  int inputs = 0;
  int outputs = 0;  ///< of the linear read-out; 0: there is none
};

/// One cell of a network.
struct LayerPart {
  int layer = 0, part = 0;
};

/// A population of networks of one shape: a stack of layers and a linear read-out over one block of parameters.
template <class Real>
class Model {
 public:
  /// All parameters are zero. Throws a usage error for an impossible shape (no units, a double layer with an odd number
  /// of units).
  Model(Backend& backend, const ModelShape& shape, int replicas);

  const ModelShape& shape() const { return shape_; }
  int replicas() const { return parameters_.replicas(); }
  Backend& backend() { return *backend_; }
  Parameters<Real>& parameters() { return parameters_; }

  int parts() const { return shape_.structure == Structure::double_layer ? 2 : 1; }  ///< cells in a layer
  int part_units() const { return shape_.units / parts(); }
  /// Every part of every layer, from the inputs up.
  std::vector<LayerPart> every_part() const;
  int layer_inputs(int layer) const { return layer == 0 ? shape_.inputs : shape_.units; }
  /// The width of the states of one part of one layer, an LSTM's h and c side by side.
  int state_width() const { return shape_.cell->state * part_units(); }
  /// The states of all parts side by side, in the order of every_part: their total width, and the column where those of
  /// one part begin.
  int states_width() const { return shape_.layers * parts() * state_width(); }
  std::ptrdiff_t state_column(int layer, int part) const {
    return (std::ptrdiff_t(layer) * parts() + part) * state_width();
  }

  CellWeights<Real> weights(int layer, int part) { return cell_weights(layer, part, false); }
  CellWeights<Real> gradients(int layer, int part) { return cell_weights(layer, part, true); }

 private:
  CellWeights<Real> cell_weights(int layer, int part, bool gradients);

  Backend* backend_;
  ModelShape shape_;
  Parameters<Real> parameters_;
};

/// The prefixes of the names of a network's parameters in a file.
struct NamePrefixes {
  std::vector<std::string> parts;  ///< of a layer: "rnn."
  std::string readout = "readout.";
};

/// The prefixes in files of this library: "rnn."; with double layers "rnn.first." and "rnn.second.".
NamePrefixes usual_name_prefixes(Structure structure);

/// The slices of a model's parameters in the order of torch.nn: layer by layer and part by part, weight_ih, weight_hh,
/// bias_ih, bias_hh; then readout.weight [outputs, units], readout.bias [outputs].
std::vector<ParameterSlice> parameter_slices(const ModelShape& shape, const NamePrefixes& prefixes);
std::vector<ParameterSlice> parameter_slices(const ModelShape& shape);  ///< with the usual prefixes

extern template class Model<float>;
extern template class Model<double>;

}  // namespace hysteron
