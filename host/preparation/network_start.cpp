#include "preparation/network_start.hpp"

#include <string>
#include <vector>

#include "preparation/draws.hpp"
#include "preparation/suitable_cells.hpp"

namespace hysteron {
namespace {

/// A parameter of one replica, changed on the host.
template <class Real>
class Edited {
 public:
  Edited(Model<Real>& model, int replica, const ParameterSlice& slice)
      : model_(&model), replica_(replica), slice_(&slice) {
    std::vector<Real> there(static_cast<std::size_t>(slice_->size()));
    model.backend().copy_out(there.data(), model.parameters().values(*slice_).at(replica, 0),
                             there.size() * sizeof(Real));
    values_.assign(there.begin(), there.end());
  }

  double& at(std::ptrdiff_t row, std::ptrdiff_t column) {
    return values_[static_cast<std::size_t>(row * slice_->columns() + column)];
  }
  std::ptrdiff_t columns() const { return slice_->columns(); }
  void store() { set_parameter(*model_, replica_, *slice_, values_); }

 private:
  Model<Real>* model_;
  int replica_;
  const ParameterSlice* slice_;
  std::vector<double> values_;
};

/// Block `block` of a recurrent weight: `own` in the first p rows and columns, zeros where the two kinds of units meet.
template <class Real, class Entry>
void put_recurrent(Edited<Real>& weight, std::ptrdiff_t block, std::ptrdiff_t units, std::ptrdiff_t p,
                   const Entry& own) {
  for (std::ptrdiff_t i = 0; i < units; ++i)
    for (std::ptrdiff_t j = 0; j < units; ++j)
      if (i < p || j < p) weight.at(block * units + i, j) = i < p && j < p ? own(i, j) : 0.0;
}

template <class Real>
class LayerStart {
 public:
  LayerStart(Model<Real>& model, int replica, int layer, const LinearAutoencoder& autoencoder, double scale)
      : model_(&model),
        replica_(replica),
        layer_(layer),
        units_(model.part_units()),
        p_(autoencoder.components),
        cell_(model.shape().cell),
        autoencoder_(&autoencoder),
        scale_(scale) {}

  /// A deep transition whose state is the memory itself.
  void linear_memory() {
    Edited<Real> input = edit(Role::weight_ih), recurrent = edit(Role::weight_hh), bias = edit(Role::bias_ih);
    put_input(input, 0);
    for (int block = 0; block < cell_->recurrent; ++block) {
      if (block == cell_->linear_memory->matrix)
        put_recurrent(recurrent, block, units_, p_, [&](std::ptrdiff_t i, std::ptrdiff_t j) { return b(i, j); });
      else
        put_recurrent(recurrent, block, units_, p_, zero);
    }
    put_recurrent(recurrent, cell_->recurrent, units_, p_,
                  [](std::ptrdiff_t i, std::ptrdiff_t j) { return i == j ? 1.0 : 0.0; });
    for (std::ptrdiff_t i = 0; i < p_; ++i) {
      bias.at(0, i) = 0;
      bias.at(0, units_ + i) = -mean_input(i);
    }
    input.store(), recurrent.store(), bias.store();
  }

  void candidate(double gate_bias) {
    const Candidate& open = *cell_->candidate;
    Edited<Real> input = edit(Role::weight_ih), recurrent = edit(Role::weight_hh), bias = edit(Role::bias_ih);
    const std::string_view gates = cell_->layout.gates;
    for (std::size_t letter = 0; letter < gates.size(); ++letter) {
      const std::ptrdiff_t block = static_cast<std::ptrdiff_t>(letter);
      const char gate = gates[letter];
      if (gate == open.gate) {
        put_input(input, block);
        put_recurrent(recurrent, block, units_, p_, [&](std::ptrdiff_t i, std::ptrdiff_t j) { return b(i, j); });
      } else {
        for (std::ptrdiff_t i = 0; i < p_; ++i)
          for (std::ptrdiff_t a = 0; a < input.columns(); ++a) input.at(block * units_ + i, a) = 0;
        put_recurrent(recurrent, block, units_, p_, zero);
      }
      const double open_bias = open.opened.find(gate) != std::string_view::npos   ? gate_bias
                               : open.closed.find(gate) != std::string_view::npos ? -gate_bias
                                                                                  : 0.0;
      for (std::ptrdiff_t i = 0; i < p_; ++i)
        bias.at(0, block * units_ + i) = gate == open.gate ? -mean_input(i) : open_bias;
    }
    input.store(), recurrent.store(), bias.store();
    if (cell_->layout.unit != UnitPlace::bias_hh) return;
    Edited<Real> second = edit(Role::unit);
    for (std::ptrdiff_t block = 0; block < cell_->unit; ++block)
      for (std::ptrdiff_t i = 0; i < p_; ++i) second.at(0, block * units_ + i) = 0;
    second.store();
  }

