#pragma once
#include <string>

#include <hysteron/cell_info.hpp>

namespace hysteron {

/// Why a start cannot make networks of a cell, a clause; empty: it can.
std::string reason_against_chrono(const CellInfo& cell);
std::string reason_against_autoencoder(const CellInfo& cell);

/// Throws a usage error with the reason, if there is one, and the cells against which there is none.
void require_cell(const CellInfo& cell, std::string (*reason_against)(const CellInfo&));

}  // namespace hysteron
