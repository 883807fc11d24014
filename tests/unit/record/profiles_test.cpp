// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/profiles.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "daemon/record/profile_change.hpp"
#include "daemon/record/schema.hpp"
#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::open_store;
using test::TempFolder;
using testing::HasSubstr;
using testing::SizeIs;

constexpr WallTime kNow{std::chrono::seconds(1'740'813'300)};
constexpr Newtons kHardLimit{60};

DiscomfortSet discomfort_set(const std::string& profile, session::Side side, double mean) {
  return {.profile = profile,
          .started = kNow,
          .side = side,
          .ball_serial = "KN-0001",
          .contact_area_mm2 = 1200,
          .calibration = test::calibration(),
          .outcome = "done",
          .reason = "three good trials",
          .target_n_per_s = 5.0,
          .result = session::DiscomfortResult{.mean_n = mean, .sd_n = 0.1 + 0.2},
          .trials = {{.verdict = session::TrialVerdict::kTooFast, .force = {31.5}, .rate_n_per_s = 9.25},
                     {.force = {mean}, .rate_n_per_s = 5.125, .duration = std::chrono::microseconds(4'987'654)}}};
}

TEST(Profiles, NobodyHasARowUntilTheFirstSession) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  EXPECT_FALSE(load_profile(store, "anna")->created);
  ASSERT_TRUE(SessionWriter::begin(store, test::header()));
  const auto anna = load_profile(store, "anna");
  ASSERT_TRUE(anna) << anna.error().message();
  EXPECT_EQ(anna->created, test::header().started_at);
  EXPECT_FALSE(anna->band || anna->soft_cap || anna->plan || anna->relaxation);
  ASSERT_TRUE(SessionWriter::begin(store, test::header()));
  EXPECT_THAT(list_profiles(store).value(), SizeIs(1));
}

TEST(Profiles, KeepWhatIsSetAndChangeNothingElse) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const session::Plan plan{.first_day = 20'000, .weeks = 4, .at = {400, 1200}, .remind = true};
  const session::Band band{.lo = {12.5}, .hi = {27.25}};
  ASSERT_TRUE(change_profile(store, {.profile = "anna", .band = band}, kHardLimit, kNow));
  ASSERT_TRUE(change_profile(store, {.profile = "anna", .soft_cap = Newtons{30}}, kHardLimit, kNow));
  ASSERT_TRUE(change_profile(store, {.profile = "anna", .relaxation = true}, kHardLimit, kNow));
  const auto anna = change_profile(store, {.profile = "anna", .plan = plan}, kHardLimit, kNow);
  ASSERT_TRUE(anna) << anna.error().message();
  EXPECT_EQ(anna->band, band);
  EXPECT_EQ(anna->soft_cap, Newtons{30});
  EXPECT_TRUE(anna->relaxation);
  EXPECT_EQ(anna->plan, plan);
  EXPECT_EQ(anna->created, kNow);
  const auto less = change_profile(store, {.profile = "anna", .no_band = true, .no_plan = true}, kHardLimit, kNow);
  EXPECT_FALSE(less->band);
  EXPECT_FALSE(less->plan);
  EXPECT_EQ(less->soft_cap, Newtons{30});
}

TEST(Profiles, R2_RefuseABandOrACapAboveTheHardLimitAndStayAsTheyWere) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto refused = [&](const ProfileChange& change, Newtons limit) {
    return !change_profile(store, change, limit, kNow) && !load_profile(store, "anna")->created;
  };
  const session::Band band{.lo = {20}, .hi = {45}};
  EXPECT_TRUE(refused({.profile = "anna", .band = band}, Newtons{40}));
  EXPECT_TRUE(refused({.profile = "anna", .soft_cap = Newtons{61}}, kHardLimit));
  EXPECT_TRUE(refused({.profile = "anna", .soft_cap = Newtons{8}}, kHardLimit)) << "no room for a band";
  EXPECT_TRUE(refused({.profile = "anna", .band = session::Band{.lo = {30}, .hi = {20}}}, kHardLimit));
  EXPECT_TRUE(refused({.profile = "anna", .plan = session::Plan{.weeks = 99}}, kHardLimit));
  EXPECT_FALSE(refused({.profile = "anna", .band = band}, kHardLimit));
}

TEST(Profiles, ASoftCapHoldsInTheSessionAndItsStepsAndComesBackForAReplay) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  SessionHeader header = test::header();
  header.soft_cap = Newtons{25};
  auto writer = SessionWriter::begin(store, header);
  ASSERT_TRUE(writer);
  EXPECT_EQ(store.load_session(writer->id())->steps.at(0).band.hi, Newtons{25});
  EXPECT_EQ(store.load_inputs(writer->id())->soft_cap, Newtons{25});
}

