// SPDX-License-Identifier: Apache-2.0
// Random sessions through the store into each export, and out again by readers that know nothing of Knead: EDFlib,
// libxdf, and Python's standard library (read_exports.py). Sample for sample.
#include <edflib.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <xdf.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "daemon/core/under_sanitizer.hpp"
#include "daemon/record/bdf.hpp"
#include "daemon/record/event_words.hpp"
#include "daemon/record/export.hpp"
#include "daemon/record/page.hpp"
#include "daemon/record/xdf.hpp"
#include "daemon/session/event_json.hpp"
#include "daemon/session/input_json.hpp"
#include "daemon/session/text.hpp"
#include "tests/sessions/random_session.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::test {
namespace {

namespace json = boost::json;
using record::TimedSample;
using record::test::TempFolder;

constexpr std::uint32_t kSessions = KNEAD_SESSIONS;

std::int64_t count(SessionTime t) { return t.time_since_epoch().count(); }

/// A session of the store, read the one way that other tests prove (RandomSessions, Store).
struct Truth {
  MadeSession made;
  record::StoredSession stored;
  std::vector<TimedSample> samples;
};

template <class Export>
void write(const std::string& path, Export write_to) {
  std::ofstream out(path, std::ios::binary);
  const Result<> done = write_to(out);
  ASSERT_TRUE(done) << done.error().message();
  out.close();
  ASSERT_TRUE(out);
}

// ---- BDF+ by EDFlib -------------------------------------------------------------------------------------------------

class EdfFile {
 public:
  explicit EdfFile(const std::string& path) {
    opened_ = edfopen_file_readonly(path.c_str(), &header_, EDFLIB_READ_ALL_ANNOTATIONS) == 0;
  }
  EdfFile(const EdfFile&) = delete;
  EdfFile& operator=(const EdfFile&) = delete;
  ~EdfFile() {
    if (opened_) edfclose_file(header_.handle);
  }
  [[nodiscard]] bool opened() const { return opened_; }
  [[nodiscard]] const edf_hdr_struct& header() const { return header_; }
  [[nodiscard]] std::vector<int> signal(record::BdfSignal which) const {
    const int index = static_cast<int>(which);
    std::vector<int> values(static_cast<std::size_t>(header_.signalparam[index].smp_in_file));
    EXPECT_EQ(edfread_digital_samples(header_.handle, index, static_cast<int>(values.size()), values.data()),
              static_cast<int>(values.size()));
    return values;
  }
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::string>> annotations() const {
    std::vector<std::pair<std::int64_t, std::string>> all;
    for (int i = 0; i < header_.annotations_in_file; ++i) {
      edf_annotation_struct annotation{};
      EXPECT_EQ(edf_get_annotation(header_.handle, i, &annotation), 0);
      all.emplace_back(annotation.onset, static_cast<const char*>(annotation.annotation));
    }
    return all;
  }

