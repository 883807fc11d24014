// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/xdf.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/record/export_flow.hpp"
#include "daemon/record/markup.hpp"

namespace knead::record {

namespace {

static_assert(std::endian::native == std::endian::little, "XDF is little-endian, and values are copied as they lie");

enum class Tag : std::uint16_t {
  kFileHeader = 1,
  kStreamHeader = 2,
  kSamples = 3,
  kClockOffset = 4,
  kBoundary = 5,
  kStreamFooter = 6,
};

// The specification's own mark.
constexpr std::array<unsigned char, 16> kBoundaryMark{0x43, 0xA5, 0x46, 0xDC, 0xCB, 0xF5, 0x41, 0x0F,
                                                      0xB3, 0x0E, 0xD5, 0x46, 0x73, 0x83, 0xCB, 0xE4};

struct Channel {
  std::string_view label;
  std::string_view unit;
};

struct Stream {
  XdfStream id;
  std::string_view name;
  std::string_view type;
  std::string_view format;
  std::array<Channel, 3> channels;
  std::size_t count;
};

constexpr std::array<Stream, kXdfStreams> kStreams{{
    {XdfStream::kForce, "Knead force", "Force", "double64", {{{"force", "newtons"}}}, 1},
    {XdfStream::kRaw, "Knead raw", "Raw", "int32", {{{"raw", "counts"}, {"quality", "bits"}}}, 2},
    {XdfStream::kMotor, "Knead motor", "Stimulation", "int32", {{{"motor_level", "1/255"}}}, 1},
    {XdfStream::kClock,
     "Knead clock",
     "Clock",
     "int64",
     {{{"seq", "readings"}, {"device", "microseconds"}, {"host", "nanoseconds"}}},
     3},
    {XdfStream::kMarkers, "Knead markers", "Markers", "string", {{{"event", "json"}}}, 1},
}};

template <class T>
void append_value(fmt::memory_buffer& out, T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  out.append(bytes);
}

/// A number of any length: how many bytes it has, then these.
void append_length(fmt::memory_buffer& out, std::uint64_t length) {
  if (length <= std::numeric_limits<std::uint8_t>::max()) {
    out.push_back(1);
    append_value(out, static_cast<std::uint8_t>(length));
  } else if (length <= std::numeric_limits<std::uint32_t>::max()) {
    out.push_back(4);
    append_value(out, static_cast<std::uint32_t>(length));
  } else {
    out.push_back(8);
    append_value(out, length);
  }
}

void append_chunk(fmt::memory_buffer& out, Tag tag, std::string_view content) {
  append_length(out, content.size() + sizeof(Tag));
  append_value(out, static_cast<std::uint16_t>(tag));
  out.append(content);
}

/// The samples of one stream that wait to become a chunk.
class Samples {
 public:
  explicit Samples(XdfStream id) : id_(id) {}
  /// Its values follow.
  void begin(double t) {
    values_.push_back(8);  // bytes of the time stamp
    append_value(values_, t);
    ++waiting_;
    if (count_ + waiting_ == 1) first_ = t;
    last_ = t;
  }
  template <class T>
  void add(T value) {
    append_value(values_, value);
  }
  void add_text(std::string_view text) {
    append_length(values_, text.size());
    values_.append(text);
  }
  void flush(fmt::memory_buffer& out) {
    if (waiting_ == 0) return;
    fmt::memory_buffer content;
    append_value(content, static_cast<std::uint32_t>(id_));
    append_length(content, waiting_);
    content.append(values_);
    append_chunk(out, Tag::kSamples, {content.data(), content.size()});
    count_ += waiting_;
    waiting_ = 0;
    values_.clear();
  }
  [[nodiscard]] std::string footer() const {
    return fmt::format(
        "<?xml version=\"1.0\"?><info><first_timestamp>{}</first_timestamp><last_timestamp>{}</last_timestamp>"
        "<sample_count>{}</sample_count></info>",
        first_, last_, count_);
  }

 private:
  XdfStream id_;
  fmt::memory_buffer values_;
  std::uint64_t waiting_ = 0;
  std::uint64_t count_ = 0;
  double first_ = 0.0;
  double last_ = 0.0;
};

std::string with_id(XdfStream id, std::string_view content) {
  fmt::memory_buffer whole;
  append_value(whole, static_cast<std::uint32_t>(id));
  whole.append(content);
  return fmt::to_string(whole);
}

std::string file_header(const SessionFacts& f) {
  return fmt::format(
      "<?xml version=\"1.0\"?><info><version>1.0</version><datetime>{}</datetime><session>{}</session>"
      "<routine>{}</routine><side>{}</side><profile>{}</profile><ball>{}</ball><knead>{}</knead></info>",
      markup_text(f.started_at), f.id, markup_text(f.routine), markup_text(f.side), markup_text(f.profile),
      markup_text(f.ball_serial), markup_text(f.knead_version));
}

std::string stream_header(const Stream& stream, const StoredSession& session) {
  std::string xml = fmt::format(
      "<?xml version=\"1.0\"?><info><name>{}</name><type>{}</type><channel_count>{}</channel_count>"
      "<nominal_srate>{}</nominal_srate><channel_format>{}</channel_format><source_id>{}</source_id>"
      "<created_at>0</created_at><desc><channels>",
      stream.name, stream.type, stream.count, stream.id == XdfStream::kMarkers ? 0 : session.facts.rate_hz,
      stream.format, markup_text(session.facts.ball_serial));
  for (std::size_t i = 0; i < stream.count; ++i) {
    const Channel& channel = stream.channels.at(i);
    xml += fmt::format("<channel><label>{}</label><unit>{}</unit><type>{}</type></channel>", channel.label,
                       channel.unit, stream.type);
  }
  xml += "</channels><synchronization><can_drop_samples>true</can_drop_samples></synchronization>";
  if (stream.id == XdfStream::kRaw) {
    for (const protocol::Calibration& c : session.calibrations) {
      xml += fmt::format(
          "<calibration><calibrated>{}</calibrated><point_a_raw>{}</point_a_raw><point_a_mn>{}</point_a_mn>"
          "<point_b_raw>{}</point_b_raw><point_b_mn>{}</point_b_mn><tare_raw>{}</tare_raw>"
          "<reference_raw>{}</reference_raw></calibration>",
          c.calibrated, c.point_a_raw, c.point_a_mn, c.point_b_raw, c.point_b_mn, c.tare_raw, c.reference_raw);
    }
  }
  return xml + "</desc></info>";
}

double seconds(SessionTime t) { return to_seconds(t.time_since_epoch()); }

class Writer {
 public:
  Writer(const StoredSession& session, std::ostream& out) : session_(session), out_(out) {
    buffer_.append(std::string_view("XDF:"));
    append_chunk(buffer_, Tag::kFileHeader, file_header(session.facts));
    for (const Stream& stream : kStreams) {
      append_chunk(buffer_, Tag::kStreamHeader, with_id(stream.id, stream_header(stream, session)));
    }
  }

