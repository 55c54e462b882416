// What the emulator needs from the machine and tells the sanitizers: stacks and switching between them, memory that
// nobody may touch, and (for ThreadSanitizer) which accesses are ordered. Nothing here knows CUDA.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>

#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CUDA_EMULATOR_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define CUDA_EMULATOR_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define CUDA_EMULATOR_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define CUDA_EMULATOR_TSAN 1
#endif

#if defined(CUDA_EMULATOR_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(CUDA_EMULATOR_TSAN)
#include <sanitizer/tsan_interface.h>
extern "C" void __tsan_write_range(void* address, long bytes);
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
#endif

#if !defined(__x86_64__) && !defined(CUDA_EMULATOR_UCONTEXT)
#define CUDA_EMULATOR_UCONTEXT 1
#endif
#if defined(CUDA_EMULATOR_UCONTEXT)
#include <ucontext.h>
#else
// Saves the callee-saved registers on the current stack, stores the stack pointer in *from, and continues at `to`. Not
// a C++ function, so that the compiler assumes that it changes every register that a call may change.
extern "C" void cuda_emulator_switch_stack(void** from, void* to);
asm(R"(
    .text
    .ifndef cuda_emulator_switch_stack
    .weak cuda_emulator_switch_stack
    .type cuda_emulator_switch_stack, @function
cuda_emulator_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size cuda_emulator_switch_stack, . - cuda_emulator_switch_stack
    .endif
)");
#endif

namespace hysteron::cuda_emulator {

// A flow of control with its stack: a fiber, or the code that runs the fibers.
struct Strand {
#if defined(CUDA_EMULATOR_UCONTEXT)
  ucontext_t context{};
#else
  void* context = nullptr;                 // the stack pointer; the registers are on the stack
#endif
  const void* stack = nullptr;
  std::size_t stack_bytes = 0;
  void* fake_stack = nullptr;     // of AddressSanitizer
  void* race_identity = nullptr;  // of ThreadSanitizer
};

inline constexpr std::size_t page = 4096;

// Maps a stack on which main() will run; it must not return. `guarded`: the page below it may not be touched (which
// costs two of the kernel's vm.max_map_count = 65530 mappings).
inline void create_strand(Strand& strand, std::size_t bytes, bool guarded, void (*main)()) {
  strand.stack_bytes = (bytes + page - 1) / page * page;
  void* mapped = mmap(nullptr, page + strand.stack_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  if (guarded) mprotect(mapped, page, PROT_NONE);
  std::byte* stack = static_cast<std::byte*>(mapped) + page;
  strand.stack = stack;
#if defined(CUDA_EMULATOR_TSAN)
  strand.race_identity = __tsan_create_fiber(0);
#endif
#if defined(CUDA_EMULATOR_UCONTEXT)
  getcontext(&strand.context);
  strand.context.uc_stack.ss_sp = stack;
  strand.context.uc_stack.ss_size = strand.stack_bytes;
  makecontext(&strand.context, main, 0);
#else
  static thread_local unsigned color = 0;  // stacks that all begin at the same offset in a page would share cache sets
  void** top = reinterpret_cast<void**>(stack + strand.stack_bytes - color++ % 12 * 320) - 2;
  top[0] = reinterpret_cast<void*>(main);  // where the first switch returns to (a 16-byte aligned slot)
  top[1] = nullptr;                        // the return address of main: the end of backtraces
  strand.context = top - 6;                // six registers, all zero
#endif
}

#if defined(CUDA_EMULATOR_TSAN)
inline constexpr bool strands_have_names = true;
inline void name_strand(Strand& strand, const char* name) { __tsan_set_fiber_name(strand.race_identity, name); }
#else
inline constexpr bool strands_have_names = false;
inline void name_strand(Strand&, const char*) {}
#endif

inline void destroy_strand(Strand& strand) {  // its race_identity stays: it must not end while it ignores accesses
  void* stack = const_cast<void*>(strand.stack);
#if defined(CUDA_EMULATOR_ASAN)
  __asan_unpoison_memory_region(stack, strand.stack_bytes);
#endif
  munmap(static_cast<std::byte*>(stack) - page, page + strand.stack_bytes);
}

// For the strand that creates the others.
inline void adopt_current([[maybe_unused]] Strand& strand) {
#if defined(CUDA_EMULATOR_TSAN)
  strand.race_identity = __tsan_get_current_fiber();
#endif
}

// The first thing that a new strand does; `from` switched to it.
inline void begin_strand([[maybe_unused]] Strand& from) {
#if defined(CUDA_EMULATOR_ASAN)
  __sanitizer_finish_switch_fiber(nullptr, &from.stack, &from.stack_bytes);
#endif
}

// Continues `to`. Returns when `to` switches back.
inline void switch_strand(Strand& from, Strand& to) {
#if defined(CUDA_EMULATOR_ASAN)
  __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_bytes);
#elif defined(CUDA_EMULATOR_TSAN)
  __tsan_switch_to_fiber(to.race_identity, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(CUDA_EMULATOR_UCONTEXT)
  swapcontext(&from.context, &to.context);
#else
  cuda_emulator_switch_stack(&from.context, to.context);
#endif
#if defined(CUDA_EMULATOR_ASAN)
  __sanitizer_finish_switch_fiber(from.fake_stack, &to.stack, &to.stack_bytes);
#endif
}

// The emulator's own reads and writes are not the kernel's: ThreadSanitizer must not look at them.
struct Unobserved {
#if defined(CUDA_EMULATOR_TSAN)
  static void begin() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__), AnnotateIgnoreWritesBegin(__FILE__, __LINE__); }
  static void end() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__), AnnotateIgnoreWritesEnd(__FILE__, __LINE__); }
