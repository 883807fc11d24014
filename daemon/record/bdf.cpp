// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/bdf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "daemon/record/event_words.hpp"
#include "daemon/record/export_flow.hpp"
#include "daemon/session/text.hpp"

namespace knead::record {

namespace {

constexpr std::int64_t kMostRecords = 86'400;  // of a second each; a session has minutes
constexpr std::size_t kBytesPerValue = 3;
// EDF+ closes times with 20, sets durations apart with 21 and lists with 0. (specification, 2.2.2)
constexpr char kEndOfPart = '\x14';
constexpr char kDuration = '\x15';

struct Signal {
  std::string_view label;
  std::string_view transducer;
  std::string_view unit;
  std::string_view physical_min;
  std::string_view physical_max;
  std::int32_t digital_min;
  std::int32_t digital_max;
  std::int32_t filler;  ///< where there is no sample
};

// Physical values have eight characters in the header: -800 N and not the converter's own end, so that the step is
// exactly 0.1 mN. A stronger force, which only a saturated sensor reports, is held to the end; its raw count is exact.
constexpr std::array<Signal, kBdfSignals> kSignals{{
    {"Force", "load cell in the ball", "N", "-800", "800", -8'000'000, 8'000'000, kBdfNoForce},
    {"Raw", "24-bit converter of the load cell", "count", "-8388608", "8388607", -8'388'608, 8'388'607, 0},
    {"Motor", "level applied, of 255", "level", "0", "255", 0, 255, 0},
    {"Quality", "bits: knead::Quality", "bits", "0", "8388607", 0, 8'388'607, 0},
    {"Seq", "counter of readings; -1: no sample", "count", "-1", "8388607", kBdfNoSample, kBdfSeqMask, kBdfNoSample},
}};
static_assert(kBdfNoForce == kSignals[0].digital_min);

std::array<std::int32_t, kBdfSignals> values_of(const Sample& s) {
  std::int32_t force = kBdfNoForce;
  if (!has(s.quality, Quality::kUncalibrated) && std::isfinite(s.force.value)) {
    const double most = kSignals[0].digital_max;
    force = static_cast<std::int32_t>(std::lround(std::clamp(s.force.value * kBdfForceScale, 1.0 - most, most)));
  }
  return {force, s.raw, s.motor.value, static_cast<std::int32_t>(static_cast<std::uint32_t>(s.quality) & 0x7F'FFFFU),
          static_cast<std::int32_t>(s.seq & static_cast<std::uint32_t>(kBdfSeqMask))};
}

/// What the header has to know beforehand.
struct Extent {
  std::uint64_t samples = 0;
  std::int64_t records = 1;
};

Result<Extent> measure(const Store& store, const StoredSession& session) {
  Extent extent;
  BdfGrid grid(session.facts.rate_hz);
  std::int64_t last = 0;
  const auto read = store.for_each_block(session.facts.id, [&](std::span<const TimedSample> samples) -> Result<> {
    for (const TimedSample& s : samples) last = grid.place(s.t);
    extent.samples += samples.size();
    return {};
  });
  if (!read) return std::unexpected(read.error());
  extent.records = last / session.facts.rate_hz + 1;
  for (const StoredEvent& event : session.events) {
    const auto second = std::chrono::floor<std::chrono::seconds>(event.t.time_since_epoch()).count();
    extent.records = std::max(extent.records, second + 1);
  }
  if (extent.records > kMostRecords) {
    return fail(Errc::kInvalidInput, fmt::format("session {} has times beyond a day", session.facts.id),
                "export it as csv or json");
  }
  return extent;
}

// ---- Annotations ----------------------------------------------------------------------------------------------------

std::string onset(std::chrono::microseconds t) {
  const std::int64_t us = t.count();
  if (us % 1'000'000 == 0) return fmt::format("+{}", us / 1'000'000);
  return fmt::format("+{}.{:06}", us / 1'000'000, us % 1'000'000);
}

/// One time-stamped list of one annotation.
std::string annotation(std::chrono::microseconds t, std::optional<std::chrono::microseconds> duration,
                       std::string_view text) {
  t = std::max(t, std::chrono::microseconds{});
  std::string list = onset(t);
  if (duration && duration->count() >= 0) {
    list += kDuration;
    list += onset(*duration).substr(1);
  }
  list += kEndOfPart;
  list += text;
  list += kEndOfPart;
  list += '\0';
  return list;
}

/// The list every record begins with: when it begins, and nothing to say about it.
std::string timekeeper(std::int64_t record) {
  std::string list = fmt::format("+{}", record);
  list += kEndOfPart;
  list += kEndOfPart;
  list += '\0';
  return list;
}

std::vector<std::string> annotations_of(const StoredSession& session) {
  struct Timed {
    std::chrono::microseconds t;
    std::size_t n;  ///< of those at the same time the first comes first
    std::string list;
  };
  std::vector<Timed> all;
  const auto add = [&all](std::chrono::microseconds t, std::optional<std::chrono::microseconds> duration,
                          std::string_view text) { all.push_back({t, all.size(), annotation(t, duration, text)}); };
  add({}, {}, "started " + session.facts.started_at);
  if (!session.facts.profile.empty()) {
    add({}, {}, "profile: " + session::clean_text(session.facts.profile, kMaxEventWords));
  }
  for (const StoredEvent& event : session.events) {
    if (const auto rep = rep_of(event)) {
      add(rep->start.time_since_epoch(), rep->duration, event_words(event));
    } else {
      add(event.t.time_since_epoch(), {}, event_words(event));
    }
  }
  for (const Gap& gap : session.gaps) {
    add(gap.t.time_since_epoch(), {}, fmt::format("gap: {} lost ({})", gap.count, to_string(gap.kind)));
  }
  std::ranges::sort(all, {}, [](const Timed& each) { return std::pair(each.t, each.n); });
  std::vector<std::string> lists;
  lists.reserve(all.size());
  for (Timed& each : all) lists.push_back(std::move(each.list));
  return lists;
}

/// The annotations, packed into the same number of bytes of each record, whenever they happened: readers go by their
/// times.
class AnnotationSignal {
 public:
  AnnotationSignal(std::vector<std::string> lists, std::int64_t records) : lists_(std::move(lists)) {
    std::size_t longest = 0;
    std::size_t total = 0;
    for (const std::string& list : lists_) {
      longest = std::max(longest, list.size());
      total += list.size();
    }
    const std::size_t mean = total / static_cast<std::size_t>(records);
    // Whatever the order, no record has to leave more than the longest list's place empty.
    const std::size_t bytes = timekeeper(records).size() + mean + longest + 1;
    values_ = (bytes + kBytesPerValue - 1) / kBytesPerValue;
  }
  [[nodiscard]] std::size_t values() const { return values_; }

  void append(fmt::memory_buffer& out, std::int64_t record) {
    std::string bytes = timekeeper(record);
    const std::size_t room = values_ * kBytesPerValue;
    while (next_ < lists_.size() && bytes.size() + lists_[next_].size() <= room) bytes += lists_[next_++];
    bytes.resize(room, '\0');
    out.append(bytes.data(), bytes.data() + bytes.size());
  }
  [[nodiscard]] bool all_written() const { return next_ == lists_.size(); }

 private:
  std::vector<std::string> lists_;
  std::size_t next_ = 0;
  std::size_t values_ = 0;
};

// ---- Header ---------------------------------------------------------------------------------------------------------

/// Left-justified, filled with spaces.
void field(fmt::memory_buffer& out, std::size_t width, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{:<{}}", text.substr(0, width), width);
}
void field(fmt::memory_buffer& out, std::size_t width, std::int64_t number) {
  field(out, width, fmt::format("{}", number));
}

/// A subfield of EDF+: printable ASCII without spaces; a letter it does not know is an underscore; "X": not known.
std::string subfield(std::string_view text, std::size_t most) {
  std::string ascii;
  for (const char c : session::clean_text(text, text.size())) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;  // the first byte of the letter stands for it
    ascii += byte > ' ' && byte < 0x7F ? c : '_';
  }
  return ascii.empty() ? "X" : ascii.substr(0, most);
}

struct StartTime {
  std::string date;       ///< "01.03.25"
  std::string time;       ///< "07.15.00"
  std::string long_date;  ///< "01-MAR-2025"
};

StartTime start_of(const SessionFacts& facts) {
  constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  const WallTime at{std::chrono::microseconds(facts.started_unix_us)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(at - day));
  // Two digits of 1985 to 2084 (specification, 2.1.3.2); the long date has four.
  const int year = std::clamp(static_cast<int>(date.year()), 1985, 2084);
  const unsigned month = static_cast<unsigned>(date.month());
  const unsigned in_month = static_cast<unsigned>(date.day());
  return {fmt::format("{:02}.{:02}.{:02}", in_month, month, year % 100),
          fmt::format("{:02}.{:02}.{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count()),
          fmt::format("{:02}-{}-{}", in_month, kMonths.at(month - 1), year)};
}

void append_header(fmt::memory_buffer& out, const StoredSession& session, std::int64_t records,
                   std::size_t annotation_values) {
  const SessionFacts& f = session.facts;
  const StartTime start = start_of(f);
  constexpr std::size_t kAll = kBdfSignals + 1;
  out.push_back('\xFF');
  field(out, 7, "BIOSEMI");
  // Code, sex and birthday are not known, and are nobody's business here.
  field(out, 80, "X X X " + subfield(f.profile, 60));
  field(out, 80,
        fmt::format("Startdate {} X X Knead_{} {} {} {}", start.long_date, subfield(f.knead_version, 12),
                    subfield(f.ball_serial, 16), subfield(f.routine, 16), subfield(f.side, 5)));
  field(out, 8, start.date);
  field(out, 8, start.time);
  field(out, 8, std::int64_t{256 * (kAll + 1)});
  field(out, 44, "BDF+C");
  field(out, 8, records);
  field(out, 8, "1");  // seconds in a record
  field(out, 4, std::int64_t{kAll});

  const auto each = [&out](std::size_t width, auto get, std::string_view of_annotations) {
    for (const Signal& signal : kSignals) field(out, width, get(signal));
    field(out, width, of_annotations);
  };
  each(16, [](const Signal& s) { return s.label; }, "BDF Annotations");
  each(80, [](const Signal& s) { return s.transducer; }, "");
  each(8, [](const Signal& s) { return s.unit; }, "");
  each(8, [](const Signal& s) { return s.physical_min; }, "-1");
  each(8, [](const Signal& s) { return s.physical_max; }, "1");
  each(8, [](const Signal& s) { return std::int64_t{s.digital_min}; }, "-8388608");
  each(8, [](const Signal& s) { return std::int64_t{s.digital_max}; }, "8388607");
  each(80, [](const Signal&) { return std::string_view(); }, "");
  each(8, [&](const Signal&) { return f.rate_hz; }, fmt::format("{}", annotation_values));
  each(32, [](const Signal&) { return std::string_view(); }, "");
}

// ---- Records --------------------------------------------------------------------------------------------------------

/// One second of all signals.
class Record {
 public:
  explicit Record(std::int64_t rate_hz) : rate_(static_cast<std::size_t>(rate_hz)), values_(rate_ * kBdfSignals) {
    clear();
  }
  void clear() {
    for (std::size_t i = 0; i < kBdfSignals; ++i) {
      std::fill_n(values_.begin() + static_cast<std::ptrdiff_t>(i * rate_), rate_, kSignals.at(i).filler);
    }
  }
  void set(std::size_t place, const std::array<std::int32_t, kBdfSignals>& values) {
    for (std::size_t i = 0; i < kBdfSignals; ++i) values_[i * rate_ + place] = values.at(i);
  }
  void append(fmt::memory_buffer& out) const {
    for (const std::int32_t value : values_) {
      const auto bits = static_cast<std::uint32_t>(value);
      for (unsigned shift = 0; shift < 24; shift += 8) out.push_back(static_cast<char>((bits >> shift) & 0xFFU));
    }
  }

 private:
  std::size_t rate_;
  std::vector<std::int32_t> values_;
};

}  // namespace

std::int64_t BdfGrid::place(SessionTime t) noexcept {
  const std::int64_t us = std::max<std::int64_t>(t.time_since_epoch().count(), 0);
  const std::int64_t whole = us / 1'000'000;
  const std::int64_t nearest = whole * rate_hz_ + (us % 1'000'000 * rate_hz_ + 500'000) / 1'000'000;
  last_ = std::max(last_ + 1, nearest);
  return last_;
}

Result<> export_bdf(const Store& store, std::int64_t id, std::ostream& out) {
  const auto session = store.load_session(id);
  if (!session) return std::unexpected(session.error());
  const std::int64_t rate = session->facts.rate_hz;
  if (rate <= 0) {
    return fail(Errc::kInvalidInput, fmt::format("session {} has no rate on record", id), "export it as csv or json");
  }
  const auto extent = measure(store, *session);
  if (!extent) return std::unexpected(extent.error());

  AnnotationSignal annotations(annotations_of(*session), extent->records);
  fmt::memory_buffer buffer;
  append_header(buffer, *session, extent->records, annotations.values());

  Record record(rate);
  std::int64_t at = 0;  // the record in hand
  const auto next_record = [&]() -> Result<> {
    record.append(buffer);
    annotations.append(buffer, at++);
    record.clear();
    return flow(buffer, out);
  };
  BdfGrid grid(rate);
  std::uint64_t left = extent->samples;  // not what a running session has gained since
  const auto written = store.for_each_block(id, [&](std::span<const TimedSample> samples) -> Result<> {
    for (const TimedSample& s : samples) {
      if (left == 0) return {};
      --left;
      const std::int64_t place = grid.place(s.t);
      while (at < place / rate) {
        if (auto done = next_record(); !done) return done;
      }
      record.set(static_cast<std::size_t>(place % rate), values_of(s.sample));
    }
    return {};
  });
  if (!written) return written;
  while (at < extent->records) {
    if (auto done = next_record(); !done) return done;
  }
  if (!annotations.all_written()) return fail(Errc::kInternal, "the annotations do not fit the file");
  return {};
}

}  // namespace knead::record
