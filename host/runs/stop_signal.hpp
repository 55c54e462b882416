#pragma once

namespace hysteron {

inline constexpr int stopped_exit_code = 75;  ///< stopped on request, with a checkpoint

/// From now on the first SIGINT, SIGTERM, SIGHUP (the terminal went away), SIGUSR1, SIGUSR2 (batch systems announce the
/// end of a job with either) or SIGXCPU (the limit on processor time is near) asks for a stop; the second ends the
/// process with 128 + its number, SIGXCPU excepted, which comes every second. A signal that was ignored when the
/// program began stays ignored.
void listen_for_stop_signals();

bool stop_requested();

}  // namespace hysteron
