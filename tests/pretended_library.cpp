// A shared library to be found and opened by library_folders_test.
extern "C" int answer() { return 42; }
