#include <map>
#include <tuple>

#include <hysteron/prepare.hpp>

#include "preparation/network_fit.hpp"
#include "preparation/network_start.hpp"

namespace hysteron {
namespace {

// What distinguishes the networks of two replicas besides their seeds: components, window, owner of the sequences.
using Variation = std::tuple<int, int, int>;

std::vector<int> one_each(int single, const std::vector<int>& each, std::size_t replicas) {
  if (each.empty()) return std::vector<int>(replicas, single);
  if (each.size() != replicas)
    throw usage_error({.what = "components_each and windows are lists of one number a replica",
                       .expected = std::to_string(replicas) + " numbers, or none",
                       .found = std::to_string(each.size())});
  return each;
}

}  // namespace

template <class Real>
void start_from_sequences(Model<Real>& model, const Sequences& sequences, std::span<const std::uint64_t> seeds,
                          const AutoencoderOptions& options, Journal& journal) {
  expect_autoencoder_fits(model.shape());
  if (sequences.count == 0)
    throw usage_error({.what = "the initializer autoencoder needs sequences",
                       .expected = "a task's, or --inputs X.npy",
                       .found = "none"});
  const std::vector<int> components = one_each(options.components, options.components_each, seeds.size()),
                         windows = one_each(options.window, options.windows, seeds.size());
  std::map<Variation, Tensor<Real>> alike;  // parameters that do not depend on chance serve all such replicas
  for (std::size_t r = 0; r < seeds.size(); ++r) {
    const int replica = static_cast<int>(r), owner = sequences.owners > 1 ? replica : 0;
    if (components[r] > model.shape().units)
      throw usage_error({.what = "more components than a layer has units",
                         .expected = "init.components of 0 .. " + std::to_string(model.shape().units),
                         .found = std::to_string(components[r]),
                         .hint = "--units " + std::to_string(components[r])});
    const Variation variation{components[r], windows[r], owner};
    Tensor<Real> own;
    if (!alike.contains(variation)) {
      Model<Real> one(model.backend(), model.shape(), 1);
      const Chance chance = fit_network(
          one, sequences, {.components = components[r], .window = windows[r], .owner = owner, .seed = seeds[r]},
          options, journal);
      (chance == Chance::none ? alike[variation] : own) = std::move(one.parameters().block());
    }
    const Tensor<Real>& from = own ? own : alike[variation];
    const std::ptrdiff_t size = model.parameters().size();
    operations_of<Real>(model.backend())
        .copy(from.view(1, 1, size), {model.parameters().values().at(replica, 0), 1, 1, size, size, size});
  }
}

template void start_from_sequences(Model<float>&, const Sequences&, std::span<const std::uint64_t>,
                                   const AutoencoderOptions&, Journal&);
template void start_from_sequences(Model<double>&, const Sequences&, std::span<const std::uint64_t>,
                                   const AutoencoderOptions&, Journal&);

}  // namespace hysteron
