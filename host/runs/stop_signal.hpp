#pragma once

namespace hysteron {

inline constexpr int stopped_exit_code = 75;  ///< stopped on request, with a checkpoint

/// From now on the first SIGINT, SIGTERM, SIGHUP (the terminal went away) or SIGUSR1 asks for a stop; the second ends
/// the process with 128 + its number. A signal that was ignored when the program began stays ignored.
void listen_for_stop_signals();

bool stop_requested();

}  // namespace hysteron
