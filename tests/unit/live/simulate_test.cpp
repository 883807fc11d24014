// SPDX-License-Identifier: Apache-2.0
// `knead simulate` as a whole: virtual ball, codec, sampling path, session and the real plugin process in lockstep,
// held against a few independent lines that know only the trace and the definitions of docs/design.md.
#include "daemon/live/simulate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "daemon/host/find_plugin.hpp"
#include "daemon/record/store.hpp"

namespace knead::live {
namespace {

namespace fs = std::filesystem;

struct Row {
  double t;
  double force;
};

// Independent of everything in hw/ and daemon/: linear between rows, last value held.
double force_at(const std::vector<Row>& rows, double t) {
  if (t <= rows.front().t) return rows.front().force;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (t <= rows[i].t) {
      const double share = (t - rows[i - 1].t) / (rows[i].t - rows[i - 1].t);
      return rows[i - 1].force + share * (rows[i].force - rows[i - 1].force);
    }
  }
  return rows.back().force;
}

// The definition of the band, at 1 kHz from the first contact on.
double expected_credit(const std::vector<Row>& rows, double lo, double hi, double h, double target,
                       double max_elapsed) {
  double credit = 0.0;
  double contact = -1.0;
  bool in = false;
  for (double t = 0.0; t < 300.0; t += 0.001) {
    const double f = force_at(rows, t);
    if (contact < 0.0 && f >= 2.0) contact = t;
    const bool was = in;
    if (!in && f >= lo && f <= hi) in = true;
    if (in && (f < lo - h || f > hi + h)) in = false;
    if (contact >= 0.0 && was && in) credit += 0.001;
    if (credit >= target || (contact >= 0.0 && t - contact >= max_elapsed) || (contact < 0.0 && t >= 60.0)) break;
  }
  return std::min(credit, target);
}

// Presses from `from` to `to` (and the sample that ends it): F >= press until F <= press / 2, at least 0.3 s, once the
// pressure of before has been let go.
int expected_reps(const std::vector<Row>& rows, double from, double to, double press, int target) {
  int reps = 0;
  bool armed = false;
  double start = -1.0;
  for (double t = from; t < to + 0.002 && reps < target; t += 0.001) {
    const double f = force_at(rows, t);
    if (f <= press / 2) {
      if (start >= 0.0 && t - start >= 0.3) ++reps;
      start = -1.0;
      armed = true;
    } else if (armed && start < 0.0 && f >= press) {
      start = t;
    }
  }
  return reps;
}

class Simulate : public testing::Test {
 protected:
  Simulate() {
    folder_ = fs::temp_directory_path() / ("knead-simulate-" + std::to_string(::getpid()) + "-" + name());
    fs::create_directories(folder_);
    options_.routine_folders = {KNEAD_SOURCE_DIR "/config/routines"};
    options_.plugin_folders = host::default_plugin_dirs();
    options_.routine = "upper-trap";
  }
  ~Simulate() override { fs::remove_all(folder_); }
  static std::string name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  [[nodiscard]] std::string write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_ / file) << text;
    return (folder_ / file).string();
  }
  [[nodiscard]] std::string write_trace(const std::vector<Row>& rows) const {
    std::string text = "t_s,force_n\n";
    for (const Row& row : rows) text += std::to_string(row.t) + "," + std::to_string(row.force) + "\n";
    return write("trace.csv", text);
  }

  fs::path folder_;
  SimulateOptions options_;
};

constexpr const char* kCustom = R"([routine]
id = "short"
title = "Short"
method = "custom"

[[release]]
muscle = "upper_trapezius"
side = "chosen"
credit_s = 8
max_elapsed_s = 30
band_n = [10.0, 30.0]
hysteresis_n = 1.0
vibration = { level = 0.5, frequency_hz = 38, pattern = "steady" }

[activation]
plugin = "activation"
exercise = "prone_y_lift"
reps = 6
tempo_s = { up = 2, hold = 2, down = 2, rest = 1 }
detect = "press"
press_n = 3.0
ceiling_n = 8.0
)";

// A session on a random trace: pressing about for the release, then presses of random strength and length.
std::vector<Row> random_trace(std::mt19937& random) {
  std::uniform_real_distribution<double> force(0.0, 45.0);
  std::uniform_real_distribution<double> hold(0.2, 4.0);
  std::uniform_real_distribution<double> light(1.0, 10.0);
  std::vector<Row> rows{{0.0, 0.0}};
  double t = 0.5;
  while (t < 35.0) {
    const double f = force(random);
    rows.push_back({t, f});
    rows.push_back({t += hold(random), f});
    t += 0.2;
  }
  rows.push_back({t, 0.0});
  while (t < 90.0) {
    t += 0.4;
    rows.push_back({t, 0.0});
    const double f = light(random);
    rows.push_back({t += 0.15, f});
    rows.push_back({t += hold(random) / 2, f});
    rows.push_back({t += 0.15, 0.0});
  }
  return rows;
}

