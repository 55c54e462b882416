// The build shows that each public header compiles on its own: it stamps a source for each, and links all of them with
// this one, which includes them all again, so that a definition that is not inline is a link error.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "every_header.hpp"

namespace {

const std::filesystem::path include_folder = std::filesystem::path(HYSTERON_SOURCE_DIR) / "include";

TEST(Headers, EveryHeaderInTheFolderWasCompiledAlone) {
  std::vector<std::string> in_folder;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(include_folder))
    if (entry.is_regular_file()) in_folder.push_back(entry.path().lexically_relative(include_folder).generic_string());
  ASSERT_FALSE(in_folder.empty());
  EXPECT_THAT(headers_of_the_build, testing::UnorderedElementsAreArray(in_folder));
}

TEST(Headers, EveryHeaderBeginsWithPragmaOnce) {
  ASSERT_FALSE(headers_of_the_build.empty());
  for (const std::string& header : headers_of_the_build) {
    std::ifstream file(include_folder / header);
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "#pragma once") << header;
  }
}

}  // namespace
