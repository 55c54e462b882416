#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/operations.hpp>

namespace hysteron {

/// Where numbers live and who multiplies them.
class Backend : public Memory {
 public:
  virtual std::string name() const = 0;         ///< as --device takes it: "cpu", "cuda:0"
  virtual std::string description() const = 0;  ///< the machine, in words
  virtual Operations<float>& operations(float) = 0;
  virtual Operations<double>& operations(double) = 0;
};

template <class Real>
Operations<Real>& operations_of(Backend& backend) {
  return backend.operations(Real{});
}

/// A kind of backend, whether or not it can run on this machine.
struct BackendKind {
  std::string name;                                           ///< "cpu", "cuda"
  int rank;                                                   ///< `auto` takes the available kind of the highest rank
  std::string (*reason_against)();                            ///< empty: it can run here
  std::vector<std::string> (*devices)();                      ///< a line each
  std::unique_ptr<Backend> (*make)(int device, int threads);  ///< threads: 0 for as many as the machine has
};

/// Every kind in this build; each registers itself from its own folder.
std::vector<BackendKind>& backend_kinds();

struct BackendRegistration {
  explicit BackendRegistration(BackendKind kind) { backend_kinds().push_back(std::move(kind)); }
};

/// device: auto | cpu | cuda | cuda:1. Throws a device error that says why a device cannot be used, a usage error for
/// an unknown one.
std::unique_ptr<Backend> make_backend(std::string_view device, int threads = 0);

}  // namespace hysteron
