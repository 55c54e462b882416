#include "command_line/data_table.hpp"

#include "files/source.hpp"

namespace hysteron {

void DataTable::declare(Arguments& arguments) {
  arguments.add("--data", &data, "the folder of data sets")
      .value_name("FOLDER")
      .otherwise("$HYSTERON_DATA, then the cache");
  arguments.add("--sets", &table, "a table of data sets of your own, in the form of data/sets.json").value_name("FILE");
}

Argument& DataTable::declare_names(Arguments& arguments, const std::string& description) {
  return arguments.add("NAME", &names, description);
}

std::vector<DataSet> DataTable::sets() const {
  return table.empty() ? known_data_sets() : read_data_sets(read_text(table, 1 << 24), table);
}

std::vector<DataSet> DataTable::chosen() const {
  const std::vector<DataSet> all = sets();
  std::vector<DataSet> some;
  for (const std::string& name : names) some.push_back(data_set_named(all, name));
  return some;
}

}  // namespace hysteron