  Result<> add(std::span<const TimedSample> samples) {
    for (const TimedSample& s : samples) {
      note_offset(s);
      add_markers_until(s.t);
      add(s);
    }
    flush_streams();
    if (!samples.empty() && samples.back().t >= next_boundary_) {
      const std::string mark(kBoundaryMark.begin(), kBoundaryMark.end());
      append_chunk(buffer_, Tag::kBoundary, mark);
      next_boundary_ = samples.back().t + kXdfBoundaryEvery;
    }
    return flow(buffer_, out_);
  }

  Result<> end() {
    add_markers_until(SessionTime::max());
    flush_streams();
    for (std::size_t i = 0; i < kXdfStreams; ++i) {
      append_chunk(buffer_, Tag::kStreamFooter, with_id(kStreams.at(i).id, streams_.at(i).footer()));
    }
    return flow(buffer_, out_);
  }

 private:
  Samples& stream(XdfStream id) { return streams_.at(static_cast<std::size_t>(id) - 1); }

  void add(const TimedSample& at) {
    const Sample& s = at.sample;
    const double t = seconds(at.t);
    for (const Stream& each : kStreams) {
      if (each.id != XdfStream::kMarkers) stream(each.id).begin(t);
    }
    stream(XdfStream::kForce)
        .add(has(s.quality, Quality::kUncalibrated) ? std::numeric_limits<double>::quiet_NaN() : s.force.value);
    stream(XdfStream::kRaw).add(s.raw);
    stream(XdfStream::kRaw).add(static_cast<std::int32_t>(s.quality));
    stream(XdfStream::kMotor).add(std::int32_t{s.motor.value});
    stream(XdfStream::kClock).add(static_cast<std::int64_t>(s.seq));
    stream(XdfStream::kClock).add(std::int64_t{s.device_time.time_since_epoch().count()});
    stream(XdfStream::kClock).add(std::int64_t{s.host_time.time_since_epoch().count()});
  }

  void add_markers_until(SessionTime t) {
    for (; next_event_ < session_.events.size() && session_.events[next_event_].t <= t; ++next_event_) {
      const StoredEvent& event = session_.events[next_event_];
      stream(XdfStream::kMarkers).begin(seconds(event.t));
      stream(XdfStream::kMarkers).add_text(event.json);
    }
  }

  /// How much further the host's clock has come than the ball's, since the first sample.
  void note_offset(const TimedSample& at) {
    if (next_offset_ && at.t < *next_offset_) return;
    if (!next_offset_) {
      host_begin_ = at.sample.host_time;
      session_begin_ = at.t;
    }
    next_offset_ = at.t + kXdfOffsetEvery;
    const double offset = to_seconds(at.sample.host_time - host_begin_) - to_seconds(at.t - session_begin_);
    flush_streams();
    for (const Stream& each : kStreams) {
      fmt::memory_buffer content;
      append_value(content, seconds(at.t));
      append_value(content, offset);
      append_chunk(buffer_, Tag::kClockOffset, with_id(each.id, {content.data(), content.size()}));
    }
  }

  void flush_streams() {
    for (Samples& each : streams_) each.flush(buffer_);
  }

  const StoredSession& session_;
  std::ostream& out_;
  fmt::memory_buffer buffer_;
  std::array<Samples, kXdfStreams> streams_{Samples(XdfStream::kForce), Samples(XdfStream::kRaw),
                                            Samples(XdfStream::kMotor), Samples(XdfStream::kClock),
                                            Samples(XdfStream::kMarkers)};
  std::size_t next_event_ = 0;
  std::optional<SessionTime> next_offset_;
  HostTime host_begin_{};
  SessionTime session_begin_{};
  SessionTime next_boundary_ = SessionTime{} + kXdfBoundaryEvery;
};

}  // namespace

Result<> export_xdf(const Store& store, std::int64_t id, std::ostream& out) {
  const auto session = store.load_session(id);
  if (!session) return std::unexpected(session.error());
  Writer writer(*session, out);
  const auto written =
      store.for_each_block(id, [&](std::span<const TimedSample> samples) { return writer.add(samples); });
  if (!written) return written;
  return writer.end();
}

}  // namespace knead::record
