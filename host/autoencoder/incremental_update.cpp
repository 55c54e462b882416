// How further rows are taken into the rows that are kept.
#include <algorithm>

#include <hysteron/decompositions.hpp>

#include "autoencoder/incremental.hpp"

namespace hysteron {

std::ptrdiff_t IncrementalSolver::columns() const {
  return std::ptrdiff_t(options_.window == 0 ? longest() : std::min(options_.window, longest())) * features();
}

std::ptrdiff_t IncrementalSolver::keep() const {
  constexpr std::ptrdiff_t least = 32;
  const std::ptrdiff_t n = columns(), p = options_.components;
  if (options_.oversampling > 0) return std::min(p + options_.oversampling, n);
  return std::min(std::max(values_at_once / 2 / std::max<std::ptrdiff_t>(n, 1), p + least), n);
}

void IncrementalSolver::widen(Kept& kept) const {
  const std::ptrdiff_t wide = columns();
  if (kept.columns == wide) return;
  if (kept.count > 0) {
    Tensor<double> rows(*backend_, {kept.count, wide});
    operations_of<double>(*backend_).copy(kept.rows.view(1, kept.count, kept.columns),
                                          rows.view(1, kept.count, wide).columns_from(0, kept.columns));
    kept.rows = std::move(rows);
  }
  kept.columns = wide;
}

void IncrementalSolver::cut(Kept& kept, Tensor<double> vectors, std::vector<double> values) const {
  const std::ptrdiff_t count = std::ssize(values), keep = this->keep();
  if (count > keep) {
    const double beyond = values[static_cast<std::size_t>(keep)];
    kept.discarded += beyond * beyond;
    values.resize(static_cast<std::size_t>(keep));
  }
  kept.count = std::ssize(values);
  // Lambda U^T, row by row.
  std::vector<double> rows = vectors.to_host();
  rows.resize(static_cast<std::size_t>(kept.count * kept.columns));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] *= values[i / static_cast<std::size_t>(kept.columns)];
  kept.rows = Tensor<double>(*backend_, {kept.count, kept.columns});
  kept.rows.from_host(rows);
}

