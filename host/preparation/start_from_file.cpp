#include "preparation/start_from_file.hpp"

#include <fmt/format.h>

#include "preparation/draws.hpp"

namespace hysteron {

void expect_start(const StoredModel& stored, int features) {
  if (features == stored.shape.inputs) return;
  throw data_error({.what = "the task does not fit the network to start from",
                    .expected = fmt::format("{} values a step, which the network reads", stored.shape.inputs),
                    .found = std::to_string(features)});
}

template <class Real>
void start_from_file(const StoredModel& stored, Model<Real>& model, std::span<const std::uint64_t> seeds,
                     Journal& journal) {
  const int outputs = model.shape().outputs;
  const bool whole = stored.shape.outputs == outputs;
  draw_parameters(model, seeds, classic_draws(*model.shape().cell));
  const std::vector<ParameterSlice>& slices = model.parameters().slices();
  for (std::size_t s = 0; s < slices.size(); ++s) {
    if (!whole && (slices[s].role == Role::readout_weight || slices[s].role == Role::readout_bias)) continue;
    const std::vector<double> values = to_doubles(stored.file.at(stored.names[s]), stored.names[s]);
    for (int replica = 0; replica < model.replicas(); ++replica) set_parameter(model, replica, slices[s], values);
  }
  if (!whole && outputs > 0)
    journal.message(fmt::format("the read-out of {} output{} is drawn anew: the file has {}", outputs,
                                outputs == 1 ? "" : "s",
                                stored.shape.outputs == 0 ? "none" : fmt::format("one of {}", stored.shape.outputs)));
  if (stored.is_double() && sizeof(Real) < sizeof(double))
    journal.message("the file's float64 weights are rounded to float32: --precision double keeps them");
}

template void start_from_file(const StoredModel&, Model<float>&, std::span<const std::uint64_t>, Journal&);
template void start_from_file(const StoredModel&, Model<double>&, std::span<const std::uint64_t>, Journal&);

}  // namespace hysteron
