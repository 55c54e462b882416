#include "preparation/draws.hpp"

#include <Eigen/Dense>
#include <cmath>

namespace hysteron {
namespace {

// A matrix of normal draws whose rows, or columns if there are fewer, are made orthonormal; the signs are chosen so
// that the distribution is uniform (Mezzadri 2007), as in torch.nn.init.orthogonal_.
std::vector<double> orthogonal(std::ptrdiff_t rows, std::ptrdiff_t columns, Random& random) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const std::ptrdiff_t tall = std::max(rows, columns), thin = std::min(rows, columns);
  Matrix drawn(tall, thin);
  for (std::ptrdiff_t i = 0; i < drawn.size(); ++i) drawn.data()[i] = random.normal();
  const Eigen::HouseholderQR<Matrix> decomposition(drawn);
  Matrix q = decomposition.householderQ() * Matrix::Identity(tall, thin);
  const Matrix& r = decomposition.matrixQR();
  for (std::ptrdiff_t j = 0; j < thin; ++j)
    if (r(j, j) < 0) q.col(j) *= -1;
  if (rows < columns) q.transposeInPlace();
  return {q.data(), q.data() + q.size()};
}

}  // namespace

std::vector<double> drawn_block(Draw draw, std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t units,
                                Random& random) {
  if (draw == Draw::orthogonal) return orthogonal(rows, columns, random);
  const double fans = static_cast<double>(rows + columns);
  const auto one = [&]() -> double {
    switch (draw) {
      case Draw::zero:
        return 0;
      case Draw::one:
        return 1;
      case Draw::normal:
        return random.normal();
      case Draw::uniform:
        return random.uniform(-1, 1) / std::sqrt(static_cast<double>(units));
      case Draw::xavier_uniform:
        return random.uniform(-1, 1) * std::sqrt(6 / fans);
      case Draw::xavier_normal:
        return random.normal() * 0.9 * std::sqrt(2 / fans);
      case Draw::orthogonal:
        break;
    }
    return 0;
  };
  std::vector<double> block(static_cast<std::size_t>(rows * columns));
  for (double& value : block) value = one();
  return block;
}

CellDraws classic_draws(const CellInfo& cell) {
  return {cell.layout.weight_ih, cell.layout.weight_hh, cell.layout.bias, cell.layout.unit_draw, cell.layout.weight_hh};
}

template <class Real>
void set_parameter(Model<Real>& model, int replica, const ParameterSlice& slice, std::span<const double> values) {
  Parameters<Real>& parameters = model.parameters();
  const std::vector<Real> rounded(values.begin(), values.end());
  model.backend().copy_in(parameters.values(slice).at(replica, 0), rounded.data(), rounded.size() * sizeof(Real));
}

template <class Real>
void draw_parameters(Model<Real>& model, std::span<const std::uint64_t> seeds, const CellDraws& draws) {
  Parameters<Real>& parameters = model.parameters();
  const CellInfo& cell = *model.shape().cell;
  const std::ptrdiff_t units = model.part_units();
  for (std::size_t replica = 0; replica < seeds.size(); ++replica) {
    for (std::size_t s = 0; s < parameters.slices().size(); ++s) {
      const ParameterSlice& slice = parameters.slices()[s];
      Random random(seeds[replica], Stream::parameters, s);
      std::vector<double> values;
      const auto add = [&](Draw draw, std::ptrdiff_t blocks, std::ptrdiff_t rows, std::ptrdiff_t columns,
                           std::ptrdiff_t of) {
        for (std::ptrdiff_t block = 0; block < blocks; ++block) {
          const std::vector<double> drawn = drawn_block(draw, rows, columns, of, random);
          values.insert(values.end(), drawn.begin(), drawn.end());
        }
      };
      switch (slice.role) {
        case Role::weight_ih:
          add(draws.weight_ih, cell.input, units, slice.columns(), units);
          break;
        case Role::weight_hh:
          add(draws.intermediate, cell.deep, units, units, units);
          add(draws.weight_hh, cell.recurrent, units, units, units);
          break;
        case Role::bias_ih:
          add(draws.bias, cell.input, 1, units, units);
          if (cell.layout.unit == UnitPlace::bias_ih) add(draws.unit, cell.unit, 1, units, units);
          break;
        case Role::unit:
          add(draws.unit, cell.unit, 1, units, units);
          break;
        case Role::readout_weight:
        case Role::readout_bias:
          add(Draw::uniform, 1, slice.rows(), slice.columns(), model.shape().units);
      }
      set_parameter(model, static_cast<int>(replica), slice, values);
    }
  }
}

template void draw_parameters(Model<float>&, std::span<const std::uint64_t>, const CellDraws&);
template void draw_parameters(Model<double>&, std::span<const std::uint64_t>, const CellDraws&);
template void set_parameter(Model<float>&, int, const ParameterSlice&, std::span<const double>);
template void set_parameter(Model<double>&, int, const ParameterSlice&, std::span<const double>);

}  // namespace hysteron