 private:
  static double zero(std::ptrdiff_t, std::ptrdiff_t) { return 0; }
  Edited<Real> edit(Role role) { return {*model_, replica_, model_->parameters().slice(role, layer_)}; }
  double a(std::ptrdiff_t i, std::ptrdiff_t feature) const {
    return scale_ * autoencoder_->input_weight[static_cast<std::size_t>(i * autoencoder_->features + feature)];
  }
  double b(std::ptrdiff_t i, std::ptrdiff_t j) const {
    return autoencoder_->memory_weight[static_cast<std::size_t>(i * p_ + j)];
  }
  double mean_input(std::ptrdiff_t i) const {
    double sum = 0;
    for (std::ptrdiff_t feature = 0; feature < autoencoder_->features; ++feature)
      sum += a(i, feature) * autoencoder_->mean[static_cast<std::size_t>(feature)];
    return sum;
  }
  void put_input(Edited<Real>& input, std::ptrdiff_t block) {
    for (std::ptrdiff_t i = 0; i < p_; ++i)
      for (std::ptrdiff_t feature = 0; feature < autoencoder_->features; ++feature)
        input.at(block * units_ + i, feature) = a(i, feature);
  }

  Model<Real>* model_;
  int replica_, layer_;
  std::ptrdiff_t units_, p_;
  const CellInfo* cell_;
  const LinearAutoencoder* autoencoder_;
  double scale_;
};

}  // namespace

void expect_autoencoder_fits(const ModelShape& shape) {
  require_cell(*shape.cell, reason_against_autoencoder);
  if (shape.structure == Structure::double_layer)
    throw usage_error({.what = "a double layer cannot start from a linear autoencoder: its halves would be one memory "
                               "cut in two",
                       .expected = "--structure stack",
                       .found = "--structure double",
                       .hint = "double layers are made for --init warm_up"});
}

template <class Real>
void start_from_autoencoder(Model<Real>& model, int layer, const LinearAutoencoder& autoencoder,
                            const LayerStartOptions& options) {
  const ModelShape& shape = model.shape();
  expect_autoencoder_fits(shape);
  if (layer < 0 || layer >= shape.layers)
    throw usage_error({.what = "no such layer to start from a linear autoencoder",
                       .expected = "0 .. " + std::to_string(shape.layers - 1),
                       .found = std::to_string(layer)});
  if (autoencoder.components > shape.units)
    throw usage_error({.what = "the linear autoencoder has more components than a layer has units",
                       .expected = std::to_string(shape.units) + " at most",
                       .found = std::to_string(autoencoder.components),
                       .hint = "leading(autoencoder, units) has fewer"});
  if (autoencoder.features != model.layer_inputs(layer))
    throw usage_error({.what = "the linear autoencoder is of other sequences than the layer reads",
                       .expected = std::to_string(model.layer_inputs(layer)) + " features, the inputs of the layer",
                       .found = std::to_string(autoencoder.features)});
  for (int replica = 0; replica < model.replicas(); ++replica) {
    LayerStart<Real> start(model, replica, layer, autoencoder, options.scale);
    shape.cell->has_memory_matrix() ? start.linear_memory() : start.candidate(options.gate_bias);
  }
}

template void start_from_autoencoder(Model<float>&, int, const LinearAutoencoder&, const LayerStartOptions&);
template void start_from_autoencoder(Model<double>&, int, const LinearAutoencoder&, const LayerStartOptions&);

}  // namespace hysteron
