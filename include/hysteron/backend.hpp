#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hysteron/operations.hpp>

namespace hysteron {

class Decompositions;

/// Which schedule a kind of run takes, and why: "gru, 64 units, float, forward" takes "solo".
struct ScheduleChoice {
  std::string run, schedule, reason;
};

/// Where numbers live and who multiplies them.
class Backend : public Memory {
 public:
  virtual std::string name() const = 0;         ///< as --device takes it: "cpu", "cuda:0"
  virtual std::string description() const = 0;  ///< the machine, in words
  /// Differences from what was asked for, one sentence each: for example, threads that the system did not start.
  virtual std::vector<std::string> warnings() const { return {}; }
  virtual Operations<float>& operations(float) = 0;
  virtual Operations<double>& operations(double) = 0;
  /// Decompositions of matrices in this memory, in double precision (decompositions.hpp). Throws a device error where
  /// the backend has none.
  virtual Decompositions& decompositions();

  /// The ways in which forward and backward over time can run; the first, "auto", chooses for each shape.
  virtual std::vector<std::string> schedules() const { return {"auto"}; }
  /// Sets the schedule from now on. Throws a usage error for one that is not among schedules(); so does a later run of
  /// a shape that the schedule cannot take.
  virtual void use_schedule(std::string_view name);
  /// From now on "auto" passes over this schedule, and a run that asks for it is an error that gives the reason. A
  /// backend with a single schedule cannot do without it and ignores this.
  virtual void shut_schedule(std::string_view, std::string) {}
  using Listen = std::function<void(const ScheduleChoice&)>;
  /// The listener is called once for each kind of run, with the schedule that it takes and the reason. A backend with a
  /// single schedule never calls it.
  virtual void on_schedule(Listen) {}
};

template <class Real>
Operations<Real>& operations_of(Backend& backend) {
  return backend.operations(Real{});
}

/// A device of a machine, whether or not it can be used.
struct BackendDevice {
  std::string name = {};            ///< as --device takes it: "cpu", "cuda:0"
  std::string description = {};     ///< in words
  std::string reason_against = {};  ///< empty: it can be used
  /// The device, its driver and its libraries, for which a test of it holds; empty: it needs none.
  std::string identity = {};
  double strength = 0;  ///< of the devices of a kind, `auto` takes the strongest that can be used
};

/// A kind of backend, whether or not it can run on this machine.
struct BackendKind {
  std::string name;                                           ///< "cpu", "cuda"
  int rank;                                                   ///< `auto` takes the available kind of the highest rank
  std::string (*reason_against)();                            ///< empty: at least one device can be used
  std::vector<BackendDevice> (*devices)();                    ///< by number
  std::unique_ptr<Backend> (*make)(int device, int threads);  ///< threads: 0 for as many as are available
  std::vector<std::string> (*schedules)();                    ///< Backend::schedules() of every device of this kind
  /// The files of the libraries that it opens when it is used, each as it is found now, or why it is not.
  std::vector<std::string> (*libraries)() = [] { return std::vector<std::string>(); };
};

/// Every kind in this build; each registers itself from its own folder.
std::vector<BackendKind>& backend_kinds();

struct BackendRegistration {
  explicit BackendRegistration(BackendKind kind) { backend_kinds().push_back(std::move(kind)); }
};

/// The devices that can be used here, in the order in which `auto` tries them. Never empty: throws a device error if
/// there is none.
std::vector<BackendDevice> usable_devices();

/// device: auto | cpu | cuda | cuda:1. `auto` takes the first of usable_devices(), `cuda` the first of its kind; the
/// program tests a GPU before `auto` takes it, this function does not. threads: CPU threads; 0: as many as the process
/// may use (processors, affinity, the CPU quota of its control group, OMP_NUM_THREADS, OMP_THREAD_LIMIT). Throws a
/// device error that says why a device cannot be used, a usage error for an unknown one.
std::unique_ptr<Backend> make_backend(std::string_view device, int threads = 0);

}  // namespace hysteron
