#include <cmath>

#include <fmt/format.h>

#include <hysteron/linear_autoencoder.hpp>
#include <hysteron/safetensors.hpp>

#include "files/array.hpp"
#include "files/safetensors.hpp"

namespace hysteron {
namespace {

constexpr const char* format = "hysteron-laes/1";

std::vector<double> numbers(const Safetensors& file, const std::string& name, std::vector<std::int64_t> shape) {
  const Array& array = file.at(name);
  if (array.shape != shape)
    throw data_error({.what = "the tensor " + name + " has the wrong shape",
                      .expected = shape_text(shape),
                      .found = shape_text(array.shape),
                      .hint = "A is [components, features], B [components, components]"});
  return to_doubles(array, name);
}

}  // namespace

void write_autoencoder(const std::filesystem::path& path, const LinearAutoencoderFit& fit) {
  const LinearAutoencoder& a = fit.autoencoder;
  const std::int64_t f = a.features, p = a.components;
  Safetensors file;
  file.tensors.push_back({"A", make_array({p, f}, a.input_weight)});
  file.tensors.push_back({"B", make_array({p, p}, a.memory_weight)});
  file.tensors.push_back({"mean", make_array({f}, a.mean)});
  file.tensors.push_back({"singular_values", make_array({p}, a.singular_values)});
  file.metadata = {{"format", format},
                   {digest_key, ""},
                   {"solver", fit.solver},
                   {"window", std::to_string(fit.window)},
                   {"sequences", std::to_string(fit.sequences)},
                   {"energy", fmt::format("{}", fit.energy)},
                   {"resolved", std::to_string(fit.resolved)}};
  write_safetensors(path, file);
}

LinearAutoencoder read_autoencoder(const std::filesystem::path& path) {
  return doing("reading the linear autoencoder " + path.string(), [&] {
    const Safetensors file = read_safetensors(path);
    const Array& a = file.at("A");
    expect_dimensions(a, "the tensor A", {"components", "features"});
    const std::int64_t p = a.shape[0], f = a.shape[1];
    if (p < 1 || f < 1 || p > 1'000'000 || f > 100'000'000)
      throw data_error({.what = "a linear autoencoder of no components or features",
                        .expected = "A [components, features]",
                        .found = shape_text(a.shape)});
    return LinearAutoencoder{.features = static_cast<int>(f),
                             .components = static_cast<int>(p),
                             .input_weight = numbers(file, "A", {p, f}),
                             .memory_weight = numbers(file, "B", {p, p}),
                             .mean = numbers(file, "mean", {f}),
                             .singular_values = numbers(file, "singular_values", {p})};
  });
}

}  // namespace hysteron
