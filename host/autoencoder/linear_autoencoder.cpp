#include <algorithm>

#include <hysteron/decompositions.hpp>
#include <hysteron/linear_autoencoder.hpp>

#include "autoencoder/requirements.hpp"
#include "autoencoder/reversed_sequences.hpp"

namespace hysteron {
namespace {

constexpr std::ptrdiff_t encoded_at_once = 1 << 22;  // of the sequences, in the backend's memory

void require_features(const LinearAutoencoder& autoencoder, const Sequences& sequences) {
  if (sequences.features == autoencoder.features || sequences.count == 0) return;
  throw data_error({.what = "sequences of another number of features than the linear autoencoder's",
                    .expected = std::to_string(autoencoder.features),
                    .found = std::to_string(sequences.features),
                    .hint = "the axes are [steps, batch, inputs]: time first"});
}

// K [lags * features, components]: A^T (B^T)^j at lag j. The part so far, times a power of B^T, gives as much again.
Tensor<double> lag_weights(Backend& backend, const LinearAutoencoder& autoencoder, int lags) {
  const std::ptrdiff_t f = autoencoder.features, p = autoencoder.components;
  Operations<double>& operations = operations_of<double>(backend);
  Tensor<double> weights(backend, {lags * f, p}), power(backend, {p, p}), square(backend, {p, p});
  std::vector<double> transposed(static_cast<std::size_t>(f * p));
  for (std::ptrdiff_t i = 0; i < p; ++i)
    for (std::ptrdiff_t a = 0; a < f; ++a)
      transposed[static_cast<std::size_t>(a * p + i)] = autoencoder.input_weight[static_cast<std::size_t>(i * f + a)];
  backend.copy_in(weights.data(), transposed.data(), transposed.size() * sizeof(double));
  power.from_host(autoencoder.memory_weight);
  const View<double> all = weights.view(1, lags * f, p);
  for (std::ptrdiff_t there = 1; there < lags; there *= 2) {
    const std::ptrdiff_t more = std::min<std::ptrdiff_t>(there, lags - there);
    operations.product(all.rows_from(0, more * f), Transposed::no, power.view(1, p, p), Transposed::yes,
                       all.rows_from(there * f, more * f), Result::replaced);
    operations.product(power.view(1, p, p), Transposed::no, power.view(1, p, p), Transposed::no, square.view(1, p, p),
                       Result::replaced);
    std::swap(power, square);
  }
  return weights;
}

// Sequences read backwards, less the mean, a part at a time: visit(first sequence, count, values [count, width]).
template <class Visit>
void for_each_part(const LinearAutoencoder& autoencoder, const Sequences& sequences, int lags, const Visit& visit) {
  const std::vector<ReversedRow> rows = reversed_rows(sequences, 0);
  const std::ptrdiff_t width = std::ptrdiff_t(lags) * autoencoder.features;
  const std::ptrdiff_t part = std::max<std::ptrdiff_t>(1, encoded_at_once / std::max<std::ptrdiff_t>(width, 1));
  std::vector<double> values;
  for (std::ptrdiff_t from = 0; from < std::ssize(rows); from += part) {
    const std::ptrdiff_t count = std::min(part, std::ssize(rows) - from);
    values.assign(static_cast<std::size_t>(count * width), 0);
    for (std::ptrdiff_t i = 0; i < count; ++i)
      fill_row(sequences, rows[static_cast<std::size_t>(from + i)], autoencoder.mean, values.data() + i * width);
    visit(from, count, values);
  }
}

}  // namespace

std::vector<double> encode(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences) {
  require_features(autoencoder, sequences);
  const std::ptrdiff_t p = autoencoder.components;
  const int lags = std::max(longest_of(sequences), 1);
  const Tensor<double> weights = lag_weights(backend, autoencoder, lags);
  std::vector<double> states(static_cast<std::size_t>(sequences.count * p));
  for_each_part(
      autoencoder, sequences, lags, [&](std::ptrdiff_t from, std::ptrdiff_t count, const std::vector<double>& values) {
        const std::ptrdiff_t width = std::ssize(values) / count;
        Tensor<double> x(backend, {count, width}), y(backend, {count, p});
        x.from_host(values);
        operations_of<double>(backend).product(x.view(1, count, width), Transposed::no, weights.view(1, width, p),
                                               Transposed::no, y.view(1, count, p), Result::replaced);
        backend.copy_out(states.data() + from * p, y.data(), y.bytes());
      });
  return states;
}

std::vector<double> encode_steps(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences) {
  require_features(autoencoder, sequences);
  const std::ptrdiff_t f = autoencoder.features, p = autoencoder.components, count = sequences.count;
  const int steps = sequences.total_steps();
  Operations<double>& operations = operations_of<double>(backend);
  Tensor<double> a(backend, {p, f}), b(backend, {p, p}), x(backend, {count, f}), past(backend, {count, p}),
      next(backend, {count, p});
  a.from_host(autoencoder.input_weight);
  b.from_host(autoencoder.memory_weight);
  std::vector<double> inputs(static_cast<std::size_t>(count * f)), states(static_cast<std::size_t>(count * steps * p));
  for (int step = 0; step < steps; ++step) {
    for (std::ptrdiff_t n = 0; n < count; ++n)
      fill_row(sequences, {static_cast<int>(n), step, 1}, autoencoder.mean, inputs.data() + n * f);
    x.from_host(inputs);
    operations.product(past.view(1, count, p), Transposed::no, b.view(1, p, p), Transposed::yes, next.view(1, count, p),
                       Result::replaced);
    operations.product(x.view(1, count, f), Transposed::no, a.view(1, p, f), Transposed::yes, next.view(1, count, p),
                       Result::added);
    const std::vector<double> now = next.to_host();
    for (std::ptrdiff_t n = 0; n < count; ++n) {
      double* const to = states.data() + (n * steps + step) * p;
      if (step < length_of(sequences, static_cast<int>(n)))
        std::copy_n(now.data() + n * p, p, to);
      else
        std::copy_n(to - p, p, to);
    }
    std::swap(past, next);
  }
  return states;
}

std::vector<double> decode(Backend& backend, const LinearAutoencoder& autoencoder, std::span<const double> states,
                           int lags) {
  const std::ptrdiff_t f = autoencoder.features, p = autoencoder.components, width = lags * f;
  const std::ptrdiff_t count = std::ssize(states) / p;
  if (lags < 1 || count * p != std::ssize(states))
    throw defect({.what = "states to decode of another size",
                  .expected = "a multiple of " + std::to_string(p) + ", one lag at least",
                  .found = std::to_string(states.size()) + " values, " + std::to_string(lags) + " lags"});
  const Tensor<double> weights = lag_weights(backend, autoencoder, lags);
  std::vector<double> steps(static_cast<std::size_t>(count * width));
  const std::ptrdiff_t part = std::max<std::ptrdiff_t>(1, encoded_at_once / width);
  for (std::ptrdiff_t from = 0; from < count; from += part) {
    const std::ptrdiff_t now = std::min(part, count - from);
    Tensor<double> y(backend, {now, p}), x(backend, {now, width});
    backend.copy_in(y.data(), states.data() + from * p, y.bytes());
    operations_of<double>(backend).product(y.view(1, now, p), Transposed::no, weights.view(1, width, p),
                                           Transposed::yes, x.view(1, now, width), Result::replaced);
    backend.copy_out(steps.data() + from * width, x.data(), x.bytes());
  }
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] += autoencoder.mean[i % autoencoder.mean.size()];
  return steps;
}

