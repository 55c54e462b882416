#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/operations.hpp>

namespace hysteron {

class Decompositions;

/// Which schedule a kind of run takes: "gru, 64 units, float, forward" takes "solo", and why.
struct ScheduleChoice {
  std::string run, schedule, reason;
};

/// Where numbers live and who multiplies them.
class Backend : public Memory {
 public:
  virtual std::string name() const = 0;         ///< as --device takes it: "cpu", "cuda:0"
  virtual std::string description() const = 0;  ///< the machine, in words
  /// What differs from what was asked for, a sentence each: threads that the system did not start.
  virtual std::vector<std::string> warnings() const { return {}; }
  virtual Operations<float>& operations(float) = 0;
  virtual Operations<double>& operations(double) = 0;
  /// Of matrices in this memory, in double precision (decompositions.hpp). Throws a device error where there are none.
  virtual Decompositions& decompositions();

  /// How forward and backward over time can be told to go about it; the first, "auto", chooses for each shape.
  virtual std::vector<std::string> schedules() const { return {"auto"}; }
  /// From now on. Throws a usage error for one that is not among schedules(). A run of a shape that the schedule cannot
  /// take throws a usage error as well.
  virtual void use_schedule(std::string_view name);
  using Listen = std::function<void(const ScheduleChoice&)>;
  /// Is told of each kind of run, once, which schedule it takes and why. A backend of one schedule tells nothing.
  virtual void on_schedule(Listen) {}
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
  std::unique_ptr<Backend> (*make)(int device, int threads);  ///< threads: 0 for as many as are available
  std::vector<std::string> (*schedules)();                    ///< Backend::schedules() of every device of this kind
};

/// Every kind in this build; each registers itself from its own folder.
std::vector<BackendKind>& backend_kinds();

struct BackendRegistration {
  explicit BackendRegistration(BackendKind kind) { backend_kinds().push_back(std::move(kind)); }
};

/// device: auto | cpu | cuda | cuda:1. threads: of the CPU; 0: as many as the process may use (processors, affinity,
/// the CPU quota of its control group, OMP_NUM_THREADS, OMP_THREAD_LIMIT). Throws a device error that says why a device
/// cannot be used, a usage error for an unknown one.
std::unique_ptr<Backend> make_backend(std::string_view device, int threads = 0);

}  // namespace hysteron
