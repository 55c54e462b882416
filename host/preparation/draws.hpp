#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hysteron/cell.hpp>
#include <hysteron/model.hpp>
#include <hysteron/random.hpp>

namespace hysteron {

/// A block [rows, columns] of a parameter, drawn as `draw` says; units: the cell's, for Draw::uniform.
std::vector<double> drawn_block(Draw draw, std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t units,
                                Random& random);

/// How the parameters of every cell are drawn; by default as its layout says (docs/algorithms.md#starts).
struct CellDraws {
  Draw weight_ih, weight_hh, bias, unit;
  Draw intermediate;  ///< for the blocks of weight_hh that the intermediate layer of a deep transition reads
};

CellDraws classic_draws(const CellInfo& cell);

/// Draws every parameter of every replica, and the read-out as torch.nn.Linear does: U(-1/sqrt(H), 1/sqrt(H)). Each
/// parameter has its own stream of draws, so that changing how one is drawn leaves the others as they were.
template <class Real>
void draw_parameters(Model<Real>& model, std::span<const std::uint64_t> seeds, const CellDraws& draws);

/// Sets one parameter of one replica.
template <class Real>
void set_parameter(Model<Real>& model, int replica, const ParameterSlice& slice, std::span<const double> values);

}  // namespace hysteron
