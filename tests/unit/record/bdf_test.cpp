// SPDX-License-Identifier: Apache-2.0
// What the round trips of whole sessions (tests/sessions) do not show by themselves.
#include "daemon/record/bdf.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "daemon/record/event_words.hpp"
#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using testing::HasSubstr;

SessionTime at(std::int64_t us) { return SessionTime(std::chrono::microseconds(us)); }

TEST(Bdf, PutsSamplesWhereTheirTimeIsWhateverIsMissingBefore) {
  BdfGrid grid(8000);
  EXPECT_EQ(grid.place(at(0)), 0);
  EXPECT_EQ(grid.place(at(125)), 1);
  EXPECT_EQ(grid.place(at(112'530)), 900) << "899 were lost, and it came a quarter of a period late";
  EXPECT_EQ(grid.place(at(112'625)), 901);
}

TEST(Bdf, GivesSamplesOfTheSameTimeAPlaceEachAndFindsBackAfterwards) {
  BdfGrid grid(1000);
  EXPECT_EQ(grid.place(at(5000)), 5);
  EXPECT_EQ(grid.place(at(5000)), 6);
  EXPECT_EQ(grid.place(at(5000)), 7);
  EXPECT_EQ(grid.place(at(6000)), 8);
  EXPECT_EQ(grid.place(at(20'000)), 20);
}

TEST(Bdf, SaysWhoAndWhenInAsciiAndKeepsTheNameInAnAnnotation) {
  const test::TempFolder folder;
  Store store = test::open_store(folder.file("knead.db"));
  auto header = test::header();
  header.profile = "Zo\xC3\xAB of \"B\"\x14\n";
  auto writer = SessionWriter::begin(store, header);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add_sample(SessionTime{}, {}));
  ASSERT_TRUE(writer->end(test::summary()));
  std::ostringstream out;
  ASSERT_TRUE(export_bdf(store, writer->id(), out));
  const std::string text = out.str();
  EXPECT_EQ(text.substr(8, 80).find("X X X Zo__of_\"B\"_ "), 0U) << text.substr(8, 80);
  EXPECT_EQ(text.substr(88, 80).find("Startdate 01-MAR-2025 X X Knead_"), 0U) << text.substr(88, 80);
  EXPECT_EQ(text.substr(168, 16), "01.03.2507.15.00");
  EXPECT_THAT(text, HasSubstr("+0\x14profile: Zo\xC3\xAB of \"B\" \x14"));
}

TEST(Bdf, SaysWhenItsTargetTakesNoMoreAndWhenThereIsNoRate) {
  const test::TempFolder folder;
  Store store = test::open_store(folder.file("knead.db"));
  auto header = test::header();
  auto writer = SessionWriter::begin(store, header);
  ASSERT_TRUE(writer);
  std::ostringstream full;
  full.setstate(std::ios::badbit);
  EXPECT_EQ(export_bdf(store, writer->id(), full).error().code, Errc::kStorage);
  header.ball.rate_hz = 0;
  auto without = SessionWriter::begin(store, header);
  ASSERT_TRUE(without);
  std::ostringstream out;
  EXPECT_EQ(export_bdf(store, without->id(), out).error().code, Errc::kInvalidInput);
  EXPECT_EQ(export_bdf(store, 99, out).error().code, Errc::kNotFound);
}

TEST(EventWords, AreOneLineWhateverAnEventHolds) {
  EXPECT_EQ(event_words({{}, "paused", R"({"reason":"the \"phone\"\nrang\u0014"})"}), "paused: the \"phone\" rang");
  EXPECT_EQ(event_words({{}, "cued", R"({"cue":{"text":"Lean in."}})"}), "Lean in.");
  EXPECT_EQ(event_words({{}, "ball_lost", "{}"}), "ball lost");
  EXPECT_EQ(event_words({{}, "of_tomorrow", "no json"}), "of tomorrow");
  EXPECT_EQ(event_words({{}, "cued", "[1,2"}), "cued");
  EXPECT_FALSE(rep_of({{}, "rep_done", "{}"}));
}

}  // namespace
}  // namespace knead::record
