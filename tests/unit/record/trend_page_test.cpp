// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <sstream>

#include "daemon/record/page.hpp"
#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/damage.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::open_store;
using test::TempFolder;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr auto kUtc = [](session::UnixTime) { return std::chrono::seconds{}; };

void add_session(Store& store, const std::string& profile) {
  auto header = test::header();
  header.profile = profile;
  auto writer = SessionWriter::begin(store, header);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->end(test::summary()));
}

void add_discomfort(Store& store, const std::string& profile, double newtons) {
  DiscomfortSet set;
  set.profile = profile;
  set.started = test::header().started_at;
  set.ball_serial = "KN-0001";
  set.outcome = "done";
  set.result = session::DiscomfortResult{.mean_n = newtons, .sd_n = 0.5};
  ASSERT_TRUE(add_discomfort_set(store, set));
}

std::string page_of(const Store& store, const std::string& profile, const std::string& whose_trends) {
  const auto trends = read_trends(store, whose_trends, 20'000, kUtc, false).value();
  std::ostringstream out;
  const auto written = write_trend_page(store, {.profile = profile}, trends, out);
  return written ? out.str() : written.error().message();
}

TEST(TrendPage, SaysWhatHasChangedAndHowFarANumberVariesByItself) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  add_session(store, "anna");
  add_discomfort(store, "anna", 27.5);
  EXPECT_THAT(page_of(store, "anna", "anna"),
              AllOf(HasSubstr("What has changed"), HasSubstr("MDC95"), HasSubstr("not yet known"), HasSubstr("27.5")));
}

TEST(TrendPage, DrawsTheForceAtFirstDiscomfort) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  add_session(store, "anna");
  EXPECT_THAT(page_of(store, "anna", "anna"), Not(HasSubstr("Force at first discomfort by date")));
  add_discomfort(store, "anna", 27.5);
  EXPECT_THAT(page_of(store, "anna", "anna"), HasSubstr("Force at first discomfort by date"));
}

TEST(TrendPage, OfSeveralPeopleSaysNothingOfChange) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  add_session(store, "anna");
  add_session(store, "bert");
  EXPECT_THAT(page_of(store, "", "anna"), AllOf(HasSubstr("Every session"), Not(HasSubstr("What has changed"))));
}

TEST(TrendPage, HasInEachSessionsRowThatSessionsOwnNumbers) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  test::write_sessions(path, 3, 100);
  test::tamper(path,
               "UPDATE measures SET value = 40 + session_id WHERE name = 'time_in_band';"
               "UPDATE sessions SET nrs_after = id;"
               "INSERT INTO measures VALUES (2, 1000, 'time_in_band', 99, '%', 'plugin', '')");
  const std::string page = page_of(Store::open_read_only(path).value(), "anna", "anna");
  for (const char* const row :
       {"41.0</td>[^\n]*4 → 1</td>", "42.0</td>[^\n]*4 → 2</td>", "43.0</td>[^\n]*4 → 3</td>"}) {
    EXPECT_THAT(page, ContainsRegex(row));
  }
  EXPECT_THAT(page, Not(HasSubstr("99.0</td>")));
}

TEST(TrendPage, DrawsNoPointOfNoLengthSincePrintersLeaveItOut) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  add_session(store, "anna");
  EXPECT_THAT(page_of(store, "anna", "anna"), AllOf(HasSubstr("h.01\"/>"), Not(HasSubstr("h0\"/>"))));
}

TEST(TrendPage, PutsACommaOnlyBeforeAUnit) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  add_session(store, "anna");
  const std::string page = page_of(store, "anna", "anna");
  EXPECT_THAT(page, AllOf(HasSubstr("<td>dose, N s</td>"), HasSubstr("<td>reps</td>")));
  EXPECT_THAT(page, AllOf(Not(HasSubstr(", </td>")), Not(HasSubstr(", </th>")), Not(HasSubstr(" . The table"))));
}

TEST(TrendPage, EscapesWhatStandsWhereATimeShould) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  test::write_sessions(path, 1, 100);
  test::tamper(path, "UPDATE sessions SET started_at = '<b>&''\"<i><script>'");
  const std::string page = page_of(Store::open_read_only(path).value(), "anna", "anna");
  EXPECT_THAT(page, HasSubstr("Every session"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<i>")), Not(HasSubstr("<b>&")), Not(HasSubstr("<script"))));
}

TEST(TrendPage, ShowsASessionOfWhoseTimeDamageLeftNextToNothing) {
  for (const char* const when : {"x", "", "2025-03-01T"}) {
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    test::write_sessions(path, 2, 100);
    test::tamper(path, std::string("UPDATE sessions SET started_at = '") + when + "' WHERE id = 2");
    EXPECT_THAT(page_of(Store::open_read_only(path).value(), "anna", "anna"),
                AllOf(HasSubstr("2 sessions"), HasSubstr(std::string("<tr><td class=\"t\">") + when + "</td>"),
                      HasSubstr("<tr><td class=\"t\">2025-03-01 07:15 UTC</td>")));
  }
}

TEST(TrendPage, ComesToAnEndWithADateBeyondAnyCalendar) {
  for (const char* const when : {"9223372036854775807", "-9223372036854775808", "3000000000000000000"}) {
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    test::write_sessions(path, 2, 100);
    test::tamper(path, std::string("UPDATE sessions SET started_unix_us = ") + when + " WHERE id = 2");
    EXPECT_THAT(page_of(Store::open_read_only(path).value(), "anna", "anna"), HasSubstr("Every session"));
  }
}

}  // namespace
}  // namespace knead::record
