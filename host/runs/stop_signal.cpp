#include "runs/stop_signal.hpp"

#include <atomic>
#include <csignal>

#include <unistd.h>

namespace hysteron {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch what has no lock");

extern "C" void request_stop(int signal) {
  // Past its limit on processor time a process hears SIGXCPU every second, while it writes its checkpoint.
  if (requested.exchange(true) && signal != SIGXCPU) _exit(128 + signal);
}

}  // namespace

void listen_for_stop_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU}) {
    struct sigaction before {};
    // A signal that was ignored when the program began stays ignored: under nohup, or in the background of a script.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = request_stop;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
}

bool stop_requested() { return requested.load(); }

}  // namespace hysteron
