#pragma once
#include <string>
#include <vector>

#include "report/chart.hpp"

namespace hysteron {

/// The charts below each other as one SVG picture, as the page draws them in its light theme: without a browser, for
/// papers and slides.
std::string svg_of(const std::vector<Chart>& charts);

/// The points of all lines: figure, line, x and y, with all their digits. RFC 4180, with LF.
std::string csv_of(const std::vector<Chart>& charts);

}  // namespace hysteron