LagErrors error_by_lag(Backend& backend, const LinearAutoencoder& autoencoder, const Sequences& sequences) {
  require_features(autoencoder, sequences);
  const std::ptrdiff_t f = autoencoder.features, p = autoencoder.components;
  const int lags = longest_of(sequences);
  if (lags == 0) return {};
  const std::size_t size = static_cast<std::size_t>(lags);
  const Tensor<double> weights = lag_weights(backend, autoencoder, lags);
  Operations<double>& operations = operations_of<double>(backend);
  LagErrors result{std::vector<double>(size), std::vector<double>(size), std::vector<std::int64_t>(size)};
  for_each_part(
      autoencoder, sequences, lags, [&](std::ptrdiff_t from, std::ptrdiff_t count, const std::vector<double>& values) {
        const std::ptrdiff_t width = std::ssize(values) / count;
        Tensor<double> x(backend, {count, width}), y(backend, {count, p});
        x.from_host(values);
        const View<double> rows = x.view(1, count, width), states = y.view(1, count, p);
        operations.product(rows, Transposed::no, weights.view(1, width, p), Transposed::no, states, Result::replaced);
        operations.product(states, Transposed::no, weights.view(1, width, p), Transposed::yes, rows, Result::replaced);
        const std::vector<double> decoded = x.to_host();
        for (std::ptrdiff_t n = 0; n < count; ++n) {
          const int length = length_of(sequences, static_cast<int>(from + n));
          const double *const was = values.data() + n * width, *const is = decoded.data() + n * width;
          for (std::ptrdiff_t i = 0; i < length * f; ++i) {
            const std::size_t lag = static_cast<std::size_t>(i / f);
            result.error[lag] += (was[i] - is[i]) * (was[i] - is[i]);
            result.variance[lag] += was[i] * was[i];
          }
          for (std::size_t lag = 0; lag < static_cast<std::size_t>(length); ++lag) ++result.count[lag];
        }
      });
  for (std::size_t lag = 0; lag < size; ++lag) {
    const double values = static_cast<double>(result.count[lag] * f);
    result.error[lag] /= values;
    result.variance[lag] /= values;
  }
  return result;
}

LinearAutoencoder leading(const LinearAutoencoder& autoencoder, int components) {
  require_components(components, autoencoder.components, "those there are");
  const std::size_t f = static_cast<std::size_t>(autoencoder.features), p = static_cast<std::size_t>(components),
                    all = static_cast<std::size_t>(autoencoder.components);
  const auto first = [](const std::vector<double>& values, std::size_t count) {
    return std::vector<double>(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
  };
  LinearAutoencoder part{.features = autoencoder.features,
                         .components = components,
                         .input_weight = first(autoencoder.input_weight, p * f),
                         .memory_weight = {},
                         .mean = autoencoder.mean,
                         .singular_values = first(autoencoder.singular_values, p)};
  for (std::size_t row = 0; row < p; ++row)
    part.memory_weight.insert(part.memory_weight.end(),
                              autoencoder.memory_weight.begin() + static_cast<std::ptrdiff_t>(row * all),
                              autoencoder.memory_weight.begin() + static_cast<std::ptrdiff_t>(row * all + p));
  return part;
}

double memory_norm(Backend& backend, const LinearAutoencoder& autoencoder) {
  const std::ptrdiff_t p = autoencoder.components;
  Tensor<double> b(backend, {p, p}), vector(backend, {1, p}), value(backend, {1});
  b.from_host(autoencoder.memory_weight);
  backend.decompositions().right_svd(b.view(1, p, p), value.data(), vector.view(1, 1, p));
  return value.to_host()[0];
}

}  // namespace hysteron
