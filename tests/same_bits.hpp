#pragma once
#include <cstring>
#include <span>
#include <vector>

namespace hysteron {

/// Not-a-number counts as equal to itself here.
template <class Value>
bool same_bits(std::span<const Value> a, std::span<const Value> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}
template <class Value>
bool same_bits(const std::vector<Value>& a, const std::vector<Value>& b) {
  return same_bits(std::span(a), std::span(b));
}

}  // namespace hysteron
