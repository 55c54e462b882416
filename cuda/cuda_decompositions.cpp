#include "cuda_decompositions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hysteron::cuda {
namespace {

std::size_t bytes_of(std::ptrdiff_t values) { return static_cast<std::size_t>(values) * sizeof(double); }

std::string extents(View<double> a) { return std::to_string(a.rows) + " x " + std::to_string(a.columns); }

void require(bool right, const char* what, View<double> a, View<double> b) {
  if (right) return;
  throw defect({.what = std::string("a decomposition of matrices that do not fit: ") + what,
                .expected = extents(a),
                .found = extents(b)});
}

std::int64_t leading(View<double> a) { return std::max<std::int64_t>(a.row, a.columns); }

}  // namespace

/// Workspace on both sides, of the sizes that cuSOLVER asked for, and its status.
class CudaDecompositions::Call {
 public:
  Call(Device& device, const char* name, View<double> of, std::size_t on_device, std::size_t on_host)
      : device_(&device), name_(name), of_(extents(of)), on_device_(on_device), host_(on_host) {
    doing("taking the working space of " + std::string(name) + " for a matrix " + of_ + ": " +
              std::to_string(on_device) + " bytes on the GPU, " + std::to_string(on_host) + " on the host",
          [&] { memory_ = allocate_device_memory(on_device + place_of_verdict); });
  }

  void* on_device() const { return static_cast<char*>(memory_.get()) + place_of_verdict; }
  std::size_t bytes_on_device() const { return on_device_; }
  void* on_host() { return host_.data(); }
  std::size_t bytes_on_host() const { return host_.size(); }
  int* verdict() const { return static_cast<int*>(memory_.get()); }

  /// Throws a numeric error unless the call succeeded.
  void require_convergence() const {
    int said = 0;
    device_->copy_out(&said, verdict(), sizeof said);
    if (said == 0) return;
    throw numeric_error({.what = std::string(name_) + " of a matrix " + of_ + " did not converge",
                         .found = "info " + std::to_string(said),
                         .hint = "look for numbers that are not finite, or of very different magnitude, in the data"});
  }

 private:
  static constexpr std::size_t place_of_verdict = 256;  // bytes, so that what follows is aligned

  Device* device_;
  const char* name_;
  std::string of_;
  std::size_t on_device_;
  std::vector<char> host_;
  DeviceMemory memory_;
};