TEST(DiscomfortSets, ComeBackWithEveryTrialAndTheCalibrationThatWasInForce) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const DiscomfortSet set = discomfort_set("anna", session::Side::kLeft, 5.0 / 3.0);
  const auto id = add_discomfort_set(store, set);
  ASSERT_TRUE(id) << id.error().message();
  SQLite::Statement row(
      store.database(),
      "SELECT profile, started_unix_us, side, ball_serial, contact_area_mm2, mean_n, sd_n, point_a_raw, "
      "point_a_mn, point_b_raw, point_b_mn, tare_raw, reference_raw FROM discomfort_sets WHERE id = ?");
  row.bind(1, *id);
  ASSERT_TRUE(row.executeStep());
  EXPECT_EQ(row.getColumn(0).getString(), "anna");
  EXPECT_EQ(row.getColumn(1).getInt64(), kNow.time_since_epoch().count());
  EXPECT_EQ(row.getColumn(2).getString(), "left");
  EXPECT_EQ(row.getColumn(3).getString(), "KN-0001");
  EXPECT_EQ(row.getColumn(4).getInt(), 1200);
  EXPECT_EQ(row.getColumn(5).getDouble(), 5.0 / 3.0);
  EXPECT_EQ(row.getColumn(6).getDouble(), 0.1 + 0.2);
  const protocol::Calibration c = test::calibration();
  int column = 7;
  for (const int part : {c.point_a_raw, c.point_a_mn, c.point_b_raw, c.point_b_mn, c.tare_raw, c.reference_raw}) {
    EXPECT_EQ(row.getColumn(column++).getInt(), part);
  }
  SQLite::Statement trials(store.database(),
                           "SELECT verdict, rate_n_per_s, duration_us FROM discomfort_trials WHERE set_id = ? "
                           "ORDER BY ordinal");
  trials.bind(1, *id);
  ASSERT_TRUE(trials.executeStep());
  EXPECT_EQ(trials.getColumn(0).getString(), "too-fast");
  ASSERT_TRUE(trials.executeStep());
  EXPECT_EQ(trials.getColumn(1).getDouble(), 5.125);
  EXPECT_EQ(trials.getColumn(2).getInt64(), set.trials[1].duration.count());
  EXPECT_FALSE(trials.executeStep());
  EXPECT_TRUE(load_profile(store, "anna")->created);
}

TEST(DiscomfortSets, OnlyThoseWithAResultMakeASeries) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  DiscomfortSet stopped = discomfort_set("anna", session::Side::kLeft, 20);
  stopped.outcome = "stopped";
  stopped.result.reset();
  ASSERT_TRUE(add_discomfort_set(store, stopped));
  ASSERT_TRUE(add_discomfort_set(store, discomfort_set("anna", session::Side::kRight, 25)));
  ASSERT_TRUE(add_discomfort_set(store, discomfort_set("bert", session::Side::kRight, 30)));
  const auto points = discomfort_points(store, "anna").value();
  ASSERT_THAT(points, SizeIs(1));
  EXPECT_EQ(points[0].mean_n, 25);
}

TEST(SessionPoints, HaveTheMeasuresOfTheirOwnSessionAndAPluginsDoNotTakeTheirPlace) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  auto writer = SessionWriter::begin(store, test::header());
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add_event({SessionTime{}, session::event::Noted{"time_in_band", 1.0, "%", ""}}));
  session::Rep rep;
  rep.too_hard = true;
  ASSERT_TRUE(writer->add_event({SessionTime{}, session::event::RepDone{rep}}));
  rep.too_hard = false;
  for (int n = 0; n < 3; ++n) ASSERT_TRUE(writer->add_event({SessionTime{}, session::event::RepDone{rep}}));
  ASSERT_TRUE(writer->end(test::summary()));
  const auto points = session_points(store, "anna").value();
  ASSERT_THAT(points, SizeIs(1));
  EXPECT_EQ(points[0].time_in_band_pct, 88.73);
  EXPECT_EQ(points[0].dose_ns, 2201.125);
  EXPECT_EQ(points[0].steadiness_cv, std::nullopt);
  EXPECT_EQ(points[0].reps, 4);
  EXPECT_EQ(points[0].too_hard, 1);
  EXPECT_EQ(points[0].nrs_before, 4.0);
  EXPECT_EQ(points[0].outcome, "completed");
  EXPECT_THAT(session_points(store, "bert").value(), SizeIs(0));
}

TEST(Profiles, ComeFromTheSessionsOfAnOlderSchema) {
  for (int from = 1; from < 5; ++from) {
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    {
      SQLite::Database old = test::old_database(path, from);
      for (const std::string row : {"9, 'anna'", "7, 'anna'", "8, ''"}) {
        old.exec(
            "INSERT INTO sessions (started_at, started_unix_us, profile, origin, routine, title, method, side, "
            "routine_source, config, knead_version, protocol_version, ball_serial, ball_firmware, rate_hz, "
            "contact_area_mm2, target_reps, outcome) VALUES ('2025', " +
            row + ", 'ball', 'r', 't', 'm', 'left', '', '', '0', '1.0', 'S', 1, 1000, 0, 8, 'completed')");
      }
    }
    Store store = open_store(path);
    const auto profiles = list_profiles(store).value();
    ASSERT_THAT(profiles, SizeIs(2)) << "from " << from;
    EXPECT_EQ(profiles[1].name, "anna");
    EXPECT_EQ(profiles[1].created, WallTime(std::chrono::microseconds(7))) << "with the first of them";
    EXPECT_FALSE(profiles[1].plan);
    EXPECT_FALSE(store.load_inputs(1)->soft_cap);
  }
}

}  // namespace
}  // namespace knead::record
