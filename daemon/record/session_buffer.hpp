// SPDX-License-Identifier: Apache-2.0
// SessionBuffer: turns one session's samples and events into rows, and holds the rows until the store has taken them.
//
//   add_sample ─▶ [open block] ── one second of session time ─▶ ┐
//   add_event  ─────────────────────────────────────────────────┼─▶ [pending rows] ── Store::commit ─▶ the database
//   add_gap    ─────────────────────────────────────────────────┘        │
//                                                                        └── over the limit: the oldest samples go, and
//                                                                            a gap row of kind `write` says how many
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "daemon/record/block_codec.hpp"
#include "daemon/record/model.hpp"

namespace knead::record {

/// Rows that wait to be written, in the shape of the tables (schema.cpp).
struct PendingRows {
  struct Block {
    std::int64_t ordinal = 0;       ///< of the block in the session; takes the place of a stored one that was shorter
    std::int64_t calibration = 0;   ///< ordinal of the one in force
    std::uint64_t first_index = 0;  ///< of its first sample among those recorded of the session
    std::uint64_t first_seq = 0;
    std::uint64_t count = 0;
    DeviceTime first_device_time{};
    SessionTime t0{};
    SessionTime t1{};
    std::vector<std::byte> data;
    std::uint64_t stored = 0;  ///< of its samples: in the database already, in the row it replaces
    SessionTime first_new{};   ///< of the first that is not
  };
  struct StepAdded {
    int n = 0;
    std::chrono::microseconds target{};
  };
  struct StepEnd {
    int n = 0;
    bool completed = false;
    std::chrono::microseconds credited{};
    std::chrono::microseconds elapsed{};
  };
  struct Calibrated {
    std::int64_t ordinal = 0;
    protocol::Calibration calibration;
  };
  template <class Row>
  struct Numbered {
    std::int64_t ordinal = 0;  ///< our own count: what a plugin numbers cannot collide with what is stored
    Row row;
  };

  std::vector<Calibrated> calibrations;
  std::deque<Block> blocks;
  std::deque<Numbered<StoredEvent>> events;
  std::deque<Numbered<session::Rep>> reps;
  std::deque<Numbered<StoredMeasure>> measures;
  std::deque<Numbered<StoredInput>> inputs;
  std::vector<StepAdded> steps_added;
  std::vector<StepEnd> steps;
  std::vector<Numbered<Gap>> gaps;
  std::optional<SessionSummary> summary;

  [[nodiscard]] bool empty() const;
};

struct BufferLimits {
  /// Compressed samples kept while the disk takes none: at 1 kHz more than an hour, at 8 kHz more than a session.
  std::size_t block_bytes = std::size_t{16} << 20U;
  std::size_t events = 8192;   ///< and as many reps, measures and gaps
  std::size_t inputs = 65536;  ///< ten minutes without the ball, when each beat is one
};

/// One thread. Touches no disk.
class SessionBuffer {
 public:
  explicit SessionBuffer(SessionHeader header, BufferLimits limits = {});

  /// Samples come in order. Finds sequence gaps by itself; what add_gap(kRing) told of before is not counted twice.
  void add_sample(SessionTime t, const Sample& sample);
  void add_event(const session::Event& event);
  void add_input(const session::Input& input);
  void add_gap(SessionTime t, GapKind kind, std::uint64_t count);
  /// In force from the next sample.
  void set_calibration(const protocol::Calibration& calibration);
  /// The next sample follows from another ball, or from the same one plugged in anew: no jump is a loss.
  void break_sequence();
  void count_write_failure() { ++write_failures_; }
  /// Makes the partial second a row too. It stays open: when it is full its row takes the place of this one, so that
  /// what is stored in the end is a second a block, however often somebody wanted it safe.
  void stage_open_block();
  /// Closes the partial second. Nothing is added after it.
  void end(SessionSummary summary);

  [[nodiscard]] const SessionHeader& header() const { return header_; }
  /// 0 until the store has taken the first rows.
  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] const PendingRows& pending() const { return pending_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::size_t pending_bytes() const { return pending_bytes_; }

  /// Samples recorded or still to be: received less those dropped here.
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t lost(GapKind kind) const { return lost_.at(static_cast<std::size_t>(kind)); }
  [[nodiscard]] std::uint64_t lost_samples() const;
  [[nodiscard]] std::uint64_t write_failures() const { return write_failures_; }
  [[nodiscard]] SessionTime last_time() const { return last_time_; }

  /// The store has committed all of pending() under @p id.
  void mark_written(std::int64_t id);

 private:
  void close_block();
  void unstage();
  void drop_what_is_too_much();

  SessionHeader header_;
  BufferLimits limits_;
  BlockEncoder encoder_;
  std::vector<TimedSample> open_;
  std::size_t open_stored_ = 0;  ///< so many of open_ are in the database
  bool staged_ = false;          ///< the last pending block is open_ as far as it was then
  PendingRows pending_;
  std::size_t pending_bytes_ = 0;
  std::int64_t id_ = 0;
  bool ended_ = false;

  std::int64_t next_block_ = 0;
  std::int64_t next_event_ = 0;
  std::int64_t next_rep_ = 0;
  std::int64_t next_measure_ = 0;
  std::int64_t next_input_ = 0;
  std::int64_t next_gap_ = 0;
  std::int64_t calibration_ = 0;
  std::uint64_t first_index_ = 0;

  std::optional<std::uint64_t> last_seq_;
  std::uint64_t explained_ = 0;  ///< of the next jump in the sequence, by ring losses
  SessionTime last_time_{};
  std::uint64_t samples_ = 0;
  std::array<std::uint64_t, 4> lost_{};  ///< by GapKind
  std::uint64_t write_failures_ = 0;
};

}  // namespace knead::record
