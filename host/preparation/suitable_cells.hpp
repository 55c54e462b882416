#pragma once
#include <string>

#include <hysteron/cell_info.hpp>

namespace hysteron {

/// Why a start cannot make networks of a cell, as a clause; empty if it can.
std::string reason_against_chrono(const CellInfo& cell);
std::string reason_against_autoencoder(const CellInfo& cell);

/// If there is a reason, throws a usage error with it and with the cells against which there is none.
void require_cell(const CellInfo& cell, std::string (*reason_against)(const CellInfo&));

}  // namespace hysteron
