#include "preparation/suitable_cells.hpp"

#include <hysteron/error.hpp>

namespace hysteron {

std::string reason_against_chrono(const CellInfo& cell) {
  if (cell.time_gates) return "";
  return "chrono sets the bias of a forget gate, and the cell " + std::string(cell.name) + " has none";
}

std::string reason_against_autoencoder(const CellInfo& cell) {
  if (cell.candidate || cell.has_memory_matrix()) return "";
  return "the cell " + std::string(cell.name) +
         " cannot start from a linear autoencoder: its state has no candidate that a matrix takes from the state "
         "before";
}

void require_cell(const CellInfo& cell, std::string (*reason_against)(const CellInfo&)) {
  const std::string reason = reason_against(cell);
  if (reason.empty()) return;
  throw usage_error(
      {.what = reason,
       .expected = "--cell " + cell_list([&](const CellInfo& other) { return reason_against(other).empty(); }),
       .found = "--cell " + std::string(cell.name),
       .hint = "choose one of these cells, or another --init"});
}

}  // namespace hysteron
