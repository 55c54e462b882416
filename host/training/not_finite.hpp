#pragma once
#include <string>

#include <hysteron/model.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// Where a replica's first number that is not finite is, after forward and backward: "the states of layer 1 at step
/// 17", the read-out's outputs, a gradient, or else the loss. The network must keep its states.
template <class Real>
std::string where_not_finite(Model<Real>& model, Unrolled<Real>& unrolled, int replica);

}  // namespace hysteron
