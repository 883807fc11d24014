// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/export.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <charconv>
#include <sstream>

#include "daemon/record/report.hpp"
#include "daemon/record/session_writer.hpp"
#include "daemon/session/event_json.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::TempFolder;
using testing::HasSubstr;
using testing::StartsWith;

/// Splits a CSV file by RFC 4180, independently of how it is written.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = rows.back().back();
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.emplace_back(1);
    } else {
      field += c;
    }
  }
  rows.pop_back();  // after the last line's end
  return rows;
}

template <class T>
T number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(error == std::errc{} && end == text.data() + text.size()) << text;
  return value;
}

class Export : public testing::Test {
 protected:
  void SetUp() override {
    store_.emplace(test::open_store(folder_.file("knead.db")));
    auto writer = SessionWriter::begin(*store_, test::header());
    ASSERT_TRUE(writer);
    id_ = writer->id();
    for (const TimedSample& s : samples_) ASSERT_TRUE(writer->add_sample(s.t, s.sample));
    for (const session::Event& e : events_) ASSERT_TRUE(writer->add_event(e));
    ASSERT_TRUE(writer->end(test::summary()));
  }
  std::string csv(CsvTable what) {
    std::ostringstream out;
    const auto done = export_csv(*store_, id_, what, out);
    EXPECT_TRUE(done) << done.error().message();
    return out.str();
  }

  TempFolder folder_;
  std::optional<Store> store_;
  std::int64_t id_ = 0;
  std::vector<TimedSample> samples_ = test::rough_ride(5000, 31);
  session::Rep rep_{.n = 1,
                    .start = SessionTime(std::chrono::microseconds(1'500'001)),
                    .duration = std::chrono::milliseconds(4200),
                    .peak = {0.1 + 0.2},
                    .mean = {5.0 / 3.0},
                    .impulse_ns = 1e-7,
                    .too_hard = false};
  std::vector<session::Event> events_{
      {SessionTime(std::chrono::milliseconds(900)), session::event::Cued{{.text = "Press, \"gently\""}, false}},
      {SessionTime(std::chrono::milliseconds(5700)), session::event::RepDone{rep_}},
      {SessionTime(std::chrono::milliseconds(6000)), session::event::Tripped{"over_force", "more than 60 N", true}}};
};

TEST_F(Export, PutsEverySampleIntoCsvExactly) {
  const auto rows = parse_csv(csv(CsvTable::kSamples));
  ASSERT_EQ(rows.size(), samples_.size() + 1);
  const std::vector<std::string> header{"t_s",     "seq",          "device_us",   "host_ns", "raw",
                                        "force_n", "pressure_kpa", "motor_level", "quality", "button"};
  EXPECT_EQ(rows[0], header);
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const std::vector<std::string>& row = rows[i + 1];
    const Sample& want = samples_[i].sample;
    ASSERT_EQ(row.size(), header.size());
    ASSERT_EQ(from_seconds(number<double>(row[0])), samples_[i].t.time_since_epoch());
    ASSERT_EQ(number<std::uint64_t>(row[1]), want.seq);
    ASSERT_EQ(number<std::int64_t>(row[2]), want.device_time.time_since_epoch().count());
    ASSERT_EQ(number<std::int64_t>(row[3]), want.host_time.time_since_epoch().count());
    ASSERT_EQ(number<std::int32_t>(row[4]), want.raw);
    ASSERT_EQ(number<double>(row[5]), want.force.value) << "not a bit is lost";
    ASSERT_DOUBLE_EQ(number<double>(row[6]), want.force.value / 1.2) << "1200 mm2";
    ASSERT_EQ(number<int>(row[7]), want.motor.value);
    ASSERT_EQ(number<std::uint32_t>(row[8]), static_cast<std::uint32_t>(want.quality));
    ASSERT_EQ(row[9], has(want.quality, Quality::kButton) ? "1" : "0");
  }
}

TEST_F(Export, PutsEventsAndRepsIntoCsv) {
  const auto events = parse_csv(csv(CsvTable::kEvents));
  ASSERT_EQ(events.size(), events_.size() + 1);
  EXPECT_EQ(events[1], (std::vector<std::string>{"0.9", "cued", session::serialize(session::to_json(events_[0]))}));
  const auto reps = parse_csv(csv(CsvTable::kReps));
  ASSERT_EQ(reps.size(), 2U);
  EXPECT_EQ(reps[0],
            (std::vector<std::string>{"n", "start_s", "duration_s", "peak_n", "mean_n", "impulse_ns", "too_hard"}));
  EXPECT_EQ(reps[1], (std::vector<std::string>{"1", "1.500001", "4.2", "0.30000000000000004", "1.6666666666666667",
                                               "1e-07", "0"}));
}

