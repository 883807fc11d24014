// SPDX-License-Identifier: Apache-2.0
// What the tests of the record share: a folder that goes away, and sessions to put into it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/record/model.hpp"
#include "daemon/record/schema.hpp"
#include "daemon/record/session_buffer.hpp"
#include "daemon/record/store.hpp"

namespace knead::record::test {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "knead-record-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    std::filesystem::remove(path_.string() + ".lock", ignored);  // of a test that takes the folder for a database
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline protocol::Calibration calibration() {
  return {.calibrated = true,
          .point_a_raw = 1200,
          .point_a_mn = 0,
          .point_b_raw = 803'217,
          .point_b_mn = 98'067,
          .tare_raw = 1311,
          .reference_raw = 1200};
}

inline SessionHeader header() {
  SessionHeader h;
  h.profile = "anna";
  h.routine.id = "upper-trap";
  h.routine.title = "Upper-trap release";
  h.routine.source = "[routine]\nid = \"upper-trap\"\n";
  h.routine.release.push_back({.muscle = "upper_trapezius",
                               .side = session::StepSide::kChosen,
                               .credit = std::chrono::seconds(90),
                               .max_elapsed = std::chrono::seconds(135),
                               .band = {},
                               .vibration = {}});
  h.routine.activation.emplace();
  h.routine.activation->reps = 8;
  h.side = session::Side::kLeft;
  h.ball_serial = "KN-0001";
  h.ball.rate_hz = 1000;
  h.ball.contact_area_mm2 = 1200;
  h.calibration = calibration();
  h.config = "[safety]\nlease_ms = 250\n";
  h.started_at = WallTime(std::chrono::microseconds(1'740'813'300'000'250));
  h.nrs_before = 4;
  return h;
}

inline SessionSummary summary() {
  SessionSummary s;
  s.outcome = session::Outcome::kCompleted;
  s.reason = "all done";
  s.elapsed = std::chrono::milliseconds(187'250);
  s.activation_completed = true;
  s.steps.push_back({.completed = true,
                     .credited = std::chrono::seconds(90),
                     .elapsed = std::chrono::milliseconds(101'500),
                     .target = std::chrono::seconds(90),
                     .side = session::Side::kLeft,
                     .muscle = "upper_trapezius"});
  s.measures.time_in_band_pct = 88.73;
  s.measures.dose_ns = 2201.125;
  return s;
}

/// A plausible signal with all that can befall one: noise, loss, a wrapped and a restarted clock, flags, motor steps.
inline std::vector<TimedSample> rough_ride(std::size_t count, std::uint32_t seed, bool with_loss = true) {
  std::mt19937 random(seed);
  const auto draw = [&random](std::int64_t below) { return static_cast<std::int64_t>(random()) % below; };
  std::normal_distribution<double> noise(0.0, 25.0);
  std::vector<TimedSample> samples;
  samples.reserve(count);
  // Just below the wrap of the wire's 32-bit counters: the extended ones go on.
  std::uint64_t seq = 0xFFFF'FFFFULL - random() % 2000;
  std::int64_t device = 0xFFFF'FFFFLL - draw(2'000'000);
  std::int64_t host = 5'000'000'000'000 + draw(1'000'000'000);
  std::int64_t t = 0;
  Level motor{};
  for (std::size_t i = 0; i < count; ++i) {
    Sample s;
    s.seq = seq++;
    const std::int64_t period = 1000;
    device += period;
    t += period;
    host += period * 1000 + draw(41) - 20;
    if (with_loss && random() % 400 == 0) {
      const std::int64_t lost = 1 + draw(50);
      s.seq += static_cast<std::uint64_t>(lost);
      seq = s.seq + 1;
      device += lost * period;
      t += lost * period;
      s.quality |= Quality::kGapBefore;
    }
    if (with_loss && random() % 1500 == 0) {  // the ball restarts
      s.seq = random() % 10;
      seq = s.seq + 1;
      device = draw(1000);
      t += 1'234'567;
      s.quality |= Quality::kReanchored;
    }
    if (random() % 100 == 0) s.quality |= Quality::kButton;
    if (random() % 300 == 0) motor = Level{static_cast<std::uint8_t>(random())};
    s.raw = static_cast<std::int32_t>(120'000.0 + 60'000.0 * std::sin(static_cast<double>(i) / 900.0) + noise(random));
    if (random() % 700 == 0) {
      s.raw = random() % 2 == 0 ? protocol::kRawMax : protocol::kRawMin;
      s.quality |= Quality::kSaturated;
    }
    s.force = calibration().force(s.raw);
    s.device_time = DeviceTime(std::chrono::microseconds(device));
    s.host_time = HostTime(std::chrono::nanoseconds(host));
    s.motor = motor;
    samples.push_back({SessionTime(std::chrono::microseconds(t)), s});
  }
  return samples;
}

inline bool is_same(const TimedSample& a, const TimedSample& b) {
  return a.t == b.t && a.sample.seq == b.sample.seq && a.sample.device_time == b.sample.device_time &&
         a.sample.host_time == b.sample.host_time && a.sample.raw == b.sample.raw &&
         a.sample.quality == b.sample.quality && a.sample.motor == b.sample.motor &&
         a.sample.force.value == b.sample.force.value;
}

/// Every field, the force too, bit for bit.
inline void expect_same(const TimedSample& got, const TimedSample& want, std::size_t index) {
  ASSERT_EQ(got.t, want.t) << "sample " << index;
  ASSERT_EQ(got.sample.seq, want.sample.seq) << "sample " << index;
  ASSERT_EQ(got.sample.device_time, want.sample.device_time) << "sample " << index;
  ASSERT_EQ(got.sample.host_time, want.sample.host_time) << "sample " << index;
  ASSERT_EQ(got.sample.raw, want.sample.raw) << "sample " << index;
  ASSERT_EQ(got.sample.quality, want.sample.quality) << "sample " << index;
  ASSERT_EQ(got.sample.motor, want.sample.motor) << "sample " << index;
  ASSERT_EQ(got.sample.force.value, want.sample.force.value) << "sample " << index;
}

inline void expect_same(std::span<const TimedSample> got, std::span<const TimedSample> want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    // Millions of them: in words only where they differ.
    if (is_same(got[i], want[i])) continue;
    ASSERT_NO_FATAL_FAILURE(expect_same(got[i], want[i], i));
  }
}

inline std::vector<TimedSample> samples_of(const Store& store, std::int64_t id) {
  std::vector<TimedSample> samples;
  const auto read = store.for_each_sample(id, [&](const TimedSample& s) { samples.push_back(s); });
  EXPECT_TRUE(read) << read.error().message();
  return samples;
}

/// Records a session, and every @p every samples tells @p look its number and how many are in the database by now.
template <class Look>
void record_and_look(Store& store, std::span<const TimedSample> samples, std::size_t every, Look look) {
  SessionBuffer buffer(header());
  std::size_t fed = 0;
  for (const TimedSample& s : samples) {
    buffer.add_sample(s.t, s.sample);
    if (++fed % every != 0) continue;
    buffer.stage_open_block();
    ASSERT_TRUE(store.commit(buffer));
    ASSERT_NO_FATAL_FAILURE(look(buffer.id(), fed));
  }
}

/// An empty database as a program of schema @p version left it.
inline SQLite::Database old_database(const std::string& path, int version) {
  SQLite::Database old(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (int from = 0; from < version; ++from) old.exec(migrations()[static_cast<std::size_t>(from)]);
  old.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  old.exec("PRAGMA user_version = " + std::to_string(version));
  return old;
}

inline Store open_store(const std::string& path) {
  auto store = Store::open(path);
  if (!store) throw std::runtime_error(store.error().message());
  return std::move(*store);
}

}  // namespace knead::record::test
