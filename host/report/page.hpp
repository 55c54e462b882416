#pragma once
#include <string>
#include <vector>

#include <hysteron/run_record.hpp>

#include "report/chart.hpp"
#include "report/comparison.hpp"

namespace hysteron {

/// A table of texts; the first column is the row's name.
struct TextTable {
  std::string title, caption;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// Runs that are drawn into the same charts.
struct RunGroup {
  std::string title;  ///< may be empty
  std::vector<RunRecord> runs;
};

struct Page {
  std::string title, lead;  ///< the lead may be empty
  std::vector<TextTable> tables;
  std::vector<Comparison> comparisons;
  std::vector<Chart> charts;  ///< in addition to those of the runs
  std::vector<PictureTable> pictures;
  std::vector<RunGroup> groups;
  std::vector<std::string> notes;  ///< a paragraph each: what differs from the papers' own code
};

/// One self-contained HTML page that needs no network: it opens from disk, in a light and a dark theme. It has tables,
/// what the data say, charts with the values under the pointer, configurations, the machine, and the papers to cite.
std::string html_of(const Page& page);

/// The charts of the page, those of its runs included.
std::vector<Chart> charts_of(const Page& page);

/// The page of runs side by side.
Page page_of(std::vector<RunRecord> runs);

}  // namespace hysteron
