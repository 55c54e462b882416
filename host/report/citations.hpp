#pragma once
#include <string>

#include "report/page.hpp"

namespace hysteron {

/// What to cite, as HTML: hysteron, and of the two papers it stands on those whose method or measure the page shows.
std::string citations_of(const Page& page);

}  // namespace hysteron
