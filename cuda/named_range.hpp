#pragma once
#include <string>

#include <nvtx3/nvToolsExt.h>

namespace hysteron::cuda {

/// A step of an algorithm, from construction to the end of the scope, as Nsight Systems shows it: the range spans the
/// launches, and Nsight projects it onto the work of the device. The names are those on the README's page on profiling.
/// (NVTX's C interface: the C++ one comes with CUDA 12.9 and later only.)
class NamedRange {
 public:
  explicit NamedRange(const std::string& name) {
    nvtxEventAttributes_t attributes{};
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
    attributes.message.ascii = name.c_str();
    nvtxDomainRangePushEx(domain(), &attributes);
  }
  NamedRange(const NamedRange&) = delete;
  NamedRange& operator=(const NamedRange&) = delete;
  ~NamedRange() { nvtxDomainRangePop(domain()); }

 private:
  static nvtxDomainHandle_t domain() {
    static const nvtxDomainHandle_t made = nvtxDomainCreateA("hysteron");
    return made;
  }
};

}  // namespace hysteron::cuda
