// Functions that the lanes of a warp compute together.
#pragma once

#include <bit>

#include "barriers.hpp"

namespace hysteron::cuda_emulator {

inline bool complete_collective(Warp& warp, PendingCollective& pending) {
  if (pending.arrived != (pending.mask & warp.alive)) return false;
  pending.run(pending.operation, pending.arrived, pending.inputs, pending.outputs);
  for (unsigned lane = 0; lane < 32; ++lane)
    if ((pending.arrived >> lane & 1) != 0 && warp.lanes[lane] != fiber_now) make_ready(*warp.lanes[lane]);
  pending = warp.pending.back();
  warp.pending.pop_back();
  return true;
}

inline void collective(unsigned mask, const void* input, void* output, const void* operation, RunCollective run,
                       Site site) {
  Fiber& self = *fiber_now;
  Warp& warp = *self.warp;
  const unsigned bit = 1U << self.lane;
  if ((mask & bit) == 0) fail("is not in the mask of its own warp function at %s:%d", site.file, site.line);
  std::size_t at = 0;
  while (at < warp.pending.size() && warp.pending[at].mask != mask) ++at;
  if (at == warp.pending.size()) {
    for (const PendingCollective& other : warp.pending)
      if ((other.mask & mask) != 0)
        fail("at %s:%d uses a mask that overlaps the one at %s:%d", site.file, site.line, other.site.file,
             other.site.line);
    warp.pending.push_back({mask, 0, run, operation, site, {}, {}});
  }
  PendingCollective& pending = warp.pending[at];
  if (pending.run != run || !(pending.site == site))
    fail("is at %s:%d while other lanes of its mask are at the warp function %s:%d", site.file, site.line,
         pending.site.file, pending.site.line);
  pending.arrived |= bit, pending.inputs[self.lane] = input, pending.outputs[self.lane] = output;
  if (!complete_collective(warp, pending)) suspend("warp function", site);
}

// Every lane of `mask` gives an input and receives an output; the last lane to arrive computes operation(members,
// inputs, outputs) for all of them. The building block of shuffles, and of emulated mma instructions.
template <typename Output, typename Input, typename Operation>
Output warp_collective(unsigned mask, const Input& input, Site site, const Operation& operation) {
  Unobserved unobserved;
  Output output;
  std::memset(static_cast<void*>(&output), options.fill, sizeof(output));
  collective(
      mask, &input, &output, &operation,
      [](const void* function, unsigned members, const Inputs& inputs, const Outputs& outputs) {
        std::array<const Input*, 32> typed_inputs{};
        std::array<Output*, 32> typed_outputs{};
        for (unsigned lane = 0; lane < 32; ++lane) {
          typed_inputs[lane] = (members >> lane & 1) != 0 ? static_cast<const Input*>(inputs[lane]) : nullptr;
          typed_outputs[lane] = (members >> lane & 1) != 0 ? static_cast<Output*>(outputs[lane]) : nullptr;
        }
        (*static_cast<const Operation*>(function))(members, typed_inputs, typed_outputs);
      },
      site);
  return output;
}

// The value of lane `source`, which the caller chose; undefined (filled) when that lane takes no part.
template <typename T>
T shuffle(unsigned mask, const T& value, unsigned source, Site site) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 16);
  struct Input {
    T value;
    unsigned source;
  };
  return warp_collective<T>(mask, Input{value, source}, site,
                            [](unsigned members, const auto& inputs, const auto& outputs) {
                              for (unsigned lane = 0; lane < 32; ++lane)
                                if ((members >> lane & 1) != 0 && inputs[inputs[lane]->source & 31] != nullptr)
                                  *outputs[lane] = inputs[inputs[lane]->source & 31]->value;
                            });
}

template <typename T, typename Combine>
T reduce_lanes(unsigned mask, const T& value, Site site, const Combine& combine) {
  return warp_collective<T>(mask, value, site, [&combine](unsigned members, const auto& inputs, const auto& outputs) {
    T total = *inputs[std::countr_zero(members)];
    for (unsigned lane = std::countr_zero(members) + 1; lane < 32; ++lane)
      if (inputs[lane] != nullptr) total = combine(total, *inputs[lane]);
    for (T* output : outputs)
      if (output != nullptr) *output = total;
  });
}

inline unsigned ballot(unsigned mask, bool predicate, Site site) {
  return warp_collective<unsigned>(mask, predicate, site, [](unsigned, const auto& inputs, const auto& outputs) {
    unsigned votes = 0;
    for (unsigned lane = 0; lane < 32; ++lane) votes |= inputs[lane] != nullptr && *inputs[lane] ? 1U << lane : 0;
    for (unsigned* output : outputs)
      if (output != nullptr) *output = votes;
  });
}

inline void synchronize_warp(unsigned mask, Site site) {
  Warp& warp = *fiber_now->warp;
  const std::uint64_t count = fiber_now->warp_syncs++;
  release_token(&warp.order[count & 1]);
  warp_collective<char>(mask, char(0), site, [](unsigned, const auto&, const auto&) {});
  acquire_token(&warp.order[count & 1]);
}

}  // namespace hysteron::cuda_emulator