TEST_F(Simulate, CreditAndRepsEqualAnIndependentCountForRandomTraces) {
  options_.routine = write("short.toml", kCustom);
  std::mt19937 random(2024);
  int reps_seen = 0;
  for (int i = 0; i < 12; ++i) {
    const std::vector<Row> rows = random_trace(random);
    options_.trace = write_trace(rows);
    const auto report = simulate(options_);
    ASSERT_TRUE(report) << report.error().message();
    const double credit = expected_credit(rows, 10, 30, 1, 8, 30);
    EXPECT_NEAR(to_seconds(report->steps[0].credited), credit, 0.1) << "trace " << i;

    double from = -1.0;
    double to = 0.0;
    for (const session::Event& event : report->events) {
      if (kind_of(event) == "activation_started") from = to_seconds(event.t.time_since_epoch());
      if (kind_of(event) == "activation_ended") to = to_seconds(event.t.time_since_epoch());
    }
    ASSERT_GE(from, 0.0);
    EXPECT_EQ(static_cast<int>(report->reps.size()), expected_reps(rows, from, to, 3.0, 6)) << "trace " << i;
    reps_seen += static_cast<int>(report->reps.size());
  }
  EXPECT_GT(reps_seen, 10) << "the traces must exercise what is counted";
}

TEST_F(Simulate, ARecordedTraceGivesTheCreditOfTheDefinition) {
  const fs::path trace = fs::path(KNEAD_SOURCE_DIR) / "../shared/data/squeeze-a.csv";
  if (!fs::exists(trace)) GTEST_SKIP() << "skipped: no recorded trace at " << trace;
  options_.trace = trace.string();
  const auto report = simulate(options_);
  ASSERT_TRUE(report) << report.error().message();
  std::vector<Row> rows;
  std::ifstream in(trace);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    rows.push_back({std::stod(line), std::stod(line.substr(line.find(',') + 1))});
  }
  // force_at is linear in the rows: thin the check to the credit's own definition on the rows themselves.
  double credit = 0.0;
  bool in_band = false;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto next = [](bool in_now, double f) {
      if (!in_now) return f >= 15 && f <= 40;
      return f >= 14 && f <= 41;
    };
    const bool now = next(in_band, rows[i].force);
    if (in_band && now) credit += rows[i].t - rows[i - 1].t;
    in_band = now;
  }
  EXPECT_NEAR(to_seconds(report->steps[0].credited), credit, std::max(0.1, credit * 0.01));
}

TEST_F(Simulate, TheSameOptionsGiveTheSameBytes) {
  options_.person = "compliant";
  const auto first = simulate(options_);
  const auto second = simulate(options_);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(session::serialize(to_json(*first)), session::serialize(to_json(*second)));
}

TEST_F(Simulate, ACompliantPersonCompletesTheRoutineWithinTheMethodsBounds) {
  options_.person = "compliant";
  const auto report = simulate(options_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->outcome, session::Outcome::kCompleted) << report->reason;
  EXPECT_EQ(report->steps[0].credited, std::chrono::seconds(90));
  EXPECT_EQ(report->reps.size(), 8U);
  EXPECT_LT(report->elapsed, std::chrono::seconds(240));
  EXPECT_EQ(report->samples_lost, 0U);
  EXPECT_GT(report->motor_on, std::chrono::seconds(60));
}

TEST_F(Simulate, WhoeverNeverTouchesTheBallGetsNothingAndNoMotor) {
  options_.person = "never-touches";
  const auto report = simulate(options_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->outcome, session::Outcome::kIncomplete);
  EXPECT_EQ(report->motor_on.count(), 0);
  EXPECT_LE(report->elapsed, std::chrono::seconds(61));
}

TEST_F(Simulate, WhoeverPressesTooHardIsTrippedAndInTheEndFaulted) {
  std::vector<Row> rows{{0, 0}};
  for (int i = 0; i < 4; ++i) {
    const double t = 1.0 + 4.0 * i;
    rows.insert(rows.end(), {{t, 20}, {t + 0.2, 70}, {t + 1, 70}, {t + 1.2, 20}});
  }
  options_.trace = write_trace(rows);
  const auto report = simulate(options_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->outcome, session::Outcome::kFaulted);
  EXPECT_GE(report->trips.size(), 3U);
}

TEST_F(Simulate, TheButtonStops) {
  options_.trace = write("trace.csv", "t_s,force_n,button\n0,0,0\n1,25,0\n20,25,0\n20.1,25,1\n20.3,25,0\n60,25,0\n");
  const auto report = simulate(options_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->outcome, session::Outcome::kStopped);
  EXPECT_NEAR(to_seconds(report->elapsed), 20.1, 0.05);
}

TEST_F(Simulate, WithADatabaseTheSessionIsKeptSampleForSample) {
  options_.person = "compliant";
  options_.database = (folder_ / "knead.db").string();
  const auto report = simulate(options_);
  ASSERT_TRUE(report) << report.error().message();
  const auto store = record::Store::open_read_only(options_.database);
  ASSERT_TRUE(store);
  const auto sessions = store->list_sessions(10);
  ASSERT_TRUE(sessions);
  ASSERT_EQ(sessions->size(), 1U);
  EXPECT_EQ(sessions->front().samples, report->samples);
  EXPECT_EQ(sessions->front().outcome, "completed");
}

TEST_F(Simulate, R7_ABandThatHoldsNoForceAtAllIsRefused) {
  options_.person = "never-touches";
  options_.band = session::Band{.lo = Newtons{0}, .hi = Newtons{40}, .hysteresis = Newtons{0}};
  const auto report = simulate(options_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kInvalidInput);
}

TEST_F(Simulate, UnknownNamesAreSaidInOneLine) {
  options_.person = "nobody";
  EXPECT_FALSE(simulate(options_));
  options_.person = "steady";
  options_.routine = "upper-trip";
  const auto report = simulate(options_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kNotFound);
  EXPECT_NE(report.error().message().find("upper-trap"), std::string::npos) << report.error().message();
}

}  // namespace
}  // namespace knead::live
