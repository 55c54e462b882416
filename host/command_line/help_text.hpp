#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "command_line/command.hpp"

namespace hysteron {

/// What --help prints, in lines of 80 characters: for the whole program, for a group of verbs ("measure"), for a verb.
std::string help_of_program(const std::vector<const Command*>& commands);
std::string help_of_group(const std::vector<std::string>& words, const std::vector<const Command*>& commands);
std::string help_of_verb(Command& command);

/// "hysteron train [CONFIG] [OPTIONS]".
std::string usage_of(const Arguments& arguments);

/// Wraps paragraphs anew into lines of up to `width` characters, with each line but the first indented. A single end of
/// line is a space, an empty line ends a paragraph.
std::string filled(std::string_view text, std::size_t indent = 0, std::size_t width = 80);

}  // namespace hysteron