 private:
  edf_hdr_struct header_{};
  bool opened_ = false;
};

void expect_bdf(const std::string& path, const Truth& truth) {
  const EdfFile file(path);
  ASSERT_TRUE(file.opened()) << "EDFlib finds an error in the format: " << file.header().filetype;
  EXPECT_EQ(file.header().filetype, EDFLIB_FILETYPE_BDFPLUS);
  const std::int64_t rate = truth.stored.facts.rate_hz;
  EXPECT_EQ(file.header().signalparam[0].smp_in_datarecord, rate);
  EXPECT_EQ(file.header().datarecord_duration, EDFLIB_TIME_DIMENSION);

  const auto force = file.signal(record::BdfSignal::kForce);
  const auto raw = file.signal(record::BdfSignal::kRaw);
  const auto motor = file.signal(record::BdfSignal::kMotor);
  const auto quality = file.signal(record::BdfSignal::kQuality);
  const auto seq = file.signal(record::BdfSignal::kSeq);
  std::size_t n = 0;
  std::int64_t last = -1;
  for (std::size_t place = 0; place < seq.size(); ++place) {
    if (seq[place] == record::kBdfNoSample) {
      ASSERT_EQ(force[place], record::kBdfNoForce);
      ASSERT_EQ(raw[place], 0);
      continue;
    }
    ASSERT_LT(n, truth.samples.size());
    const TimedSample& want = truth.samples[n++];
    ASSERT_EQ(seq[place], static_cast<int>(want.sample.seq % 0x80'0000)) << "sample " << n;
    ASSERT_EQ(raw[place], want.sample.raw) << "sample " << n;
    ASSERT_EQ(motor[place], want.sample.motor.value) << "sample " << n;
    ASSERT_EQ(quality[place], static_cast<int>(want.sample.quality)) << "sample " << n;
    if (has(want.sample.quality, Quality::kUncalibrated)) {
      ASSERT_EQ(force[place], record::kBdfNoForce);
    } else if (std::abs(want.sample.force.value) < 799.0) {
      ASSERT_NEAR(force[place] / 10'000.0, want.sample.force.value, 0.000051) << "sample " << n;
    }
    // At its own time, to half a period, or the place after that of the sample before.
    const auto here = static_cast<std::int64_t>(place);
    const double off =
        static_cast<double>(here) - static_cast<double>(count(want.t)) * 1e-6 * static_cast<double>(rate);
    ASSERT_TRUE(std::abs(off) <= 0.5001 || (off > 0 && here == last + 1)) << "sample " << n << " is off by " << off;
    last = here;
  }
  EXPECT_EQ(n, truth.samples.size());

  // Every event, rep and gap, to the microsecond (EDFlib's unit is 100 ns).
  std::vector<std::pair<std::int64_t, std::string>> want{{0, "started " + truth.stored.facts.started_at}};
  if (const std::string& profile = truth.stored.facts.profile; !profile.empty()) {
    want.emplace_back(0, "profile: " + session::clean_text(profile, 300));
  }
  for (const record::StoredEvent& event : truth.stored.events) {
    const auto rep = record::rep_of(event);
    want.emplace_back(std::max<std::int64_t>(count(rep ? rep->start : event.t) * 10, 0), record::event_words(event));
  }
  for (const record::Gap& gap : truth.stored.gaps) {
    want.emplace_back(count(gap.t) * 10, fmt::format("gap: {} lost ({})", gap.count, record::to_string(gap.kind)));
  }
  EXPECT_THAT(file.annotations(), testing::UnorderedElementsAreArray(want));
}

// ---- XDF by libxdf --------------------------------------------------------------------------------------------------

void expect_xdf(const std::string& path, const Truth& truth) {
  Xdf file;
  ASSERT_EQ(file.load_xdf(path), 0);
  ASSERT_EQ(file.streams.size(), record::kXdfStreams);
  // libxdf keeps every value as a float: 24 bits of a count, and of the others what a float holds.
  const auto stream = [&](record::XdfStream id) -> const Xdf::Stream& {
    return file.streams.at(static_cast<std::size_t>(id) - 1);
  };
  const auto& force = stream(record::XdfStream::kForce);
  const auto& raw = stream(record::XdfStream::kRaw);
  const auto& motor = stream(record::XdfStream::kMotor);
  const auto& clock = stream(record::XdfStream::kClock);
  EXPECT_EQ(force.info.channel_format, "double64");
  EXPECT_EQ(force.info.nominal_srate, static_cast<double>(truth.stored.facts.rate_hz));
  EXPECT_EQ(force.info.channels.at(0).at("label"), "force");
  EXPECT_EQ(clock.info.channel_count, 3);
  ASSERT_EQ(force.time_series.at(0).size(), truth.samples.size());
  EXPECT_EQ(force.info.sample_count, static_cast<int>(truth.samples.size()));
  EXPECT_FALSE(force.clock_times.empty());
  for (std::size_t i = 0; i < truth.samples.size(); ++i) {
    const Sample& want = truth.samples[i].sample;
    const float got = force.time_series[0][i];
    if (has(want.quality, Quality::kUncalibrated)) {
      ASSERT_TRUE(std::isnan(got)) << "sample " << i;
    } else {
      ASSERT_EQ(got, static_cast<float>(want.force.value)) << "sample " << i;
    }
    ASSERT_EQ(raw.time_series[0][i], static_cast<float>(want.raw)) << "sample " << i;
    ASSERT_EQ(raw.time_series[1][i], static_cast<float>(static_cast<std::uint32_t>(want.quality))) << "sample " << i;
    ASSERT_EQ(motor.time_series[0][i], static_cast<float>(want.motor.value)) << "sample " << i;
    ASSERT_EQ(clock.time_series[0][i], static_cast<float>(want.seq)) << "sample " << i;
  }
  ASSERT_EQ(file.eventMap.size(), truth.stored.events.size());
  for (std::size_t i = 0; i < file.eventMap.size(); ++i) {
    ASSERT_EQ(file.eventMap[i].first.first, truth.stored.events[i].json);
  }
}

// ---- CSV, JSON, BDF+, XDF and SQLite by Python ----------------------------------------------------------------------

json::array cells(const record::StoredSession& s, const char* what) {
  json::array rows;
  const std::string_view table(what);
  if (table == "events") {
    for (const auto& e : s.events) rows.push_back(json::array{count(e.t), e.kind, e.json});
  } else if (table == "reps") {
    for (const auto& r : s.reps) {
      rows.push_back(json::array{r.n, count(r.start), r.duration.count(), fmt::format("{:a}", r.peak.value),
                                 fmt::format("{:a}", r.mean.value), fmt::format("{:a}", r.impulse_ns), r.too_hard});
    }
  } else if (table == "gaps") {
    for (const auto& g : s.gaps) rows.push_back(json::array{count(g.t), record::to_string(g.kind), g.count});
  } else if (table == "measures") {
    for (const auto& m : s.measures) {
      rows.push_back(json::array{m.name, m.value ? json::value(fmt::format("{:a}", *m.value)) : json::value(nullptr),
                                 m.unit, m.source, m.text});
    }
  } else {
    for (const auto& c : s.calibrations) {
      rows.push_back(json::array{c.calibrated, c.point_a_raw, c.point_a_mn, c.point_b_raw, c.point_b_mn, c.tare_raw,
                                 c.reference_raw});
    }
  }
  return rows;
}

/// What Python is to find, in words that no export uses: whole numbers of the smallest unit, and hexadecimal reals.
void write_truth(const std::string& path, const Truth& truth, const record::StoredInputs& inputs) {
  std::ofstream out(path + ".samples");
  for (const TimedSample& at : truth.samples) {
    const Sample& s = at.sample;
    out << fmt::format("{} {} {} {} {} {} {} {:a}\n", count(at.t), s.seq, s.device_time.time_since_epoch().count(),
                       s.host_time.time_since_epoch().count(), s.raw, static_cast<std::uint32_t>(s.quality),
                       s.motor.value, s.force.value);
  }
  json::array given;
  for (const session::Input& i : inputs.inputs) {
    given.push_back(json::array{i.samples, session::kind_of(i), session::input_json(i)});
  }
  const record::SessionFacts& f = truth.stored.facts;
  json::object facts{{"id", f.id},
                     {"profile", f.profile},
                     {"title", f.title},
                     {"rate_hz", f.rate_hz},
                     {"started", f.started_at},
                     {"started_unix_us", f.started_unix_us},
                     {"side", f.side},
                     {"samples", truth.samples.size()},
                     {"contact_area_mm2", f.contact_area_mm2}};
  std::int64_t end_us = std::max<std::int64_t>(f.elapsed.count(), 1'000'000);
  for (const auto& e : truth.stored.events) end_us = std::max(end_us, count(e.t));
  if (!truth.samples.empty()) end_us = std::max(end_us, count(truth.samples.back().t));
  facts["end_us"] = end_us;
  facts["counted"] = truth.made.ended && truth.made.complete;
  facts["credited_us"] = f.credited.count();
  const record::SessionHeader& header = truth.made.header;
  facts["own_band"] = nullptr;
  if (header.band) {
    facts["own_band"] = {{"lo_n", header.band->lo.value},
                         {"hi_n", header.band->hi.value},
                         {"hysteresis_n", header.band->hysteresis.value}};
  }
  facts["own_soft_cap_n"] = header.soft_cap ? json::value(header.soft_cap->value) : json::value(nullptr);
  json::object all{{"facts", std::move(facts)}, {"inputs", std::move(given)}};
  for (const char* table : {"events", "reps", "gaps", "measures", "calibrations"}) {
    all[table] = cells(truth.stored, table);
  }
  std::ofstream(path + ".truth") << json::serialize(all);
}

class RoundTrips : public testing::Test {
 protected:
  Truth make(std::uint32_t seed) {
    MadeSession made = make_random_session(store_, {.seed = seed});
    auto stored = store_.load_session(made.id);
    if (!stored) throw std::runtime_error(stored.error().message());
    auto samples = record::test::samples_of(store_, made.id);
    return {std::move(made), *std::move(stored), std::move(samples)};
  }
  [[nodiscard]] std::string file(std::int64_t id, std::string_view end) const {
    return folder_.file(fmt::format("{}.{}", id, end));
  }

  TempFolder folder_;
  record::Store store_ = record::test::open_store(folder_.file("knead.db"));
};

TEST_F(RoundTrips, EverySessionComesBackFromBdfByEdflib) {
  for (std::uint32_t seed = 1; seed <= kSessions; ++seed) {
    SCOPED_TRACE(seed);
    const Truth truth = make(seed);
    const std::string path = file(truth.made.id, "bdf");
    write(path, [&](std::ostream& out) { return record::export_bdf(store_, truth.made.id, out); });
    ASSERT_NO_FATAL_FAILURE(expect_bdf(path, truth));
  }
}

TEST_F(RoundTrips, EverySessionComesBackFromXdfByLibxdf) {
  if (kUnderAddressSanitizer)
    GTEST_SKIP() << "libxdf 0.99 reads beyond the end of a text of its own; the sanitizer is for our own code";
  for (std::uint32_t seed = 1; seed <= kSessions; ++seed) {
    SCOPED_TRACE(seed);
    const Truth truth = make(seed);
    if (truth.samples.empty()) continue;  // libxdf 0.99 crashes on a stream without samples; Python reads it below
    const std::string path = file(truth.made.id, "xdf");
    write(path, [&](std::ostream& out) { return record::export_xdf(store_, truth.made.id, out); });
    ASSERT_NO_FATAL_FAILURE(expect_xdf(path, truth));
  }
}

TEST_F(RoundTrips, EverySessionComesBackFromEveryFormatByPythonsStandardLibrary) {
  for (std::uint32_t seed = 1; seed <= kSessions; ++seed) {
    const Truth truth = make(seed);
    const std::int64_t id = truth.made.id;
    write(file(id, "bdf"), [&](std::ostream& out) { return record::export_bdf(store_, id, out); });
    write(file(id, "xdf"), [&](std::ostream& out) { return record::export_xdf(store_, id, out); });
    write(file(id, "json"), [&](std::ostream& out) { return record::export_json(store_, id, out); });
    write(file(id, "html"), [&](std::ostream& out) { return record::write_session_page(store_, id, out); });
    for (const std::string_view table : record::csv_table_names()) {
      write(file(id, fmt::format("{}.csv", table)), [&](std::ostream& out) {
        return record::export_csv(store_, id, record::csv_table_from(table).value(), out);
      });
    }
    write_truth(file(id, "x"), truth, store_.load_inputs(id).value());
  }
  const auto utc = [](session::UnixTime) { return std::chrono::seconds{}; };
  const auto trends = record::read_trends(store_, "", 0, utc, true).value();
  write(folder_.file("trend.html"),
        [&](std::ostream& out) { return record::write_trend_page(store_, {}, trends, out); });
  const std::string command = fmt::format("'{}' '{}/tests/sessions/read_exports.py' '{}' {}", KNEAD_PYTHON,
                                          KNEAD_SOURCE_DIR, folder_.path().string(), kSessions);
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace knead::test