#else
  static void begin() {}
  static void end() {}
#endif
  Unobserved() { begin(); }
  ~Unobserved() { end(); }
  Unobserved(const Unobserved&) = delete;
};

// For ThreadSanitizer: what precedes a release of a token happens before what follows an acquire of it.
inline void release_token([[maybe_unused]] void* token) {
#if defined(CUDA_EMULATOR_TSAN)
  __tsan_release(token);
#endif
}
inline void acquire_token([[maybe_unused]] void* token) {
#if defined(CUDA_EMULATOR_TSAN)
  __tsan_acquire(token);
#endif
}
// Releases the token in the name of a strand that stopped forever, from the strand that is running now.
#if defined(CUDA_EMULATOR_TSAN)
__attribute__((no_sanitize("thread"))) inline void release_token_for(const Strand& stopped, const Strand& now,
                                                                     void* token) {
  __tsan_switch_to_fiber(stopped.race_identity, __tsan_switch_to_fiber_no_sync);
  __tsan_release(token);
  __tsan_switch_to_fiber(now.race_identity, __tsan_switch_to_fiber_no_sync);
}
#else
inline void release_token_for(const Strand&, const Strand&, void*) {}
#endif

// Tells ThreadSanitizer of a write by a separate thread: what precedes the release of `issued` happens before it, and
// it happens before whatever acquires `done`. `now` is the strand that is running.
#if defined(CUDA_EMULATOR_TSAN)
__attribute__((no_sanitize("thread"))) inline void record_independent_write(const Strand& now, void* to,
                                                                            std::size_t bytes, void* issued,
                                                                            void* done) {
  static thread_local void* identities[64] = {};  // few: ThreadSanitizer has about 8000; many: an identity orders its
  static thread_local unsigned next = 0;          // earlier writes before its later ones
  void*& identity = identities[next++ % 64];
  if (identity == nullptr) {
    identity = __tsan_create_fiber(0);
    __tsan_set_fiber_name(identity, "asynchronous store");
  }
  __tsan_switch_to_fiber(identity, __tsan_switch_to_fiber_no_sync);
  __tsan_acquire(issued);
  __tsan_write_range(to, long(bytes));
  __tsan_release(done);
  __tsan_switch_to_fiber(now.race_identity, __tsan_switch_to_fiber_no_sync);
}
#else
inline void record_independent_write(const Strand&, void*, std::size_t, void*, void*) {}
#endif

// Memory that nobody may touch: AddressSanitizer reports any access; without it still_forbidden() finds that it was
// written.
inline void forbid_access(void* memory, std::size_t bytes, [[maybe_unused]] unsigned char fill) {
#if defined(CUDA_EMULATOR_ASAN)
  __asan_poison_memory_region(memory, bytes);
#else
  std::memset(memory, fill, bytes);
#endif
}
inline bool still_forbidden([[maybe_unused]] const std::byte* memory, [[maybe_unused]] std::size_t bytes,
                            [[maybe_unused]] unsigned char fill) {
#if defined(CUDA_EMULATOR_ASAN)
  return true;
#else
  return memory[0] == std::byte(fill) && std::memcmp(memory, memory + 1, bytes - 1) == 0;
#endif
}
inline void allow_access_undefined(void* memory, std::size_t bytes, unsigned char fill) {
#if defined(CUDA_EMULATOR_ASAN)
  __asan_unpoison_memory_region(memory, bytes);
#endif
  std::memset(memory, fill, bytes);
}

}  // namespace hysteron::cuda_emulator
