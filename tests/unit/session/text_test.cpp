// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace knead::session {
namespace {

TEST(CleanText, KeepsOrdinaryTextOfAnyLanguage) {
  EXPECT_EQ(clean_text("Langsam lösen – 緩めて 🙂", 120), "Langsam lösen – 緩めて 🙂");
}

TEST(CleanText, CutsBetweenCharactersNotWithinOne) {
  EXPECT_EQ(clean_text("aé", 2), "a");
  EXPECT_EQ(clean_text("aé", 3), "aé");
  EXPECT_EQ(clean_text("🙂🙂", 7), "🙂");
}

TEST(CleanText, LeavesOutWhatCouldDriveATerminalOrReorderALine) {
  EXPECT_EQ(clean_text("a\x1b[2Jb\x7f", 120), "a[2Jb");
  EXPECT_EQ(clean_text("a\u009b1mb", 120), "a1mb");
  EXPECT_EQ(clean_text("a\u202eb", 120), "ab");
  EXPECT_EQ(clean_text("two\nlines\tx", 120), "two lines x");
  EXPECT_EQ(clean_text(std::string_view("a\0b", 3), 120), "ab");
}

TEST(CleanText, LeavesOutBytesThatAreNotUtf8) {
  EXPECT_EQ(clean_text("a\xff\xfe", 120), "a");
  EXPECT_EQ(clean_text("a\xc0\x80", 120), "a");          // overlong
  EXPECT_EQ(clean_text("a\xed\xa0\x80z", 120), "az");    // a surrogate
  EXPECT_EQ(clean_text("a\xf4\x90\x80\x80", 120), "a");  // beyond Unicode
  EXPECT_EQ(clean_text("a\xe2\x82", 120), "a");          // cut short
}

RC_GTEST_PROP(CleanText, NeverExceedsItsLengthAndIsCleanAlready, (const std::string& any, std::uint8_t most)) {
  const std::string clean = clean_text(any, most);
  RC_ASSERT(clean.size() <= most);
  RC_ASSERT(clean_text(clean, most) == clean);
}

}  // namespace
}  // namespace knead::session
