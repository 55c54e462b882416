#pragma once
#include <filesystem>
#include <functional>

#include <hysteron/journal.hpp>

#include "data/data_sets.hpp"

namespace hysteron {

enum class FetchEnd { fetched, there, stopped };

/// Brings one file of a data set into its folder below `folder`, unless it is already there and as it should be. It
/// arrives under a temporary name (.NAME.from-N for the N-th URL), from which an interrupted fetch goes on; it takes
/// its own name, with .gz if it came packed, once its contents match the table. The URLs are tried in turn. Throws a
/// data error that says why each of them failed.
FetchEnd fetch_file(const DataSet& set, const DataFile& file, const std::filesystem::path& folder, Journal& journal,
                    const std::function<bool()>& stop_requested);

}  // namespace hysteron
