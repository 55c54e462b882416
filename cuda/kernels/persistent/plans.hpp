#pragma once
#include <cstddef>

#include <hysteron/cell_info.hpp>
#include <hysteron/operations.hpp>

namespace hysteron::cuda {

// How the persistent kernels are laid out on the device, in numbers: what they are compiled for, and what the
// dispatcher (schedule.hpp) may choose. Weights stay in registers: a thread holds 4 units x lanes x (units / splits) of
// them, at most 128.

/// The most units that a kernel of each class serves; smaller layers are padded with zero rows and columns.
inline constexpr int unit_classes[] = {32, 64, 128, 256};
/// How many sequences of a replica a cluster works on; where they would take more than two passes, no kernel is
/// compiled.
inline constexpr int slice_sizes[] = {1, 4, 8};

/// A tile of `splits` neighboring threads owns the rows of this many units.
inline constexpr int tile_units = 4;
/// Data that a step reads is fetched this many steps ahead.
inline constexpr int forward_ahead = 8, backward_ahead = 4;
/// Under a constant input, a lone block compares its states with those of this many steps ago (forward.cuh).
inline constexpr int settling_steps = 32;

/// How `units` units are divided among the `blocks` blocks of a cluster (one: a lone block) and their threads, with
/// slices of `sequences` sequences.
struct PersistentLayout {
  int units, blocks, splits, sequences;

  constexpr int columns() const { return units / splits; }
  constexpr int block_units() const { return units / blocks; }
  constexpr int tiles() const { return block_units() / tile_units; }
  constexpr int threads() const { return tiles() * splits; }
  constexpr int warps() const { return threads() / 32; }
  /// This many sequences are worked on at once: each thread then finishes at most one unit of one of them.
  constexpr int together() const {
    const int room = splits / tile_units < 4 ? splits / tile_units : 4;
    return sequences < room ? sequences : room;
  }
  constexpr int passes() const { return sequences / together(); }
  constexpr bool is_compiled() const { return passes() <= 2; }
  /// The threads that finish something, per tile and per block.
  constexpr int owners() const { return tile_units * together(); }
  constexpr int block_owners() const { return tiles() * owners(); }
  /// What a block receives in one exchange.
  constexpr int exchange_values() const { return sequences * units; }
};

/// The one layout of a class for a cell with this many matrices (recurrent and deep lanes): at most 32768 weights per
/// block.
constexpr PersistentLayout persistent_layout(int matrices, int unit_class, int sequences) {
  switch (unit_class) {
    case 32:
    case 64:
      return {unit_class, 1, 8, sequences};
    case 128:
      return matrices <= 2 ? PersistentLayout{128, 1, 8, sequences} : PersistentLayout{128, 2, 16, sequences};
    default:
      return matrices <= 2 ? PersistentLayout{256, 4, 16, sequences} : PersistentLayout{256, 8, 32, sequences};
  }
}

/// Which of the compiled kernels a run uses, with the layout that persistent_layout gives.
struct PersistentPlan {
  int unit_class = 0;  ///< one of unit_classes, at least the number of units
  int sequences = 0;   ///< one of slice_sizes
};

/// Device memory that a run needs in addition: the order of the sequences if they differ in length, otherwise nothing.
inline std::size_t persistent_workspace_bytes(const LayerRun<float>& run, const PersistentPlan& plan) {
  if (!run.lengths || plan.sequences == 1) return 0;
  return sizeof(int) * static_cast<std::size_t>(run.shape.replicas) * static_cast<std::size_t>(run.shape.batch);
}

/// The smallest class with enough room; 0: none has it.
constexpr int unit_class_of(int units) {
  for (const int unit_class : unit_classes)
    if (units >= 1 && units <= unit_class) return unit_class;
  return 0;
}

constexpr int matrices_of(const CellInfo& cell) { return cell.recurrent + cell.deep; }

enum class InputOverTime { moves, constant };

/// Dynamic shared memory of a block, forward: the state (or intermediate value) in two buffers; the input to come, or
/// the constant input and the states of some steps ago, with a vote for each warp.
constexpr int forward_shared_bytes(const CellInfo& cell, const PersistentLayout& layout, InputOverTime input) {
  const bool moves = input == InputOverTime::moves, settles = !moves && layout.blocks == 1;
  const int of_owner = (moves ? forward_ahead : 1) * cell.input + (settles ? cell.state : 0);
  return 4 * (2 * layout.exchange_values() + of_owner * layout.passes() * layout.block_owners() +
              (settles ? (2 * layout.warps() + 3) / 4 * 4 : 0)) +
         (layout.blocks > 1 ? 16 : 0);
}

/// Backward: the partial sums of each warp and the received values, in two buffers; the gradients of a tile's rows;
/// what the coming steps read; the sums of a constant input's gradient.
constexpr int backward_shared_bytes(const CellInfo& cell, const PersistentLayout& layout, InputOverTime input) {
  const int rows = tile_units * (cell.recurrent > cell.deep ? cell.recurrent : cell.deep);
  const int step = cell.saved + 2 * cell.state + cell.intermediate;
  const int sums = input == InputOverTime::moves ? 0 : cell.input;
  return 4 * (2 * (layout.warps() + (layout.blocks > 1 ? 1 : 0)) * layout.exchange_values() +
              layout.tiles() * layout.sequences * rows +
              (backward_ahead * step + sums) * layout.passes() * layout.block_owners()) +
         (layout.blocks > 1 ? 16 : 0);
}

}  // namespace hysteron::cuda
