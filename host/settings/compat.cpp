#include <hysteron/compat.hpp>

namespace hysteron {

void declare_compat(Settings& settings) {
  if (settings.declared("compat")) return;
  settings.declare(
      "compat", "fixed",
      "where published code differs from its paper: fixed, or as the authors have it (chrono's biases; the "
      "means of validation and test)",
      one_of({"fixed", "authors"}));
}

Compat compat_of(const Settings& settings) {
  return settings.text("compat") == "authors" ? Compat::authors : Compat::fixed;
}

}  // namespace hysteron
