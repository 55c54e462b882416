#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <optional>

#include <hysteron/backend.hpp>

namespace hysteron {

namespace {

/// The number after the colon of "cuda:1"; none without a colon.
std::optional<int> device_number(std::string_view device) {
  const std::size_t colon = device.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = device.substr(colon + 1);
  int number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0)
    throw usage_error({.what = "not a device: \"" + std::string(device) + "\"",
                       .expected = "a number after the colon, as in cuda:1",
                       .found = "\"" + std::string(digits) + "\""});
  return number;
}

/// The devices of a kind that can be used, the strongest first.
std::vector<BackendDevice> usable_devices_of(const BackendKind& kind) {
  if (!kind.reason_against().empty()) return {};
  std::vector<BackendDevice> devices = kind.devices();
  std::erase_if(devices, [](const BackendDevice& device) { return !device.reason_against.empty(); });
  std::ranges::stable_sort(devices, std::ranges::greater(), &BackendDevice::strength);
  return devices;
}

const BackendKind& kind_named(std::string_view name) {
  std::vector<std::string> known{"auto"};
  for (const BackendKind& kind : backend_kinds()) {
    if (kind.name == name) return kind;
    known.push_back(kind.name);
  }
  if (name == "cuda")
    throw device_error(
        {.what = "device \"cuda\" cannot be used",
         .hint = "this build has no CUDA backend: configure it with -DHYSTERON_CUDA=ON, or use --device cpu"});
  // So that gpu is told what it is called here, also by a build without.
  if (std::ranges::find(known, "cuda") == known.end()) known.emplace_back("cuda");
  throw unknown_name("device", name, known);
}

Error unusable(std::string_view device, const std::string& reason) {
  return device_error({.what = "device \"" + std::string(device) + "\" cannot be used",
                       .found = reason,
                       .hint = "--device cpu runs everywhere; hysteron info lists what can run here"});
}

}  // namespace

Decompositions& Backend::decompositions() {
  throw device_error(
      {.what = "device \"" + name() + "\" has no decompositions of matrices", .hint = "--device cpu has them"});
}

void Backend::use_schedule(std::string_view name) {
  const std::vector<std::string> own = schedules();
  if (std::find(own.begin(), own.end(), name) != own.end()) return;
  std::string expected;
  for (const std::string& one : own) expected += (expected.empty() ? "" : ", ") + one;
  throw usage_error({.what = "device \"" + this->name() + "\" has no schedule \"" + std::string(name) + "\"",
                     .expected = expected,
                     .found = "schedule = \"" + std::string(name) + "\"",
                     .hint = "schedule = \"auto\" suits every device"});
}

std::vector<BackendKind>& backend_kinds() {
  static std::vector<BackendKind> kinds;
  return kinds;
}

std::vector<BackendDevice> usable_devices() {
  std::vector<BackendKind> kinds = backend_kinds();
  std::ranges::stable_sort(kinds, std::ranges::greater(), &BackendKind::rank);
  std::vector<BackendDevice> all;
  for (const BackendKind& kind : kinds) std::ranges::move(usable_devices_of(kind), std::back_inserter(all));
  if (all.empty()) throw device_error({.what = "no backend can run here"});
  return all;
}

std::unique_ptr<Backend> make_backend(std::string_view device, int threads) {
  if (threads < 0)
    throw usage_error({.what = "a negative number of threads",
                       .expected = "0 (as many as are available) or more",
                       .found = std::to_string(threads)});
  if (device == "auto") return make_backend(usable_devices().front().name, threads);
  const BackendKind& kind = kind_named(device.substr(0, device.find(':')));
  const std::optional<int> number = device_number(device);
  if (const std::string reason = kind.reason_against(); !reason.empty()) throw unusable(device, reason);
  if (!number) return kind.make(device_number(usable_devices_of(kind).front().name).value_or(0), threads);
  const std::vector<BackendDevice> devices = kind.devices();
  const auto at = static_cast<std::size_t>(*number);
  if (at >= devices.size())
    throw device_error({.what = "there is no device \"" + std::string(device) + "\"",
                        .expected = kind.name + ":0 to " + kind.name + ":" + std::to_string(devices.size() - 1),
                        .found = std::to_string(*number),
                        .hint = "hysteron info lists what can run here"});
  if (!devices[at].reason_against.empty()) throw unusable(device, devices[at].reason_against);
  return kind.make(*number, threads);
}

}  // namespace hysteron
