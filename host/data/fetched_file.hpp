#pragma once
#include <filesystem>
#include <functional>

#include <hysteron/journal.hpp>

#include "data/data_sets.hpp"

namespace hysteron {

enum class FetchEnd { fetched, there, stopped };

/// Brings one file of a data set into its folder below `folder`, unless it is there as it should be. It arrives under a
/// temporary name (.NAME.from-N of the N-th URL), from which a fetch that was interrupted goes on; it takes its own
/// name, with .gz if it came packed, once its contents are those of the table. Each URL is tried in turn. Throws a data
/// error that says of each why it failed.
FetchEnd fetch_file(const DataSet& set, const DataFile& file, const std::filesystem::path& folder, Journal& journal,
                    const std::function<bool()>& stop_requested);

}  // namespace hysteron
