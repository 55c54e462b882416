#include <cmath>

#include <hysteron/prepare.hpp>
#include <hysteron/random.hpp>

#include "preparation/draws.hpp"
#include "preparation/suitable_cells.hpp"

namespace hysteron {

template <class Real>
void draw_classic(Model<Real>& model, std::span<const std::uint64_t> seeds) {
  draw_parameters(model, seeds, classic_draws(*model.shape().cell));
}

template <class Real>
void draw_orthogonal(Model<Real>& model, std::span<const std::uint64_t> seeds) {
  const CellInfo& cell = *model.shape().cell;
  CellDraws draws = classic_draws(cell);
  draws.weight_hh = Draw::orthogonal;
  draws.intermediate = Draw::zero;
  draws.bias = Draw::zero;
  if (cell.layout.unit != UnitPlace::weight_hh) draws.unit = Draw::zero;
  draw_parameters(model, seeds, draws);
}

template <class Real>
void draw_identity(Model<Real>& model, std::span<const std::uint64_t> seeds, const IdentityOptions& options) {
  const CellInfo& cell = *model.shape().cell;
  CellDraws draws = classic_draws(cell);
  draws.bias = Draw::zero;
  if (cell.layout.unit != UnitPlace::weight_hh) draws.unit = Draw::zero;
  draw_parameters(model, seeds, draws);
  for (const ParameterSlice& slice : model.parameters().slices()) {
    if (slice.role != Role::weight_hh) continue;
    std::vector<double> blocks(static_cast<std::size_t>(slice.size()));
    for (std::ptrdiff_t row = 0; row < slice.rows(); ++row)
      blocks[static_cast<std::size_t>(row * slice.columns() + row % slice.columns())] = options.scale;
    for (int replica = 0; replica < model.replicas(); ++replica) set_parameter(model, replica, slice, blocks);
  }
}

template <class Real>
void draw_chrono(Model<Real>& model, std::span<const std::uint64_t> seeds, const ChronoOptions& options) {
  const CellInfo& cell = *model.shape().cell;
  require_cell(cell, reason_against_chrono);
  const std::size_t forget_gate = cell.layout.gates.find(cell.time_gates->forget),
                    input_gate = cell.layout.gates.find(cell.time_gates->input);
  if (options.time_constant < 3)
    throw usage_error({.what = "chrono needs time constants to draw from",
                       .expected = "init.time_constant of 3 steps or more",
                       .found = std::to_string(options.time_constant),
                       .hint = "--set init.time_constant=600"});
  CellDraws draws = classic_draws(cell);
  draws.bias = draws.unit = Draw::zero;
  draw_parameters(model, seeds, draws);
  const std::size_t units = static_cast<std::size_t>(model.part_units());
  const double longest = static_cast<double>(options.time_constant);
  for (std::size_t s = 0; s < model.parameters().slices().size(); ++s) {
    const ParameterSlice& slice = model.parameters().slices()[s];
    const bool second = slice.role == Role::unit && cell.layout.unit == UnitPlace::bias_hh;
    if (slice.role != Role::bias_ih && !(second && options.compat == Compat::authors)) continue;
    for (std::size_t replica = 0; replica < seeds.size(); ++replica) {
      Random random(seeds[replica], Stream::parameters, s);
      std::vector<double> bias(static_cast<std::size_t>(slice.size()));
      for (std::size_t unit = 0; unit < units; ++unit) {
        const double forget = std::log(random.uniform(1, longest - 1));
        bias[forget_gate * units + unit] = forget;
        if (input_gate != std::string_view::npos) bias[input_gate * units + unit] = -forget;
      }
      set_parameter(model, static_cast<int>(replica), slice, bias);
    }
  }
}

template void draw_classic(Model<float>&, std::span<const std::uint64_t>);
template void draw_classic(Model<double>&, std::span<const std::uint64_t>);
template void draw_orthogonal(Model<float>&, std::span<const std::uint64_t>);
template void draw_orthogonal(Model<double>&, std::span<const std::uint64_t>);
template void draw_identity(Model<float>&, std::span<const std::uint64_t>, const IdentityOptions&);
template void draw_identity(Model<double>&, std::span<const std::uint64_t>, const IdentityOptions&);
template void draw_chrono(Model<float>&, std::span<const std::uint64_t>, const ChronoOptions&);
template void draw_chrono(Model<double>&, std::span<const std::uint64_t>, const ChronoOptions&);

}  // namespace hysteron
