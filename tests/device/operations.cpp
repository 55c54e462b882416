// Each operation on the GPU, float and double, compared with the CPU in double precision.
#include <numeric>

#include <gtest/gtest.h>

#include "tests/device/on_device.hpp"

namespace hysteron {
namespace {

template <class Real>
class DeviceOperations : public OnDevice {
 protected:
  static constexpr bool single = sizeof(Real) == 4;
  static constexpr double tolerance = single ? 1e-5 : 1e-12;
  static Operations<Real>& operations() { return operations_of<Real>(gpu()); }
  static Operations<double>& reference() { return operations_of<double>(cpu()); }
  static std::string named(const std::string& what) { return what + (single ? " float" : " double"); }
};

struct Precisions {
  template <class Real>
  static std::string GetName(int) {
    return sizeof(Real) == 4 ? "float" : "double";
  }
};
using BothPrecisions = testing::Types<float, double>;
TYPED_TEST_SUITE(DeviceOperations, BothPrecisions, Precisions);

/// A product on a backend: windows of wider matrices, several replicas, b shared or not.
struct ProductCase {
  std::ptrdiff_t rows, columns, depth;
  int replicas;
};

template <class Real>
std::vector<double> product_on(Backend& backend, const ProductCase& of, Transposed ta, Transposed tb, Result result,
                               int only_replica = -1) {
  const bool a_turned = ta == Transposed::yes, b_turned = tb == Transposed::yes;
  const std::ptrdiff_t a_rows = a_turned ? of.depth : of.rows, a_columns = a_turned ? of.rows : of.depth,
                       b_rows = b_turned ? of.columns : of.depth, b_columns = b_turned ? of.depth : of.columns;
  const auto matrix = [&](std::ptrdiff_t rows, std::ptrdiff_t columns, std::uint64_t what) {
    return tensor_of<Real>(backend, drawn(of.replicas * rows * (columns + 3), 1, what));
  };
  auto a = matrix(a_rows, a_columns, 1), b = matrix(b_rows, b_columns, 2), c = matrix(of.rows, of.columns, 3);
  const auto window = [&](Tensor<Real>& tensor, std::ptrdiff_t rows, std::ptrdiff_t columns) {
    View<Real> view = tensor.view(of.replicas, rows, columns + 3).columns_from(1, columns);
    if (only_replica >= 0) view.first = view.at(only_replica, 0), view.replicas = 1;
    return view;
  };
  operations_of<Real>(backend).product(window(a, a_rows, a_columns), ta, window(b, b_rows, b_columns), tb,
                                       window(c, of.rows, of.columns), result);
  return host_values(backend, window(c, of.rows, of.columns));
}

TYPED_TEST(DeviceOperations, Product) {
  for (const ProductCase& of :
       {ProductCase{7, 5, 3, 2}, ProductCase{4, 6, 0, 2}, ProductCase{200, 96, 1, 1}, ProductCase{1, 33, 32, 3},
        ProductCase{96, 33, 4001, 2}, ProductCase{64, 64, 64, 5}, ProductCase{3000, 10, 64, 1}})
    for (const Transposed ta : {Transposed::no, Transposed::yes})
      for (const Transposed tb : {Transposed::no, Transposed::yes})
        for (const Result result : {Result::replaced, Result::added}) {
          const std::vector<double> found = product_on<TypeParam>(this->gpu(), of, ta, tb, result);
          const std::string what = std::to_string(of.rows) + " x " + std::to_string(of.depth) + " x " +
                                   std::to_string(of.columns) + (ta == Transposed::yes ? " at" : " a") +
                                   (tb == Transposed::yes ? " bt" : " b");
          expect_near(this->named(what), found, product_on<double>(this->cpu(), of, ta, tb, result), this->tolerance);
          for (int replica = 0; replica < of.replicas; ++replica) {
            const std::vector<double> own = product_on<TypeParam>(this->gpu(), of, ta, tb, result, replica);
            EXPECT_TRUE(std::equal(own.begin(), own.end(), found.begin() + replica * of.rows * of.columns))
                << "replica " << replica << " alone gives other bits: " << what;
          }
        }
}

TYPED_TEST(DeviceOperations, ProductWithAMatrixThatReplicasShare) {
  const auto on = [](auto real, Backend& backend) {
    using Real = decltype(real);
    auto a = tensor_of<Real>(backend, drawn(3 * 4 * 5, 1, 1)), b = tensor_of<Real>(backend, drawn(6 * 5, 1, 2)),
         c = tensor_of<Real>(backend, drawn(3 * 4 * 6, 1, 3));
    View<const Real> shared = b.view(1, 6, 5);
    shared.replicas = 3, shared.replica = 0;
    operations_of<Real>(backend).product(a.view(3, 4, 5), Transposed::no, shared, Transposed::yes, c.view(3, 4, 6),
                                         Result::replaced);
    return host_values(c);
  };
  expect_near(this->named("shared"), on(TypeParam{}, this->gpu()), on(0.0, this->cpu()), this->tolerance);
}

TYPED_TEST(DeviceOperations, RowsAreRepeatedSummedCopiedAndCleared) {
  for (const std::ptrdiff_t rows : {1, 5, 256, 257, 2000})
    for (const std::ptrdiff_t columns : {1, 3, 4, 33, 300}) {
      const auto on = [&](auto real, Backend& backend) {
        using Real = decltype(real);
        Operations<Real>& operations = operations_of<Real>(backend);
        auto from = tensor_of<Real>(backend, drawn(2 * rows * columns, 1, 1)),
             to = tensor_of<Real>(backend, drawn(2 * (rows + 2) * (columns + 5), 1, 2)),
             sums = tensor_of<Real>(backend, drawn(2 * columns, 1, 3));
        const View<Real> all = to.view(2, rows + 2, columns + 5),
                         inner = all.rows_from(1, rows).columns_from(2, columns);
        operations.copy(from.view(2, rows, columns), inner);
        operations.sum_rows(inner, sums.view(2, 1, columns), Result::added);
        std::vector<double> results = host_values(to), summed = host_values(sums);
        results.insert(results.end(), summed.begin(), summed.end());
        operations.sum_rows(inner, sums.view(2, 1, columns), Result::replaced);
        operations.repeat_row(sums.view(2, 1, columns), inner);
        summed = host_values(to);
        results.insert(results.end(), summed.begin(), summed.end());
        operations.clear(inner);
        summed = host_values(to);
        results.insert(results.end(), summed.begin(), summed.end());
        return results;
      };
      expect_near(this->named(std::to_string(rows) + " x " + std::to_string(columns)), on(TypeParam{}, this->gpu()),
                  on(0.0, this->cpu()), this->tolerance);
    }
}

TYPED_TEST(DeviceOperations, Losses) {
  constexpr int replicas = 3, steps = 40, batch = 17, outputs = 10, values = steps * batch * outputs;
  std::vector<int> lengths, labels;
  for (int i = 0; i < replicas * batch; ++i) lengths.push_back(i * 7 % (steps + 5));
  for (int i = 0; i < replicas * steps * batch; ++i) labels.push_back(i % 5 == 4 ? ignored_label : i * 3 % outputs);
  for (const LossKind kind : {LossKind::mse, LossKind::cross_entropy, LossKind::binary_cross_entropy})
    for (const bool masked : {false, true}) {
      const auto on = [&](auto real, Backend& backend) {
        using Real = decltype(real);
        auto found = tensor_of<Real>(backend, drawn(replicas * values, 2, 1));
        std::vector<double> wanted = drawn(replicas * values, 1, 2);
        if (kind == LossKind::binary_cross_entropy)
          for (double& value : wanted) value = value > 0 ? 1 : 0;
        auto targets = tensor_of<Real>(backend, wanted), gradient = tensor_of<Real>(backend, wanted);
        const Tensor<int> lengths_there = tensor_of_values(backend, lengths),
                          labels_there = tensor_of_values(backend, labels);
        Tensor<double> loss(backend, {replicas}), accuracy(backend, {replicas});
        operations_of<Real>(backend).loss({.kind = kind,
                                           .steps = steps,
                                           .batch = batch,
                                           .first_step = 3,
                                           .outputs = found.view(replicas, steps * batch, outputs),
                                           .targets = targets.view(replicas, steps * batch, outputs),
                                           .labels = labels_there.data(),
                                           .label_steps = masked ? steps : 1,
                                           .lengths = masked ? lengths_there.data() : nullptr,
                                           .gradient = gradient.view(replicas, steps * batch, outputs),
                                           .loss = loss.data(),
                                           .accuracy = kind == LossKind::mse ? nullptr : accuracy.data()});
        std::vector<double> results = host_values(loss);
        for (const double value : host_values(accuracy)) results.push_back(value);
        for (const double value : host_values(gradient)) results.push_back(value * steps * batch);
        return results;
      };
      const std::string what = "kind " + std::to_string(int(kind)) + (masked ? " lengths" : "");
      expect_near(this->named(what), on(TypeParam{}, this->gpu()), on(0.0, this->cpu()), this->tolerance);
    }
}

TYPED_TEST(DeviceOperations, VariabilityAndAttractors) {
  for (const int sequences : {2, 33, 300}) {
    constexpr int replicas = 2, width = 70;
    std::vector<double> values = drawn(replicas * sequences * width, 0.5, 1);
    std::copy_n(values.begin(), width, values.begin() + width);  // two identical states
    const auto on = [&](auto real, Backend& backend) {
      using Real = decltype(real);
      auto states = tensor_of<Real>(backend, values);
      Tensor<Real> gradient(backend, {replicas, sequences, width});
      Tensor<double> value(backend, {replicas}), vaa(backend, {replicas});
      Operations<Real>& operations = operations_of<Real>(backend);
      const View<const Real> view = states.view(replicas, sequences, width);
      operations.variability(
          {.states = view, .value = value.data(), .gradient = gradient.view(replicas, sequences, width)});
      operations.attractors(view, 1e-4, vaa.data());
      return std::array{host_values(value), host_values(gradient), host_values(vaa)};
    };
    const auto found = on(TypeParam{}, this->gpu()), expected = on(0.0, this->cpu());
    const std::string of = std::to_string(sequences) + " sequences";
    expect_near(this->named("VAA* of " + of), found[0], expected[0], this->tolerance);
    expect_near(this->named("its gradient, " + of), found[1], expected[1], 10 * this->tolerance);
    EXPECT_EQ(found[2], expected[2]) << "VAA of " << of;
  }
}

TYPED_TEST(DeviceOperations, Adam) {
  constexpr int replicas = 5;
  for (const std::ptrdiff_t size : {1, 300, 70'001}) {
    const auto on = [&](auto real, Backend& backend) {
      using Real = decltype(real);
      auto values = tensor_of<Real>(backend, drawn(replicas * size, 1, 1)),
           first = tensor_of<Real>(backend, drawn(replicas * size, 0, 2)),
           second = tensor_of<Real>(backend, drawn(replicas * size, 0, 2));
      const Tensor<double> rates = tensor_of<double>(backend, {0.1, 0.01, 0.1, 0.2, 0.3});
      const Tensor<unsigned char> active = tensor_of_values<unsigned char>(backend, {1, 1, 0, 1, 1});
      const Tensor<double> losses = tensor_of<double>(backend, {1, 1, 1, 1, NAN});
      Tensor<double> norms(backend, {replicas});
      for (int step = 1; step <= 3; ++step) {
        std::vector<double> drawn_gradient = drawn(replicas * size, 1, 3 + std::uint64_t(step));
        drawn_gradient[static_cast<std::size_t>(3 * size)] = INFINITY;  // the norm of the fourth is not finite
        auto gradient = tensor_of<Real>(backend, drawn_gradient);
        const Tensor<int> steps = tensor_of_values(backend, std::vector<int>(replicas, step));
        const auto block = [&](Tensor<Real>& of) { return of.view(replicas, 1, size); };
        operations_of<Real>(backend).adam({.values = block(values),
                                           .gradient = block(gradient),
                                           .first_moment = block(first),
                                           .second_moment = block(second),
                                           .learning_rate = rates.data(),
                                           .step = steps.data(),
                                           .active = active.data(),
                                           .loss = losses.data(),
                                           .weight_decay = 0.01,
                                           .clip = 0.5,
                                           .norm = norms.data()});
      }
      std::vector<double> of_norms = host_values(norms);
      of_norms.erase(of_norms.begin() + 3);
      return std::array{host_values(values), host_values(first), host_values(second), of_norms};
    };
    const auto found = on(TypeParam{}, this->gpu()), expected = on(0.0, this->cpu());
    for (std::size_t i = 0; i < found.size(); ++i)
      expect_near(this->named(std::to_string(size) + " parameters, " + std::to_string(i)), found[i], expected[i],
                  this->tolerance);
  }
}

TYPED_TEST(DeviceOperations, GatherAndShuffle) {
  constexpr int replicas = 3, count = 1000, stored = 20, batch = 7, steps = 25;
  for (const int features : {1, 3, 28}) {
    const auto on = [&](auto real, Backend& backend) {
      using Real = decltype(real);
      Operations<Real>& operations = operations_of<Real>(backend);
      auto sequences = tensor_of<Real>(backend, drawn(std::ptrdiff_t(count) * stored * features, 1, 1));
      const Tensor<std::uint64_t> seeds = tensor_of_values<std::uint64_t>(backend, {1, 2, std::uint64_t(1) << 40});
      Tensor<int> orders(backend, {replicas, count}), chosen(backend, {replicas, batch});
      operations.shuffle(
          {.seeds = seeds.data(), .replicas = replicas, .count = count, .epoch = 3, .orders = orders.data()});
      std::vector<int> squares(count);
      for (int i = 0; i < count; ++i) squares[std::size_t(i)] = i * i;
      const Tensor<int> labels = tensor_of_values(backend, squares);
      operations.gather(GatherRun<int>{.sequences = labels.data(),
                                       .stored_steps = 1,
                                       .features = 1,
                                       .indices = orders.data() + 11,
                                       .indices_replica = count,
                                       .batch = batch,
                                       .steps = 1,
                                       .gathered = chosen.view(replicas, batch, 1)});
      Tensor<Real> gathered(backend, {replicas, steps * batch, features});
      operations.gather(GatherRun<Real>{.sequences = sequences.data(),
                                        .stored_steps = stored,
                                        .features = features,
                                        .indices = orders.data() + 11,
                                        .indices_replica = count,
                                        .batch = batch,
                                        .steps = steps,
                                        .gathered = gathered.view(replicas, steps * batch, features)});
      return std::array{host_values(orders), host_values(chosen), host_values(gathered)};
    };
    EXPECT_EQ(on(TypeParam{}, this->gpu()), on(0.0, this->cpu())) << features << " features";
  }
}

TEST_F(OnDevice, MemoryIsClearedAndTooMuchIsRefusedWithTheBytes) {
  const Tensor<float> tensor(gpu(), {1'000'003});
  EXPECT_EQ(host_values(tensor), std::vector<double>(1'000'003));
  try {
    gpu().allocate(std::size_t(1) << 50);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_NE(std::string(error.what()).find("1125899906842624"), std::string::npos) << error.what();
  }
  const Tensor<float> after(gpu(), {1000});  // the GPU still works as before
  EXPECT_EQ(host_values(after), std::vector<double>(1000));
}

TEST_F(OnDevice, CopiesOfEverySizeArrive) {
  for (const std::ptrdiff_t size : {1, 1000, 65'536, 65'537, 3'000'000}) {
    const std::vector<double> values = drawn(size, 1, 1);
    Tensor<double> first = tensor_of<double>(gpu(), values), second(gpu(), {size});
    second.copy_from(first);
    first.clear();
    EXPECT_EQ(host_values(second), values);
    EXPECT_EQ(host_values(first), std::vector<double>(values.size()));
  }
}

TEST_F(OnDevice, AScheduleThatIsUnknownIsAUsageError) {
  try {
    gpu().use_schedule("solowe");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

}  // namespace
}  // namespace hysteron
