#pragma once
#include <string>
#include <vector>

#include "command_line/arguments.hpp"
#include "data/data_sets.hpp"

namespace hysteron {

/// What the verbs about data sets are given: which sets, and where they are.
struct DataTable {
  std::string data;                ///< --data; empty: data_folders() decides
  std::string table;               ///< --sets; empty: the program's own
  std::vector<std::string> names;  ///< of the sets asked for

  /// Declares --data, --sets.
  void declare(Arguments& arguments);
  /// Declares the names too.
  Argument& declare_names(Arguments& arguments, const std::string& description);

  /// Every set of the table.
  std::vector<DataSet> sets() const;
  /// Those asked for, in the order given. Throws a usage error for an unknown name.
  std::vector<DataSet> chosen() const;
};

}  // namespace hysteron
