#pragma once
// The part of NVTX that cuda/ uses, declared as in the toolkit's header of this name. Ranges are ignored here.
#include <cstddef>
#include <cstdint>

#define NVTX_VERSION 3
#define NVTX_EVENT_ATTRIB_STRUCT_SIZE sizeof(nvtxEventAttributes_t)

enum nvtxMessageType_t { NVTX_MESSAGE_TYPE_ASCII = 1 };
struct nvtxEventAttributes_t {
  std::uint16_t version, size;
  std::int32_t messageType;
  union {
    const char* ascii;
  } message;
};
using nvtxDomainHandle_t = struct nvtxDomainRegistration_st*;

inline nvtxDomainHandle_t nvtxDomainCreateA(const char*) { return nullptr; }
inline int nvtxDomainRangePushEx(nvtxDomainHandle_t, const nvtxEventAttributes_t*) { return 0; }
inline int nvtxDomainRangePop(nvtxDomainHandle_t) { return 0; }
