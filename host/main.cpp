// The composition root.
#include <hysteron/program.hpp>

int main(int count, char** arguments) { return hysteron::run_program(count, arguments); }
