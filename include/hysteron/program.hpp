#pragma once

namespace hysteron {

/// The program hysteron: every verb, configurations, run folders and reports, for every task, cell and initializer that
/// is linked in. Your own program can register further ones (registry.hpp) and call this from its main; every verb then
/// knows them:
///
///     const hysteron::Registration<hysteron::Task> registration("mine", [] { return std::make_unique<Mine>(); });
///     int main(int count, char** arguments) { return hysteron::run_program(count, arguments); }
///
/// Results go to stdout, progress and errors to stderr. Nothing is thrown. Returns the exit code: 0 done, 1 a defect,
/// 2 usage, 3 data, 4 device or memory, 5 a number that is not finite, 75 stopped with a checkpoint.
int run_program(int count, char** arguments);

}  // namespace hysteron
