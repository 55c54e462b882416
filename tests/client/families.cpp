// What a user of the installed package sees: every cell, and every family's members, although nothing here names them.
#include <iostream>
#include <string>

#include <hysteron/backend.hpp>
#include <hysteron/cell_info.hpp>
#include <hysteron/initializer.hpp>
#include <hysteron/registry.hpp>
#include <hysteron/task.hpp>

int main() {
  for (const hysteron::CellInfo& cell : hysteron::every_cell()) std::cout << "cell " << cell.name << "\n";
  for (const std::string& name : hysteron::Registry<hysteron::Task>::names()) std::cout << "task " << name << "\n";
  for (const std::string& name : hysteron::Registry<hysteron::Initializer>::names())
    std::cout << "initializer " << name << "\n";
  for (const hysteron::BackendKind& kind : hysteron::backend_kinds()) std::cout << "backend " << kind.name << "\n";
}
