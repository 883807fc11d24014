// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <regex>
#include <sstream>
#include <string>

#include "daemon/record/page.hpp"
#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/damage.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::open_store;
using test::TempFolder;
using testing::HasSubstr;
using testing::Not;

namespace event = session::event;

std::string page_of(const Store& store, std::int64_t id) {
  std::ostringstream out;
  const auto written = write_session_page(store, id, out);
  EXPECT_TRUE(written) << written.error().message();
  return out.str();
}

/// All that is drawn comes and goes each few milliseconds for @p length.
std::string page_of_a_restless_session(std::chrono::seconds length) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  auto writer = SessionWriter::begin(store, test::header()).value();
  EXPECT_TRUE(writer.add_event({SessionTime{}, event::StepStarted{.step = 0, .side = session::Side::kLeft}}));
  const std::int64_t count = std::chrono::milliseconds(length).count();
  for (std::int64_t n = 0; n < count; ++n) {
    const SessionTime t{std::chrono::milliseconds(n)};
    Sample sample;
    sample.seq = static_cast<std::uint64_t>(n + n / 5);  // each fifth is lost
    sample.raw = 246'000;
    sample.motor = Level{static_cast<std::uint8_t>(n % 2 == 0 ? 255 : 0)};
    if (n % 3 == 0) sample.quality |= Quality::kSaturated;
    EXPECT_TRUE(writer.add_sample(t, sample));
    const auto each = [&](std::int64_t every, std::int64_t at, const session::Event& e) {
      if (n % every == at) {
        EXPECT_TRUE(writer.add_event(e));
      }
    };
    each(4, 0, {t, event::Tripped{"saturated", "the sensor is at its end", false}});
    each(6, 0, {t, event::BandEntered{}});
    each(6, 3, {t, event::BandLeft{true}});
    each(8, 0, {t, event::Paused{"cli"}});
    each(8, 4, {t, event::Resumed{}});
    const session::Rep rep{.n = 1, .start = t, .duration = std::chrono::milliseconds(4), .too_hard = n % 2 == 0};
    each(9, 0, {t, event::RepDone{rep}});
  }
  SessionSummary summary = test::summary();
  summary.elapsed = length;
  EXPECT_TRUE(writer.end(summary));
  return page_of(store, writer.id());
}

TEST(SessionPage, DoesNotGrowWithWhatCannotBeToldApart) {
  const std::size_t some = page_of_a_restless_session(std::chrono::seconds(20)).size();
  const std::size_t more = page_of_a_restless_session(std::chrono::seconds(120)).size();
  EXPECT_LT(some, 400'000U);
  EXPECT_LT(more, some * 11 / 10);
}

/// Of the band, in pixels.
double shaded_in(const std::string& page) {
  const std::regex credit("class=\"credit\" x=\"[^\"]*\" y=\"[^\"]*\" width=\"([^\"]*)\"");
  double sum = 0.0;
  const std::string chart = page.substr(0, page.find("class=\"key\""));
  for (std::sregex_iterator each(chart.begin(), chart.end(), credit), end; each != end; ++each) {
    sum += std::stod((*each)[1].str());
  }
  return sum;
}

TEST(SessionPage, ShadesAsMuchAsWasCreditedHoweverShortTheHolesInIt) {
  constexpr double kPixels = 944.0;
  constexpr std::int64_t kLength = 120'000;  // ms
  for (const std::int64_t every : {2, 3, 5, 50, 500, 3000}) {
    SCOPED_TRACE(every);
    const TempFolder folder;
    Store store = open_store(folder.file("knead.db"));
    auto writer = SessionWriter::begin(store, test::header()).value();
    ASSERT_TRUE(writer.add_event({SessionTime{}, event::StepStarted{.step = 0, .side = session::Side::kLeft}}));
    ASSERT_TRUE(writer.add_event({SessionTime{}, event::BandEntered{}}));
    double credited_s = 0.0;
    std::int64_t last = 0;
    for (std::int64_t n = 0; n <= kLength; ++n) {
      if (n % every == 1) continue;  // lost
      Sample sample;
      sample.seq = static_cast<std::uint64_t>(n);
      ASSERT_TRUE(writer.add_sample(SessionTime(std::chrono::milliseconds(n)), sample));
      if (n == last + 1) credited_s += 0.001;
      last = n;
    }
    SessionSummary summary = test::summary();
    summary.elapsed = std::chrono::milliseconds(kLength);
    ASSERT_TRUE(writer.end(summary));
    EXPECT_NEAR(shaded_in(page_of(store, writer.id())), credited_s * kPixels / (kLength / 1000.0), 1.0);
  }
}

TEST(SessionPage, EscapesWhatStandsWhereATimeShould) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  test::write_sessions(path, 1, 100);
  test::tamper(path, "UPDATE sessions SET started_at = '<script>alert(1)</script>'");
  const std::string page = page_of(Store::open_read_only(path).value(), 1);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;script"));
}

}  // namespace
}  // namespace knead::record
