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
