// SPDX-License-Identifier: Apache-2.0
// Every order of events up to a depth, and many longer ones. The rig judges after each decision.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/sampling/trip_table.hpp"

namespace knead::sampling {
namespace {

Event event_at(std::size_t i) { return static_cast<Event>(i); }

InterlockRig running() {
  InterlockRig rig(kRigLimits);
  rig.happen(Event::kGoodWhile);
  return rig;
}

class EachTrip : public testing::TestWithParam<TripRow> {
 protected:
  [[nodiscard]] static InterlockRig tripped() {
    InterlockRig rig = running();
    EXPECT_EQ(rig.last().level, rig.wanted());
    for (int i = 0; i < GetParam().times; ++i) {
      if (i > 0) rig.happen(kBetween);
      rig.happen(GetParam().begins);
    }
    return rig;
  }
};

TEST_P(EachTrip, TurnsTheMotorOffWithinItsBound) {
  const InterlockRig rig = tripped();
  EXPECT_TRUE(rig.active().has(GetParam().trip));
  EXPECT_EQ(rig.last().level, Level{0});
  ASSERT_TRUE(rig.off_after());
  EXPECT_LE(*rig.off_after(), GetParam().off_within);
  EXPECT_EQ(rig.broken(), "");
}

TEST_P(EachTrip, EndsAsTheTableSaysAndTheMotorRunsAgain) {
  InterlockRig rig = tripped();
  rig.happen(Event::kGoodWhile);
  const bool had_ended = !rig.active().has(GetParam().trip);
  rig.happen(GetParam().ends);
  EXPECT_TRUE(had_ended || rig.ended().has(GetParam().trip));
  EXPECT_TRUE(!had_ended || GetParam().ends != Event::kClear);
  rig.happen(Event::kTimePasses);  // some causes have two trips, and a rest may be due
  EXPECT_GT(rig.strongest(), Level{0});
  EXPECT_EQ(rig.broken(), "");
}

TEST_P(EachTrip, WhichIsLatchedOutlastsEveryPairOfOtherEvents) {
  EXPECT_EQ(GetParam().latched, is_latched(GetParam().trip));
  if (GetParam().ends != Event::kClear) return;
  EXPECT_TRUE(GetParam().latched);
  const InterlockRig rig = tripped();
  for (std::size_t first = 0; first < kEventCount; ++first) {
    for (std::size_t second = 0; second < kEventCount; ++second) {
      if (event_at(first) == Event::kClear || event_at(second) == Event::kClear) continue;
      InterlockRig then = rig;
      then.happen(event_at(first));
      then.happen(event_at(second));
      ASSERT_TRUE(then.active().has(GetParam().trip)) << name_of(event_at(first)) << ", " << name_of(event_at(second));
      ASSERT_EQ(then.strongest(), Level{0});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EachTrip, testing::ValuesIn(kTripTable),
                         [](const auto& row) { return std::string(to_string(row.param.trip)); });

TEST(TripTable, HasEachTripOnce) {
  std::set<Trip> seen;
  for (const TripRow& row : kTripTable) seen.insert(row.trip);
  EXPECT_EQ(seen.size(), kTripCount);
  for (std::size_t i = 0; i < kTripCount; ++i) {
    EXPECT_NE(to_string(static_cast<Trip>(i)), "unknown");
    EXPECT_NE(explain(static_cast<Trip>(i)), "");
  }
}

class Orders {
 public:
  // Every order of `depth` events after `rig`. @return false once one of them broke a rule or left the motor dead.
  bool all(const InterlockRig& rig, int depth) {
    if (depth == 0) return true;
    for (std::size_t i = 0; i < kEventCount; ++i) {
      InterlockRig then = rig;
      then.happen(event_at(i));
      ++tried_;
      path_.push_back(event_at(i));
      if (!then.broken().empty()) return failed(then.broken());
      if (!all(then, depth - 1)) return false;
      path_.pop_back();
    }
    return true;
  }
  // Each of them ends in a motor that runs again once all causes are gone.
  bool all_heal(const InterlockRig& rig, int depth) {
    for (std::size_t i = 0; depth > 0 && i < kEventCount; ++i) {
      InterlockRig then = rig;
      then.happen(event_at(i));
      path_.push_back(event_at(i));
      if (!all_heal(then, depth - 1)) return false;
      path_.pop_back();
    }
    InterlockRig healed = rig;
    for (const Event e : {Event::kRenew, Event::kGoodWhile, Event::kClear, Event::kBeginSession, Event::kTimePasses}) {
      healed.happen(e);
    }
    ++tried_;
    return healed.strongest() == healed.wanted() || failed("the motor stays off for no reason");
  }
  [[nodiscard]] long tried() const { return tried_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  bool failed(std::string_view rule) {
    why_ = std::string(rule) + ":";
    for (const Event e : path_) why_ += " " + std::string(name_of(e)) + ";";
    return false;
  }

  std::vector<Event> path_;
  long tried_ = 0;
  std::string why_;
};

// Four events deep; three where a sanitizer makes each step slow.
TEST(InterlockOrders, NoOrderOfEventsBreaksARule) {
  Orders orders;
  EXPECT_TRUE(orders.all(running(), KNEAD_ORDER_DEPTH)) << orders.why();
  EXPECT_GT(orders.tried(), std::pow(kEventCount, KNEAD_ORDER_DEPTH));
}

TEST(InterlockOrders, NoOrderOfThreeEventsBreaksARuleBeforeTheFirstSampleOrNearABound) {
  InterlockRig nearly_faulted = running();
  for (const Event e : {Event::kTooHard, kBetween, Event::kTooHard, kBetween, Event::kGoodWhile}) {
    nearly_faulted.happen(e);
  }
  InterlockRig nearly_spent = running();
  for (const Event e : {Event::kTimePasses, Event::kTimePasses, Event::kTimePasses, Event::kGoodWhile}) {
    nearly_spent.happen(e);
  }
  for (const InterlockRig& rig : {InterlockRig(kRigLimits), nearly_faulted, nearly_spent}) {
    Orders orders;
    EXPECT_TRUE(orders.all(rig, 3)) << orders.why();
  }
}

TEST(InterlockOrders, AfterAnyThreeEventsTheMotorRunsAgainOnceAllCausesAreGone) {
  Orders orders;
  EXPECT_TRUE(orders.all_heal(running(), 3)) << orders.why();
}

RC_GTEST_PROP(InterlockOrders, NoLongOrderBreaksARule, ()) {
  InterlockRig rig(kRigLimits);
  const auto events = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, kEventCount));
  for (const std::size_t e : events) rig.happen(event_at(e));
  RC_ASSERT(std::string(rig.broken()).empty());
}

}  // namespace
}  // namespace knead::sampling
