// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/audit.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "daemon/record/block_codec.hpp"
#include "daemon/session/input_json.hpp"

namespace knead::record {

namespace {

class Audit {
 public:
  Audit(SQLite::Database& db, std::int64_t id) : db_(db), id_(id) {}

  SessionAudit run() {
    read_inputs();
    read_events();
    read_gaps();
    read_calibrations();
    read_blocks();
    return std::move(found_);
  }

 private:
  SQLite::Statement select(const char* sql) {
    SQLite::Statement statement(db_, sql);
    statement.bind(1, id_);
    return statement;
  }

  void read_inputs() {
    SQLite::Statement inputs =
        select("SELECT samples, kind, json, ordinal FROM inputs WHERE session_id = ? ORDER BY ordinal");
    std::int64_t next = 0;
    while (inputs.executeStep()) {
      follow_ordinal(inputs.getColumn(3).getInt64(), next);
      const auto samples = static_cast<std::uint64_t>(inputs.getColumn(0).getInt64());
      const std::string kind = inputs.getColumn(1).getString();
      const auto input = session::read_input(samples, kind, inputs.getColumn(2).getString());
      if (!input) {
        found_.bad_inputs.push_back({inputs.getColumn(3).getInt64(), input.error().context});
      } else if (std::holds_alternative<session::input::BallBack>(input->what)) {
        fresh_.insert(samples);
      }
    }
  }

  void read_events() {
    SQLite::Statement events = select("SELECT json, ordinal FROM events WHERE session_id = ? ORDER BY ordinal");
    std::int64_t next = 0;
    while (events.executeStep()) {
      follow_ordinal(events.getColumn(1).getInt64(), next);
      boost::system::error_code error;
      const auto parsed = boost::json::parse(events.getColumn(0).getString(), error);
      if (error || !parsed.is_object()) found_.bad_events.push_back(events.getColumn(1).getInt64());
    }
  }

  /// Rows are numbered as they come; one that was dropped is in a gap. A number that damage left is not believed.
  void follow_ordinal(std::int64_t ordinal, std::int64_t& next) {
    constexpr std::int64_t kMostRows = 1'000'000;
    if (ordinal < next) return;
    found_.passed_over += ordinal - next <= kMostRows ? static_cast<std::uint64_t>(ordinal - next) : 1;
    next = std::min(ordinal, std::numeric_limits<std::int64_t>::max() - 1) + 1;
  }

  void read_gaps() {
    SQLite::Statement gaps = select("SELECT kind, count FROM gaps WHERE session_id = ?");
    while (gaps.executeStep()) {
      const auto kind = gap_kind_from(gaps.getColumn(0).getString());
      const auto missing = static_cast<std::uint64_t>(gaps.getColumn(1).getInt64());
      if (!kind) found_.others.push_back("a gap is of no known kind: " + gaps.getColumn(0).getString());
      (kind == GapKind::kEvent ? found_.told_event : found_.told) += missing;
      if (kind == GapKind::kWrite) found_.told_write += missing;
    }
  }

  void read_calibrations() {
    SQLite::Statement ordinals = select("SELECT ordinal FROM calibrations WHERE session_id = ?");
    while (ordinals.executeStep()) calibrations_.insert(ordinals.getColumn(0).getInt64());
    if (calibrations_.empty()) {
      found_.others.emplace_back("its calibration is missing");
    } else if (*calibrations_.begin() != 0 || std::cmp_not_equal(*calibrations_.rbegin(), calibrations_.size() - 1)) {
      found_.others.emplace_back("one of its calibrations is missing");
    }
  }

  void read_blocks() {
    // By the table itself: its index may be what is damaged.
    SQLite::Statement blocks = select(
        "SELECT id, ordinal, calibration, first_index, first_seq, count, first_device_us, t0_us, t1_us, codec, data "
        "FROM sample_blocks WHERE session_id = ? ORDER BY ordinal");
    while (blocks.executeStep()) read_block(blocks);
  }

  void read_block(SQLite::Statement& row) {
    const auto integer = [&row](int column) { return std::int64_t{row.getColumn(column).getInt64()}; };
    BadBlock block;
    block.id = integer(0);
    block.ordinal = integer(1);
    block.count = plausible(integer(5));
    block.t0 = SessionTime(std::chrono::microseconds(integer(7)));
    ++found_.blocks;
    const SQLite::Column data = row.getColumn(10);
    const std::span bytes(static_cast<const std::byte*>(data.getBlob()), static_cast<std::size_t>(data.getBytes()));
    const auto samples = decoder_.decode(row.getColumn(9).getInt(), bytes, {});
    if (!samples) {
      follow_index(integer(3), block.count, block.t0);
      block.why = samples.error().context;
      found_.bad.push_back(std::move(block));
      return;
    }
    follow_index(integer(3), samples->size(), block.t0);
    follow_sequence(*samples, static_cast<std::uint64_t>(integer(3)));
    const bool agrees = !samples->empty() && samples->size() == static_cast<std::uint64_t>(integer(5)) &&
                        samples->front().sample.seq == static_cast<std::uint64_t>(integer(4)) &&
                        micros(samples->front().sample.device_time) == integer(6) &&
                        micros(samples->front().t) == integer(7) && micros(samples->back().t) == integer(8) &&
                        calibrations_.contains(integer(2));
    if (agrees) {
      found_.samples += samples->size();
      return;
    }
    block.why = "its row does not say what it holds";
    block.readable = !samples->empty();
    block.samples.assign(samples->begin(), samples->end());
    found_.bad.push_back(std::move(block));
  }

  /// A row's own count of a block that cannot be read, which may be as damaged: then it tells nothing.
  static std::uint64_t plausible(std::int64_t count) {
    const auto samples = static_cast<std::uint64_t>(count);
    return samples <= kMaxBlockSamples ? samples : 0;
  }

  void follow_index(std::int64_t first, std::uint64_t count, SessionTime t) {
    const auto index = static_cast<std::uint64_t>(first);
    if (index < next_index_) found_.others.push_back(fmt::format("blocks overlap at sample {}", first));
    if (index > next_index_) {
      if (found_.between_blocks == 0) found_.between_blocks_at = t;
      found_.between_blocks += index - next_index_;
    }
    next_index_ = std::max(next_index_, index + count);
  }

  void follow_sequence(std::span<const TimedSample> samples, std::uint64_t index) {
    for (const TimedSample& s : samples) {
      const bool follows = last_seq_ && !has(s.sample.quality, Quality::kReanchored) && !fresh_.contains(index);
      if (follows && s.sample.seq > *last_seq_ + 1) {
        if (found_.jumps == 0) found_.jumps_at = s.t;
        found_.jumps += s.sample.seq - *last_seq_ - 1;
      }
      last_seq_ = s.sample.seq;
      ++index;
    }
  }

  SQLite::Database& db_;
  std::int64_t id_;
  SessionAudit found_;
  BlockDecoder decoder_;
  std::set<std::uint64_t> fresh_;        ///< samples that came from a ball that was plugged in anew
  std::set<std::int64_t> calibrations_;  ///< their ordinals
  std::uint64_t next_index_ = 0;
  std::optional<std::uint64_t> last_seq_;
};

}  // namespace

SessionAudit audit_session(SQLite::Database& db, std::int64_t id) { return Audit(db, id).run(); }

}  // namespace knead::record