TEST_F(Export, PutsTheWholeSessionIntoJson) {
  std::ostringstream out;
  ASSERT_TRUE(export_json(*store_, id_, out));
  const boost::json::value json = boost::json::parse(out.str());
  EXPECT_EQ(json.at("session").at("outcome").as_string(), "completed");
  EXPECT_EQ(json.at("session").at("elapsed_s").as_double(), 187.25);
  EXPECT_EQ(json.at("session").at("nrs_after"), nullptr);
  EXPECT_EQ(json.at("routine_source").as_string(), test::header().routine.source);
  EXPECT_EQ(json.at("calibrations").at(0).at("tare_raw").as_int64(), test::calibration().tare_raw);
  EXPECT_EQ(json.at("steps").at(0).at("credited_s").to_number<double>(), 90.0);
  EXPECT_EQ(json.at("reps").at(0).at("peak_n").as_double(), 0.1 + 0.2);
  EXPECT_EQ(json.at("events").as_array().size(), events_.size());
  EXPECT_EQ(json.at("events").at(0), boost::json::value(session::to_json(events_[0])));
  EXPECT_FALSE(json.at("gaps").as_array().empty());
  const auto& columns = json.at("samples").at("columns").as_array();
  const auto& rows = json.at("samples").at("rows").as_array();
  ASSERT_EQ(rows.size(), samples_.size());
  ASSERT_EQ(columns.at(4).as_string(), "raw");
  ASSERT_EQ(columns.at(5).as_string(), "force_n");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].at(4).as_int64(), samples_[i].sample.raw);
    ASSERT_NEAR(rows[i].at(5).to_number<double>(), samples_[i].sample.force.value, 1e-12);
  }
}

TEST_F(Export, LeavesForceEmptyWithoutACalibration) {
  auto h = test::header();
  h.calibration = {};
  auto writer = SessionWriter::begin(*store_, h);
  ASSERT_TRUE(writer);
  Sample sample;
  sample.raw = 4711;
  sample.quality = Quality::kUncalibrated;
  ASSERT_TRUE(writer->add_sample(SessionTime{}, sample));
  ASSERT_TRUE(writer->end(test::summary()));
  id_ = writer->id();
  const auto rows = parse_csv(csv(CsvTable::kSamples));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1][4], "4711");
  EXPECT_EQ(rows[1][5], "");
  EXPECT_EQ(rows[1][6], "");
}

TEST_F(Export, SaysWhenItsTargetTakesNoMore) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  const auto done = export_csv(*store_, id_, CsvTable::kSamples, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::kStorage);
  EXPECT_EQ(export_json(*store_, 99, out).error().code, Errc::kNotFound);
}

TEST_F(Export, ShowsASessionOnOneScreen) {
  const auto session = store_->load_session(id_);
  ASSERT_TRUE(session);
  const std::string text = report_text(*session);
  EXPECT_THAT(text, StartsWith("Session 1"));
  EXPECT_THAT(text, HasSubstr("2025-03-01 07:15 UTC"));
  EXPECT_THAT(text, HasSubstr("upper_trapezius left, band 15 to 40 N: 90.0 of 90.0 s in the band, in 101.5 s"));
  EXPECT_THAT(text, HasSubstr("1 of 8 reps"));
  EXPECT_THAT(text, HasSubstr("time in band: 88.73 %"));
  EXPECT_THAT(text, HasSubstr("4 before, - after"));
  EXPECT_THAT(text, HasSubstr("samples lost on the way from the ball"));
  EXPECT_THAT(text, HasSubstr("at 6.0 s: more than 60 N\n"));
  const auto sessions = store_->list_sessions(10);
  ASSERT_TRUE(sessions);
  EXPECT_THAT(list_text(*sessions), HasSubstr("upper-trap"));
  EXPECT_EQ(boost::json::parse(to_json(*sessions)).at(0).at("id").as_int64(), id_);
  EXPECT_EQ(boost::json::parse(to_json(std::span<const SessionFacts>{})).as_array().size(), 0U);
  EXPECT_EQ(boost::json::parse(to_json(*session)).at("session").at("id").as_int64(), id_);
}

}  // namespace
}  // namespace knead::record
