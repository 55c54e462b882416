#include "network/readout_choice.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace hysteron {
namespace {

/// A weight that no recurrent layer has.
struct OtherLayer {
  std::string prefix;  ///< "head.0."
  std::vector<std::int64_t> shape;
  bool has_bias = false;

  bool linear() const { return shape.size() == 2; }
  std::string name() const { return prefix.substr(0, prefix.size() - 1); }
  std::string text() const { return name() + " " + shape_text(shape); }
};

std::vector<OtherLayer> other_layers(const Safetensors& file, const std::vector<std::string>& recurrent) {
  std::vector<OtherLayer> layers;
  for (const NamedArray& tensor : file.tensors) {
    if (!tensor.name.ends_with(".weight")) continue;
    const std::string prefix = tensor.name.substr(0, tensor.name.size() - 6);
    if (std::ranges::find(recurrent, prefix) == recurrent.end())
      layers.push_back({prefix, tensor.array.shape, file.find(prefix + "bias") != nullptr});
  }
  std::ranges::sort(layers, {}, &OtherLayer::prefix);
  return layers;
}

std::string listed(const std::vector<OtherLayer>& layers) {
  std::string text;
  for (const OtherLayer& layer : layers) text += (text.empty() ? "" : ", ") + layer.text();
  return text.empty() ? "none" : text;
}

Error undecided(std::string what, const std::vector<OtherLayer>& found, std::string hint) {
  return usage_error({.what = std::move(what),
                      .expected = "--readout NAME, or --readout none for the states of the top layer",
                      .found = listed(found),
                      .hint = std::move(hint)});
}

/// The other layers that may read what `readout` gives, or stand between it and the recurrent ones.
std::vector<OtherLayer> around(const OtherLayer& readout, const std::vector<OtherLayer>& layers, std::int64_t units) {
  std::vector<OtherLayer> some;
  for (const OtherLayer& layer : layers) {
    const bool norm = layer.shape.size() == 1 && (layer.shape[0] == units || layer.shape[0] == readout.shape[0]);
    if (layer.prefix != readout.prefix && (norm || (layer.linear() && layer.shape[1] == readout.shape[0])))
      some.push_back(layer);
  }
  return some;
}

std::string asked_readout(const std::vector<OtherLayer>& candidates, const std::string& asked, std::int64_t units) {
  for (const OtherLayer& layer : candidates)
    if (layer.name() == asked) return layer.prefix;
  std::vector<std::string> names{"none"};
  for (const OtherLayer& layer : candidates) names.push_back(layer.name());
  const std::string nearest = nearest_name(asked, names);
  throw usage_error({.what = fmt::format("no layer \"{}\" that can be the read-out", asked),
                     .expected = fmt::format("one with a weight [outputs, {}]", units),
                     .found = listed(candidates),
                     .hint = nearest.empty() ? "--readout none takes the states of the top layer"
                                             : fmt::format("did you mean --readout {}?", nearest)});
}

}  // namespace

std::string chosen_readout(const Safetensors& file, const ModelShape& shape, const std::vector<std::string>& recurrent,
                           const std::string& asked) {
  if (asked == "none") return "";
  const std::vector<OtherLayer> layers = other_layers(file, recurrent);
  std::vector<OtherLayer> candidates, called_so;
  for (const OtherLayer& layer : layers) {
    if (!layer.linear() || layer.shape[1] != shape.units) continue;
    candidates.push_back(layer);
    if (layer.prefix == "readout." || layer.prefix.ends_with(".readout.")) called_so.push_back(layer);
  }
  if (!asked.empty()) return asked_readout(candidates, asked, shape.units);
  if (called_so.size() == 1) return called_so.front().prefix;
  if (candidates.empty()) return "";
  const OtherLayer& only = candidates.front();
  if (candidates.size() > 1)
    throw undecided("the file has several layers that can be the read-out", candidates,
                    fmt::format("--readout {} takes the first of them", only.name()));
  if (only.shape[0] == shape.inputs || (!only.has_bias && shape.inputs == shape.units))
    throw undecided("the file's other layer can be the read-out, or stand below the recurrent layers", candidates,
                    fmt::format("--readout {}, if it reads them", only.name()));
  std::vector<OtherLayer> head = around(only, layers, shape.units);
  if (!head.empty()) {
    head.insert(head.begin(), only);
    throw undecided("the file has more above its recurrent layers than one linear layer", head,
                    fmt::format("--readout none gives the states, for the rest to read; --readout {} that layer alone",
                                only.name()));
  }
  return only.prefix;
}

}  // namespace hysteron