namespace {

/// Copies rows to the host, flips each so that its largest entry is positive, and copies them to their destination.
void place_vectors(Device& device, const double* from, std::ptrdiff_t row, View<double> vectors) {
  const std::ptrdiff_t n = vectors.columns;
  std::vector<double> rows(static_cast<std::size_t>(vectors.rows * n));
  require_success(cudaMemcpy2DAsync(rows.data(), bytes_of(n), from, bytes_of(row), bytes_of(n),
                                    static_cast<std::size_t>(vectors.rows), cudaMemcpyDeviceToHost, device.stream()),
                  "cudaMemcpy2DAsync from the device");
  device.wait();
  for (std::ptrdiff_t i = 0; i < vectors.rows; ++i) {
    double* const own = rows.data() + i * n;
    const double largest =
        *std::max_element(own, own + n, [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (largest < 0)
      for (std::ptrdiff_t j = 0; j < n; ++j) own[j] = -own[j];
  }
  require_success(cudaMemcpy2DAsync(vectors.first, bytes_of(vectors.row), rows.data(), bytes_of(n), bytes_of(n),
                                    static_cast<std::size_t>(vectors.rows), cudaMemcpyHostToDevice, device.stream()),
                  "cudaMemcpy2DAsync to the device");
  device.wait();
}

void require_finite(const std::vector<double>& values, const char* what, View<double> a) {
  if (std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) return;
  throw numeric_error({.what = std::string("not a finite number in ") + what + " of a matrix " + extents(a),
                       .hint = "look for such numbers in the data"});
}

}  // namespace

void CudaDecompositions::start() {
  if (solver_) return;
  const cudaStream_t stream = device_->stream();
  const Cusolver& cusolver = Cusolver::library();
  cusolverDnHandle_t solver = nullptr;
  require_success(cusolver.create(&solver), "cusolverDnCreate");
  CusolverHandle made(solver);
  require_success(cusolver.set_stream(solver, stream), "cusolverDnSetStream");
  cusolverDnParams_t parameters = nullptr;
  require_success(cusolver.create_parameters(&parameters), "cusolverDnCreateParams");
  parameters_ = CusolverParameters(parameters);
  cublasHandle_t cublas = nullptr;
  require_success(Cublas::library().create(&cublas), "cublasCreate");
  cublas_ = CublasHandle(cublas);
  require_success(Cublas::library().set_stream(cublas, stream), "cublasSetStream");
  solver_ = std::move(made);
}

void CudaDecompositions::symmetric_eigen(View<double> a, double* values, View<double> vectors) {
  require(a.rows == a.columns && vectors.columns == a.columns && vectors.rows <= a.rows && vectors.rows > 0,
          "eigenvectors", a, vectors);
  start();
  const Cusolver& cusolver = Cusolver::library();
  const std::int64_t n = a.rows, count = vectors.rows;
  const DeviceMemory all_values = allocate_device_memory(bytes_of(n));
  std::int64_t found = 0;
  double unused = 0;  // unused: the range is given by index
  std::size_t on_device = 0, on_host = 0;
  require_success(
      cusolver.eigen_size(solver_.get(), parameters_.get(), CUSOLVER_EIG_MODE_VECTOR, CUSOLVER_EIG_RANGE_I,
                          CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, a.first, leading(a), &unused, &unused, n - count + 1,
                          n, &found, CUDA_R_64F, all_values.get(), CUDA_R_64F, &on_device, &on_host),
      "cusolverDnXsyevdx_bufferSize");
  Call call(*device_, "cusolverDnXsyevdx", a, on_device, on_host);
  require_success(cusolver.eigen(solver_.get(), parameters_.get(), CUSOLVER_EIG_MODE_VECTOR, CUSOLVER_EIG_RANGE_I,
                                 CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, a.first, leading(a), &unused, &unused,
                                 n - count + 1, n, &found, CUDA_R_64F, all_values.get(), CUDA_R_64F, call.on_device(),
                                 call.bytes_on_device(), call.on_host(), call.bytes_on_host(), call.verdict()),
                  "cusolverDnXsyevdx");
  call.require_convergence();
  // Smallest first, with the vectors in the first rows of a.
  std::vector<double> ascending(static_cast<std::size_t>(count));
  device_->copy_out(ascending.data(), all_values.get(), bytes_of(count));
  require_finite(ascending, "the eigenvalues", a);
  std::ranges::reverse(ascending);
  device_->copy_in(values, ascending.data(), bytes_of(count));
  const DeviceMemory descending = allocate_device_memory(bytes_of(count * n));
  for (std::int64_t i = 0; i < count; ++i)
    require_success(cudaMemcpyAsync(static_cast<double*>(descending.get()) + i * n, a.at(0, count - 1 - i), bytes_of(n),
                                    cudaMemcpyDeviceToDevice, device_->stream()),
                    "cudaMemcpyAsync on the device");
  place_vectors(*device_, static_cast<const double*>(descending.get()), n, vectors);
}

DeviceMemory CudaDecompositions::transposed(View<double> a) {
  DeviceMemory memory = allocate_device_memory(bytes_of(a.rows * a.columns));
  const double one = 1, zero = 0;
  const int rows = static_cast<int>(a.rows), columns = static_cast<int>(a.columns);
  double* const to = static_cast<double*>(memory.get());
  require_success(Cusolver::library().transpose(cublas_.get(), CUBLAS_OP_T, CUBLAS_OP_N, rows, columns, &one, a.first,
                                                static_cast<int>(leading(a)), &zero, to, rows, to, rows),
                  "cublasDgeam");
  return memory;
}

DeviceMemory CudaDecompositions::factorize(double* columns, std::ptrdiff_t rows, std::ptrdiff_t count) {
  const Cusolver& cusolver = Cusolver::library();
  DeviceMemory factors = allocate_device_memory(bytes_of(count));
  std::size_t on_device = 0, on_host = 0;
  require_success(cusolver.qr_size(solver_.get(), parameters_.get(), rows, count, CUDA_R_64F, columns, rows, CUDA_R_64F,
                                   factors.get(), CUDA_R_64F, &on_device, &on_host),
                  "cusolverDnXgeqrf_bufferSize");
  Call call(*device_, "cusolverDnXgeqrf", {columns, 1, rows, count, 0, count}, on_device, on_host);
  require_success(cusolver.qr(solver_.get(), parameters_.get(), rows, count, CUDA_R_64F, columns, rows, CUDA_R_64F,
                              factors.get(), CUDA_R_64F, call.on_device(), call.bytes_on_device(), call.on_host(),
                              call.bytes_on_host(), call.verdict()),
                  "cusolverDnXgeqrf");
  call.require_convergence();
  return factors;
}

void CudaDecompositions::orthonormalize(View<double> a) {
  require(a.rows >= a.columns, "a QR of more columns than rows", a, a);
  start();
  const Cusolver& cusolver = Cusolver::library();
  const DeviceMemory memory = transposed(a);
  double* const columns = static_cast<double*>(memory.get());
  const DeviceMemory factors = factorize(columns, a.rows, a.columns);
  const double* const tau = static_cast<const double*>(factors.get());
  const int rows = static_cast<int>(a.rows), count = static_cast<int>(a.columns);
  int values = 0;
  require_success(cusolver.q_size(solver_.get(), rows, count, count, columns, rows, tau, &values),
                  "cusolverDnDorgqr_bufferSize");
  Call call(*device_, "cusolverDnDorgqr", a, bytes_of(values), 0);
  require_success(cusolver.q(solver_.get(), rows, count, count, columns, rows, tau,
                             static_cast<double*>(call.on_device()), values, call.verdict()),
                  "cusolverDnDorgqr");
  call.require_convergence();
  const double one = 1, zero = 0;
  require_success(cusolver.transpose(cublas_.get(), CUBLAS_OP_T, CUBLAS_OP_N, count, rows, &one, columns, rows, &zero,
                                     a.first, static_cast<int>(leading(a)), a.first, static_cast<int>(leading(a))),
                  "cublasDgeam");
  device_->wait();
}

void CudaDecompositions::triangle(View<double> a, View<double> r) {
  require(a.rows >= a.columns && r.rows == a.columns && r.columns == a.columns, "R", a, r);
  start();
  const DeviceMemory memory = transposed(a);
  double* const columns = static_cast<double*>(memory.get());
  const DeviceMemory factors = factorize(columns, a.rows, a.columns);
  const double one = 1, zero = 0;
  const int count = static_cast<int>(a.columns);
  require_success(Cusolver::library().transpose(cublas_.get(), CUBLAS_OP_T, CUBLAS_OP_N, count, count, &one, columns,
                                                static_cast<int>(a.rows), &zero, r.first, static_cast<int>(leading(r)),
                                                r.first, static_cast<int>(leading(r))),
                  "cublasDgeam");
  for (std::ptrdiff_t i = 1; i < r.rows; ++i)  // the Householder vectors are below the diagonal
    require_success(cudaMemsetAsync(r.at(0, i), 0, bytes_of(i), device_->stream()), "cudaMemsetAsync");
  device_->wait();
}

void CudaDecompositions::right_svd(View<double> a, double* values, View<double> vectors) {
  require(vectors.columns == a.columns && vectors.rows <= std::min(a.rows, a.columns) && vectors.rows > 0,
          "singular vectors", a, vectors);
  start();
  DeviceMemory reduced;
  if (a.rows > a.columns) {
    const std::ptrdiff_t n = a.columns;
    reduced = allocate_device_memory(bytes_of(n * n));
    const View<double> r{static_cast<double*>(reduced.get()), 1, n, n, n * n, n};
    triangle(a, r);
    a = r;
  }
  // In column-major order this is a^T, whose left vectors are the right vectors of a.
  const Cusolver& cusolver = Cusolver::library();
  const std::int64_t m = a.columns, n = a.rows;
  const DeviceMemory all_values = allocate_device_memory(bytes_of(n)), left = allocate_device_memory(bytes_of(m * n)),
                     right = allocate_device_memory(bytes_of(n * n));
  std::size_t on_device = 0, on_host = 0;
  require_success(cusolver.svd_size(solver_.get(), parameters_.get(), 'S', 'S', m, n, CUDA_R_64F, a.first, leading(a),
                                    CUDA_R_64F, all_values.get(), CUDA_R_64F, left.get(), m, CUDA_R_64F, right.get(), n,
                                    CUDA_R_64F, &on_device, &on_host),
                  "cusolverDnXgesvd_bufferSize");
  Call call(*device_, "cusolverDnXgesvd", a, on_device, on_host);
  require_success(
      cusolver.svd(solver_.get(), parameters_.get(), 'S', 'S', m, n, CUDA_R_64F, a.first, leading(a), CUDA_R_64F,
                   all_values.get(), CUDA_R_64F, left.get(), m, CUDA_R_64F, right.get(), n, CUDA_R_64F,
                   call.on_device(), call.bytes_on_device(), call.on_host(), call.bytes_on_host(), call.verdict()),
      "cusolverDnXgesvd");
  call.require_convergence();
  std::vector<double> leading_values(static_cast<std::size_t>(vectors.rows));
  device_->copy_out(leading_values.data(), all_values.get(), bytes_of(vectors.rows));
  require_finite(leading_values, "the singular values", a);
  device_->copy_in(values, leading_values.data(), bytes_of(vectors.rows));
  place_vectors(*device_, static_cast<const double*>(left.get()), m, vectors);
}

}  // namespace hysteron::cuda
