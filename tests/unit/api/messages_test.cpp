// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/messages.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

namespace knead::api {
namespace {

using testing::HasSubstr;

TEST(MessagesTest, AStatusArrivesAsItWasSent) {
  DaemonStatus sent;
  sent.pid = 7;
  sent.uptime_s = 1.5;
  sent.realtime = {.priority = 40, .memory_locked = true, .cpu = 3, .cpu_latency_held = true, .detail = "none"};
  sent.record = {.database = "/a/b.db", .problem = "disk full", .write_failures = 3};
  sent.stop_latched = true;
  sent.balls = {{.serial = "A",
                 .path = "usb 1-2",
                 .rate_hz = 1000,
                 .calibrated = true,
                 .force_n = 12.25,
                 .motor_level = 0.5,
                 .temperature_c = 31,
                 .trips = {{.kind = "stale", .detail = "silent", .latched = false}},
                 .samples = 1ULL << 40U,
                 .lost = 2,
                 .reaction = {.count = 7, .p50_us = 2.5, .p99_us = 3.5, .p999_us = 4.5, .worst_us = 5.5},
                 .jitter = {.count = 8, .p50_us = 6.5, .p99_us = 7.5, .p999_us = 8.5, .worst_us = 9.5},
                 .delay = {.count = 9, .p50_us = 1.5, .p99_us = 2.5, .p999_us = 3.5, .worst_us = 4.5},
                 .longest_gap_us = 1234.5},
                {.serial = "B", .path = "usb 1-3", .problem = "access denied"}};
  sent.session = SessionStatus{.session_id = 9,
                               .routine = "upper-trap",
                               .profile = "ada",
                               .ball = "A",
                               .side = session::Side::kLeft,
                               .phase = session::Phase::kRelease,
                               .paused = true,
                               .t_s = 3.5};
  const auto json = to_json(sent);
  const DaemonStatus got = daemon_status_from(json);
  EXPECT_EQ(to_json(got), json);
  EXPECT_EQ(got.balls.at(0).force_n, 12.25);
  EXPECT_FALSE(got.balls.at(1).force_n);
  EXPECT_EQ(got.session->phase, session::Phase::kRelease);
}

TEST(MessagesTest, ALiveUpdateArrivesAsItWasSent) {
  LiveUpdate sent;
  auto& s = sent.snapshot;
  s.phase = session::Phase::kActivation;
  s.paused = true;
  s.t = SessionTime(std::chrono::milliseconds(12'345));
  s.force = Newtons{21.5};
  s.in_band = true;
  s.band = {.lo = Newtons{12}, .hi = Newtons{30}, .hysteresis = Newtons{0.5}};
  s.step = 1;
  s.steps = 2;
  s.side = session::Side::kLeft;
  s.credited = std::chrono::milliseconds(40'250);
  s.target = std::chrono::seconds(90);
  s.reps = 3;
  s.target_reps = 8;
  s.last_cue = {.kind = session::CueKind::kCountdown, .text = "go", .urgency = session::Urgency::kHigh, .count = 3};
  sent.motor_level = 0.5;
  sent.trips = {{.kind = "stop", .detail = "stopped", .latched = true}};
  const auto json = to_json(sent);
  const LiveUpdate got = live_update_from(json);
  EXPECT_EQ(to_json(got), json);
  EXPECT_EQ(got.snapshot.last_cue, s.last_cue);
  EXPECT_EQ(got.snapshot.credited, s.credited);
}

TEST(MessagesTest, FieldsOfAnOtherVersionDoNoHarm) {
  const auto json = boost::json::parse(R"({"pid":"seven","balls":[1,{"serial":"A","new":{}}],"session":3,"more":[]})");
  const DaemonStatus status = daemon_status_from(json.as_object());
  EXPECT_EQ(status.pid, 0);
  ASSERT_EQ(status.balls.size(), 1U);
  EXPECT_EQ(status.balls.front().serial, "A");
  EXPECT_FALSE(status.session);
}

TEST(MessagesTest, ATimeNoClockHoldsIsTakenForTheLongest) {
  const auto json = boost::json::parse(R"({"t_s":1e300,"credited_s":-1e300,"target_s":1e300})");
  const LiveUpdate live = live_update_from(json.as_object());
  EXPECT_GT(live.snapshot.target, std::chrono::hours(24 * 365 * 1000));
  EXPECT_EQ(live.snapshot.credited, -live.snapshot.target);
  EXPECT_EQ(live.snapshot.t.time_since_epoch(), live.snapshot.target);
}

TEST(MessagesTest, ARunRequestArrivesAsItWasSent) {
  const RunRequest sent{.routine = "/a/b.toml",
                        .side = session::Side::kLeft,
                        .profile = "ada",
                        .ball = "A",
                        .nrs_before = 4,
                        .nrs_after = std::nullopt,
                        .own = true};
  const auto got = run_request_from(to_json(sent));
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(to_json(*got), to_json(sent));
}

TEST(MessagesTest, ARunRequestIsReadStrictly) {
  const struct {
    const char* params;
    const char* says;
  } cases[] = {{"{}", "\"routine\" is missing"},
               {R"({"routine":7})", "\"routine\" must be a text"},
               {R"({"routine":"x","side":"up"})", "neither left nor right"},
               {R"({"routine":"x","nrs_before":11})", "\"nrs_before\""},
               {R"({"routine":"x","nrs_before":-1})", "\"nrs_before\""},
               {R"({"routine":"x","nrs_after":2.5})", "\"nrs_after\""},
               {R"({"routine":"x","own":"yes"})", "\"own\""},
               {R"({"routine":"x","sied":"left"})", "unknown parameter \"sied\""}};
  for (const auto& c : cases) {
    const auto got = run_request_from(boost::json::parse(c.params).as_object());
    ASSERT_FALSE(got) << c.params;
    EXPECT_EQ(got.error().code, Errc::kInvalidInput);
    EXPECT_THAT(got.error().context, HasSubstr(c.says));
  }
}

}  // namespace
}  // namespace knead::api
