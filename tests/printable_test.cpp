// Names and bytes of others, as they are shown.
#include "foundation/printable.hpp"

#include <gtest/gtest.h>

#include <hysteron/error.hpp>

namespace hysteron {
namespace {

TEST(Printable, LeavesLettersAsTheyAre) {
  for (const char* const text : {"", "runs/x", "C:\\data", "café", "日本語", "σ₁ ≥ 0", "🙂"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, WritesOutWhatControlsATerminal) {
  EXPECT_EQ(printable("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(printable("a\r\b\x7f"), "a\\x0d\\x08\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");  // a control sequence in one letter, U+009B
  EXPECT_EQ(printable("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(printable("a\nb", Newlines::kept), "a\nb");
}

TEST(Printable, WritesOutBytesThatAreNoLetters) {
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80\xf5"), "\\xc0\\xaf\\xed\\xa0\\x80\\xf5");
}

TEST(Printable, WritesOutWhatTurnsOrHidesText) {
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "fdp.exe"),
            "\\u{202e}fdp.exe");
  EXPECT_EQ(printable("a\xe2\x80\x8b"
                      "b"),
            "a\\u{200b}b");
}

TEST(Printable, HoldsForEveryPartOfAnError) {
  Error error = usage_error({.what = "\x1b[1m", .expected = "\x1b[2m", .found = "\x1b[3m", .hint = "\x1b[4m"});
  error.add_while("\x1b[5m");
  EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos) << error.what();
}

}  // namespace
}  // namespace hysteron
