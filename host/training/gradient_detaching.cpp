#include "training/gradient_detaching.hpp"

#include <string>
#include <utility>
#include <vector>

#include <hysteron/random.hpp>

namespace hysteron {
namespace {

int detached_lanes(const CellInfo& cell) {
  if (cell.linear_memory) return cell.linear_memory->detached;
  const std::string name(cell.name);
  throw usage_error(
      {.what = "gradients are detached where a linear memory carries them on, and the cell " + name + " has none",
       .expected = "--cell " + cell_list([](const CellInfo& other) { return other.linear_memory.has_value(); }),
       .found = "--cell " + name,
       .hint = "leave train.detach_probability at 0"});
}

}  // namespace

template <class Real>
GradientDetaching<Real>::GradientDetaching(const ModelShape& shape, double probability)
    : lanes_(detached_lanes(*shape.cell)),
      layers_(shape.layers),
      parts_(shape.structure == Structure::double_layer ? 2 : 1),
      probability_(probability) {}

template <class Real>
void GradientDetaching<Real>::draw(Unrolled<Real>& unrolled, std::span<const std::uint64_t> seeds,
                                   std::int64_t update) const {
  std::vector<Random> coins;
  for (const std::uint64_t seed : seeds) coins.emplace_back(seed, Stream::detach, static_cast<std::uint64_t>(update));
  for (int layer = 0; layer < layers_; ++layer)
    for (int part = 0; part < parts_; ++part) {
      Detachment detachment{.lanes = lanes_, .steps = {}};
      for (Random& coin : coins)
        for (int step = 0; step < unrolled.extent().steps; ++step)
          detachment.steps.push_back(coin.uniform() < probability_);
      unrolled.at(layer, part).detach(std::move(detachment));
    }
}

template class GradientDetaching<float>;
template class GradientDetaching<double>;

}  // namespace hysteron