void IncrementalSolver::update(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const {
  widen(kept);
  if (rows == 0) return;
  const std::ptrdiff_t all = kept.count + rows;
  const std::ptrdiff_t fits = std::max<std::ptrdiff_t>(values_at_once / all - kept.count, 64);
  const std::ptrdiff_t slice = options_.slice > 0                         ? options_.slice
                               : all * kept.columns <= 2 * values_at_once ? kept.columns
                                                                          : fits;
  if (keep() == kept.columns)
    reduce(kept, rows, fill);
  else if (slice >= kept.columns)
    update_whole(kept, rows, fill);
  else
    update_in_slices(kept, rows, fill, slice);
}

// Nothing is cut off.
void IncrementalSolver::reduce(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const {
  const std::ptrdiff_t n = kept.columns, all = kept.count + rows;
  Tensor<double> block(*backend_, {all, n});
  const View<double> view = block.view(1, all, n);
  if (kept.count > 0)
    operations_of<double>(*backend_).copy(kept.rows.view(1, kept.count, n), view.rows_from(0, kept.count));
  fill(view.rows_from(kept.count, rows), 0);
  kept.count = std::min(all, n);
  if (all <= n) {
    kept.rows = std::move(block);
  } else {
    kept.rows = Tensor<double>(*backend_, {n, n});
    backend_->decompositions().triangle(view, kept.rows.view(1, n, n));
  }
}

void IncrementalSolver::update_whole(Kept& kept, std::ptrdiff_t rows, const Fill& fill) const {
  const std::ptrdiff_t n = kept.columns, keep = this->keep();
  const std::ptrdiff_t all = kept.count + rows;
  Tensor<double> block(*backend_, {all, n});
  const View<double> view = block.view(1, all, n);
  if (kept.count > 0)
    operations_of<double>(*backend_).copy(kept.rows.view(1, kept.count, n), view.rows_from(0, kept.count));
  fill(view.rows_from(kept.count, rows), 0);
  const std::ptrdiff_t count = std::min({keep + 1, all, n});
  Tensor<double> vectors(*backend_, {count, n}), values(*backend_, {count});
  backend_->decompositions().right_svd(view, values.data(), vectors.view(1, count, n));
  cut(kept, std::move(vectors), values.to_host());
}

void IncrementalSolver::update_in_slices(Kept& kept, std::ptrdiff_t rows, const Fill& fill,
                                         std::ptrdiff_t slice) const {
  Operations<double>& operations = operations_of<double>(*backend_);
  const std::ptrdiff_t n = kept.columns, keep = this->keep();
  const std::ptrdiff_t all = kept.count + rows;
  const std::ptrdiff_t slices = (n + slice - 1) / slice;
  struct Slice {
    std::ptrdiff_t from, width;
    Tensor<double> vectors;  // [count, width + the count of the slice after it]
    std::ptrdiff_t count;
  };
  std::vector<Slice> found;
  Tensor<double> carried;  // [all, count]: the slices so far, in the coordinates of their vectors
  std::ptrdiff_t carried_count = 0;
  double lost = 0;  // the sum of the largest cuts
  std::vector<double> values;
  for (std::ptrdiff_t s = slices - 1; s >= 0; --s) {
    const std::ptrdiff_t from = n * s / slices, width = n * (s + 1) / slices - from, both = width + carried_count;
    Tensor<double> block(*backend_, {all, both}), copy(*backend_, {all, both});
    const View<double> view = block.view(1, all, both);
    if (kept.count > 0)
      operations.copy(kept.rows.view(1, kept.count, n).columns_from(from, width),
                      view.rows_from(0, kept.count).columns_from(0, width));
    fill(view.rows_from(kept.count, rows).columns_from(0, width), from);
    if (carried_count > 0)
      operations.copy(carried.view(1, all, carried_count), view.columns_from(width, carried_count));
    copy.copy_from(block);
    const std::ptrdiff_t most = std::min(all, both), count = std::min(keep + 1, most);
    Tensor<double> vectors(*backend_, {count, both}), singular(*backend_, {count});
    backend_->decompositions().right_svd(view, singular.data(), vectors.view(1, count, both));
    values = singular.to_host();
    carried_count = count;
    if (s > 0 && count > keep) {
      lost += values.back();
      carried_count = keep;
    }
    carried = Tensor<double>(*backend_, {all, carried_count});
    operations.product(copy.view(1, all, both), Transposed::no, vectors.view(1, carried_count, both), Transposed::yes,
                       carried.view(1, all, carried_count), Result::replaced);
    found.push_back({from, width, std::move(vectors), carried_count});
  }
  // Back from the first slice to the last: each slice's vectors expressed in those of the slice before.
  const std::ptrdiff_t count = found.back().count;
  Tensor<double> whole(*backend_, {count, n}), inner(*backend_, {count, count});
  std::vector<double> identity(static_cast<std::size_t>(count * count));
  for (std::ptrdiff_t i = 0; i < count; ++i) identity[static_cast<std::size_t>(i * count + i)] = 1;
  inner.from_host(identity);
  std::ptrdiff_t inner_columns = count;
  for (auto one = found.rbegin(); one != found.rend(); ++one) {
    const std::ptrdiff_t after = one + 1 == found.rend() ? 0 : (one + 1)->count;
    const View<double> vectors = one->vectors.view(1, one->count, one->width + after);
    const View<double> coordinates = inner.view(1, count, inner_columns);
    operations.product(coordinates, Transposed::no, vectors.columns_from(0, one->width), Transposed::no,
                       whole.view(1, count, n).columns_from(one->from, one->width), Result::replaced);
    if (after == 0) break;
    Tensor<double> next(*backend_, {count, after});
    operations.product(coordinates, Transposed::no, vectors.columns_from(one->width, after), Transposed::no,
                       next.view(1, count, after), Result::replaced);
    inner = std::move(next);
    inner_columns = after;
  }
  kept.discarded += 2 * (values.front() + lost) * lost + lost * lost;
  cut(kept, std::move(whole), std::move(values));
}

}  // namespace hysteron
