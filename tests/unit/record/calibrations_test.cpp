// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/calibrations.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "daemon/record/safety_answers.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using namespace std::chrono_literals;
using test::open_store;
using test::TempFolder;
using testing::ElementsAre;
using testing::IsEmpty;

WallTime day(int n) { return WallTime(std::chrono::microseconds(1'740'813'300'000'250)) + n * 24h; }

protocol::Calibration with(std::int32_t point_b, std::int32_t tare) {
  protocol::Calibration c = test::calibration();
  c.point_b_raw = point_b;
  c.tare_raw = tare;
  return c;
}

class CalibrationsTest : public testing::Test {
 protected:
  std::vector<StoredCalibration> add(int on, Means means, const protocol::Calibration& calibration,
                                     std::optional<std::int64_t> undoes = std::nullopt) {
    return calibrations_
        .add({.ball_serial = "KN-1", .at = day(on), .means = means, .calibration = calibration, .undoes = undoes})
        .value();
  }
  std::vector<StoredCalibration> came(int on, const protocol::Calibration& calibration) {
    return calibrations_.ball_came("KN-1", 0x0102, day(on), calibration).value();
  }

  TempFolder folder_;
  Store store_ = open_store(folder_.file("knead.db"));
  Calibrations calibrations_{store_};
};

TEST_F(CalibrationsTest, ABallThatComesIsOnRecordWithWhatWasFoundInItOnce) {
  EXPECT_EQ(came(0, with(800'000, 10)).size(), 1U);
  EXPECT_EQ(came(3, with(800'000, 10)).size(), 1U) << "nothing has changed";
  const auto journal = came(5, with(900'000, 10));
  ASSERT_EQ(journal.size(), 2U) << "another computer calibrated it meanwhile";
  EXPECT_EQ(journal[1].means, Means::kFound);
  EXPECT_EQ(journal[1].calibration, with(900'000, 10));
  EXPECT_EQ(journal[1].knead_version, KNEAD_VERSION);
  SQLite::Statement ball(store_.database(), "SELECT serial, firmware, first_seen, last_seen FROM balls");
  ASSERT_TRUE(ball.executeStep());
  EXPECT_EQ(ball.getColumn(0).getString(), "KN-1");
  EXPECT_EQ(ball.getColumn(1).getInt(), 0x0102);
  EXPECT_EQ(ball.getColumn(2).getString(), "2025-03-01T07:15:00.000250Z");
  EXPECT_EQ(ball.getColumn(3).getString(), "2025-03-06T07:15:00.000250Z");
  EXPECT_FALSE(ball.executeStep());
}

TEST_F(CalibrationsTest, ABallThatWasOnlyTaredElsewhereHasTheScaleThatItHad) {
  came(0, with(800'000, 10));
  const auto journal = came(3, with(800'000, 25));
  ASSERT_EQ(journal.size(), 2U);
  EXPECT_EQ(journal[1].means, Means::kTare);
  const auto now = in_force(journal);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->scale.at, "2025-03-01T07:15:00.000250Z") << "as old as it was";
  EXPECT_FALSE(now->before) << "and an undo does not take a zero for a scale";
  EXPECT_EQ(came(5, with(900'000, 25)).back().means, Means::kFound);
}

TEST_F(CalibrationsTest, PointsAndResidualAreKeptWithTheirCalibration) {
  const std::vector<CalibrationPoint> points{
      {.force_n = 0.0, .raw = 84'213.25, .spread_raw = 31.0, .residual_n = 0.0},
      {.force_n = 19.6133, .raw = 476'479.0, .spread_raw = 40.0, .residual_n = 0.1}};
  ASSERT_TRUE(calibrations_.add({.ball_serial = "KN-1",
                                 .at = day(0),
                                 .means = Means::kWeights,
                                 .calibration = with(476'479, 84'213),
                                 .residual_pct = 0.12,
                                 .points = points}));
  add(1, Means::kTare, with(476'479, 84'300));
  const auto journal = Calibrations(store_).journal("").value();
  ASSERT_EQ(journal.size(), 2U);
  EXPECT_EQ(journal[0].points, points);
  EXPECT_EQ(journal[0].residual_pct, 0.12);
  EXPECT_THAT(journal[1].points, IsEmpty());
  EXPECT_THAT(calibrations_.journal("another").value(), IsEmpty());
}

TEST_F(CalibrationsTest, UndoGoesBackScaleByScaleWithTheTareThatEachHad) {
  came(0, with(800'000, 10));
  add(1, Means::kTare, with(800'000, 20));
  add(2, Means::kWeights, with(810'000, 30));
  add(3, Means::kTare, with(810'000, 40));
  auto now = in_force(add(4, Means::kWeights, with(820'000, 50)));
  ASSERT_TRUE(now && now->before);
  EXPECT_EQ(now->state.calibration, with(820'000, 50));
  EXPECT_EQ(*now->before, with(810'000, 40));

  now = in_force(add(5, Means::kUndo, *now->before, now->scale.id));
  ASSERT_TRUE(now && now->before);
  EXPECT_EQ(now->scale.at, "2025-03-03T07:15:00.000250Z") << "the date of the scale that is in force again";
  EXPECT_EQ(*now->before, with(800'000, 20));
  now = in_force(add(6, Means::kTare, with(810'000, 45)));
  ASSERT_TRUE(now && now->before);
  EXPECT_EQ(*now->before, with(800'000, 20)) << "a tare is no scale";

  const auto journal = add(7, Means::kUndo, *now->before, now->scale.id);
  now = in_force(journal);
  ASSERT_TRUE(now);
  EXPECT_FALSE(now->before) << "there is nothing before what was found";
  EXPECT_EQ(now->state.calibration, with(800'000, 20));
  std::vector<bool> undone;
  for (const auto& row : journal) undone.push_back(row.undone_at.has_value());
  EXPECT_THAT(undone, ElementsAre(false, false, true, false, true, false, false, false));
  EXPECT_FALSE(in_force({}));
}

TEST_F(CalibrationsTest, AnUndoThatTheDiskHasNoRoomForChangesNothing) {
  came(0, with(800'000, 10));
  const auto row = add(1, Means::kWeights, with(810'000, 30)).back();
  ASSERT_TRUE(store_.limit_size(1));
  const auto fill = [&](Means means, std::optional<std::int64_t> undoes) {
    return calibrations_.add({.ball_serial = "KN-1",
                              .at = day(2),
                              .means = means,
                              .calibration = with(800'000, 10),
                              .points = std::vector<CalibrationPoint>(undoes ? 5000 : 50),
                              .undoes = undoes});
  };
  for (int n = 0; n < 1000 && fill(Means::kWeights, std::nullopt); ++n) {
  }
  const auto failed = fill(Means::kUndo, row.id);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::kStorage);
  const auto journal = calibrations_.journal("KN-1").value();
  for (const auto& kept : journal) {
    EXPECT_FALSE(kept.undone_at);
    EXPECT_NE(kept.means, Means::kUndo);
  }
}

TEST(SafetyJournalTest, TheNewestOfAProfileCountsAndTheOthersStay) {
  const TempFolder folder;
  const Store store = open_store(folder.file("knead.db"));
  SafetyJournal journal(store);
  EXPECT_FALSE(journal.newest("anna").value());
  ASSERT_TRUE(journal.add("anna", {.version = 1, .yes = {"pregnancy", "surgery"}}, day(0)));
  ASSERT_TRUE(journal.add("", {.version = 1}, day(0)));
  ASSERT_TRUE(journal.add("anna", {.version = 2, .yes = {"surgery"}, .clinician_asked = true}, day(1)));
  const auto anna = journal.newest("anna").value();
  ASSERT_TRUE(anna);
  EXPECT_EQ(anna->given.version, 2);
  EXPECT_THAT(anna->given.yes, ElementsAre("surgery"));
  EXPECT_TRUE(anna->given.clinician_asked);
  EXPECT_EQ(anna->at, "2025-03-02T07:15:00.000250Z");
  EXPECT_EQ(anna->knead_version, KNEAD_VERSION);
  const auto all = journal.newest_of_all().value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].profile, "");
  EXPECT_THAT(all[0].given.yes, IsEmpty());
  EXPECT_FALSE(all[0].given.clinician_asked);
}

}  // namespace
}  // namespace knead::record
