// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/text.hpp"

#include <gtest/gtest.h>

namespace knead::host {
namespace {

TEST(PlainText, WordsOfAnyLanguagePass) {
  EXPECT_TRUE(is_plain_text("", 10));
  EXPECT_TRUE(is_plain_text("Lift. Hold!", 20));
  EXPECT_TRUE(is_plain_text("L\u00f6sen \u2013 \u65e5\u672c \U0001F642", 40));
}

TEST(PlainText, TheBoundCountsBytes) {
  EXPECT_TRUE(is_plain_text("\u00f6", 2));
  EXPECT_FALSE(is_plain_text("\u00f6", 1));
}

TEST(PlainText, WhatATerminalWouldObeyDoesNotPass) {
  EXPECT_FALSE(is_plain_text("a\nb", 10));
  EXPECT_FALSE(is_plain_text("\x1b[2J", 10));
  EXPECT_FALSE(is_plain_text("\x7f", 10));
  EXPECT_FALSE(is_plain_text("\xc2\x9b", 10)) << "C1: the eight-bit escape";
  EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3), 10));
}

TEST(PlainText, BrokenUtf8DoesNotPass) {
  EXPECT_FALSE(is_plain_text("\x80", 10)) << "continuation first";
  EXPECT_FALSE(is_plain_text("\xc3", 10)) << "cut short";
  EXPECT_FALSE(is_plain_text("\xc0\xaf", 10)) << "overlong";
  EXPECT_FALSE(is_plain_text("\xed\xa0\x80", 10)) << "surrogate";
  EXPECT_FALSE(is_plain_text("\xf4\x90\x80\x80", 10)) << "above U+10FFFF";
  EXPECT_FALSE(is_plain_text("\xff", 10));
}

}  // namespace
}  // namespace knead::host
