// SPDX-License-Identifier: Apache-2.0
// Recorder: the thread that writes a live session (DESIGN.md section 2, point 4).
//
//   sampling thread ──▶ SampleRing ── own RingReader, every 100 ms ──┐
//                                                                    ├─▶ SessionBuffer ── every 500 ms ──▶ Store
//   main thread ── post: events, inputs, anchors, … ───▶ inbox ──────┘    one transaction
//
// A transaction holds everything up to its moment, the partial second too, so that kill -9 or a power cut costs half a
// second plus the time of the commit that was under way: within R6's second, with as much again for a slow disk. When
// the disk takes nothing the session goes on: the rows wait in bounded memory and are tried again; what had to go is a
// gap row, a count in status(), never silence.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/core/sample_ring.hpp"
#include "daemon/record/session_buffer.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

/// From this sample on, session time = session + (device_time - device).
struct TimeAnchor {
  std::uint64_t first_ring_index = 0;
  DeviceTime device{};
  SessionTime session{};
};

/// What the record knows, and what it misses. Counts are of the session in hand or, between sessions, of the last one.
struct RecorderStatus {
  std::int64_t session_id = 0;  ///< 0: none yet, or the disk has not even taken its first row
  bool recording = false;
  std::uint64_t samples = 0;  ///< recorded, or waiting to be written
  std::uint64_t lost_sequence = 0;
  std::uint64_t lost_ring = 0;
  std::uint64_t lost_write = 0;
  std::uint64_t lost_events = 0;
  std::uint64_t write_failures = 0;
  std::uint64_t sessions_waiting = 0;  ///< ended, and not yet written in full
  std::uint64_t sessions_lost = 0;     ///< since the recorder began: ended, waited, and given up for newer ones
  std::optional<Error> problem{};      ///< why the last attempt to write failed; empty when all is well

  /// What is missing or waiting, one sentence for a person; empty when nothing is.
  [[nodiscard]] std::string missing() const;
};

struct RecorderOptions {
  std::chrono::milliseconds drain_every{100};
  std::chrono::milliseconds commit_every{500};
  BufferLimits limits{};
  /// Called on the recorder's thread when anything but the number of samples has changed. Must not block; must not call
  /// the recorder.
  std::function<void(const RecorderStatus&)> on_change{};
};

/// Posting is a short push under a mutex that the recorder's thread holds only to swap. Main thread; never the sampling
/// thread.
class Recorder {
 public:
  explicit Recorder(Store store, RecorderOptions options = {});
  /// Writes what is left, as far as the disk takes it. A session that was not ended stays unfinished in the store, and
  /// the next Store::open calls it interrupted.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Samples from @p start.first_ring_index on belong to the session, as far as advance() has come. A reader made with
  /// RingReader::from_descriptor is bound to nothing; one made from a SampleRing needs it until the session is written.
  /// @pre no session runs: end_session() was called.
  void start_session(SessionHeader header, RingReader reader, TimeAnchor start);
  /// The session has seen all samples below @p ring_index. The recorder goes no further, so that it never meets a
  /// sample whose anchor is still to come, and the record holds exactly what the session was given. Call it whenever
  /// the ring was drained; until then the samples wait in the ring.
  void advance(std::uint64_t ring_index);
  /// The device clock began anew, or session time went on without the ball. Before advance() beyond its first sample.
  void anchor(TimeAnchor anchor);
  /// The same for a calibration: in force from this sample on.
  void calibrated(std::uint64_t first_ring_index, const protocol::Calibration& calibration);
  /// The ball is back on another ring. What advance() allowed of the old one is still recorded.
  void continue_on(RingReader reader, TimeAnchor start);
  void event(const session::Event& event);
  void input(session::Input input);
  /// Samples from @p end_ring_index on are not the session's.
  void end_session(SessionSummary summary, std::uint64_t end_ring_index);
  /// Whom a job is for. What has happened already has room of its own, which no client can fill.
  enum class For : std::uint8_t {
    kClient,  ///< what a client asks for: it can ask again
    kRecord,  ///< what happened and would be missing
  };
  /// For what is kept beside sessions: runs @p job on the recorder's thread, which alone has the store, in the order of
  /// asking. What it uses must live as long as it. Returns at once. Error: kBusy, too many wait; it is not run then.
  Result<> with_store(std::function<void(Store&)> job, For whom = For::kClient);
  /// Any thread.
  [[nodiscard]] RecorderStatus status() const;
  /// Waits until everything posted before has been written, or one attempt at it has failed; jobs have their
  /// own time. For the end of a session or a program and for tests. Errors: the failure.
  /// kTimeout when the disk is not done within @p limit; it goes on by itself.
  Result<> flush(std::chrono::milliseconds limit = std::chrono::minutes(1));

  /// Jobs that wait, of clients and in all. A few are a person at work; more are a client that floods. (choice)
  static constexpr std::size_t kMaxClientJobs = 16;
  static constexpr std::size_t kMaxJobs = 32;

 private:
  struct Begin {
    SessionHeader header;
    RingReader reader;
    TimeAnchor start;
  };
  struct Continue {
    std::uint64_t old_end = 0;
    RingReader reader;
    TimeAnchor start;
  };
  struct Calibrated {
    std::uint64_t first_ring_index = 0;
    protocol::Calibration calibration{};
  };
  struct End {
    SessionSummary summary;
    std::uint64_t end = 0;
  };
  /// Those that came one after the other with nothing between them.
  struct Inputs {
    std::vector<session::Input> inputs;
  };
  /// Events and inputs there was no room for.
  struct Dropped {
    std::uint64_t events = 0;
  };
  using Job = std::function<void(Store&)>;
  using Message = std::variant<Begin, Continue, TimeAnchor, Calibrated, session::Event, Inputs, Dropped, End>;

  /// The session in hand. Recorder thread.
  struct Live {
    Live(SessionHeader header, BufferLimits limits, RingReader from, TimeAnchor start);
    void follow(RingReader from, TimeAnchor start);
    void drain(std::uint64_t limit);
    /// Drains up to @p end and accounts for what is no longer there.
    void finish(std::uint64_t end);

    std::unique_ptr<SessionBuffer> buffer;
    RingReader reader;
    std::uint64_t next_index = 0;  ///< the next sample to be recorded or to be counted as lost
    TimeAnchor now{};
    std::deque<TimeAnchor> anchors;       ///< still ahead
    std::deque<Calibrated> calibrations;  ///< still ahead
  };

  void post(Message message);
  void drop_one();  ///< with mutex_ held
  void run();
  /// One of those that wait, and more for as long as a session's samples may wait for it. @p all: there is no session
  /// any more, and nobody asks for further ones.
  void run_jobs(bool all);
  /// @return whether the store should be written to at once.
  bool take(std::vector<Message>& messages);
  void handle(Begin& begin);
  void handle(Continue& next);
  void handle(const TimeAnchor& anchor);
  void handle(const Calibrated& calibrated);
  void handle(const session::Event& event);
  void handle(const Inputs& inputs);
  void handle(const Dropped& dropped);
  void handle(End& end);
  void retire(std::unique_ptr<SessionBuffer> buffer);
  void commit();
  bool write(SessionBuffer& buffer);
  void publish();

  const RecorderOptions options_;

  mutable std::mutex mutex_;  // guards what follows, down to status_
  std::condition_variable wake_;
  std::condition_variable written_;
  std::vector<Message> inbox_;
  std::size_t inbox_inputs_ = 0;
  std::deque<Job> jobs_;
  std::uint64_t readable_ = 0;  ///< of the newest ring
  std::uint64_t flushes_asked_ = 0;
  std::uint64_t flushes_done_ = 0;
  bool stopping_ = false;
  RecorderStatus status_;

  // Recorder thread only.
  Store store_;
  std::optional<Live> live_;
  std::deque<std::unique_ptr<SessionBuffer>> waiting_;  ///< ended, not yet written in full; oldest first
  RecorderStatus now_;                                  ///< what status_ will be

  std::thread thread_;  // last: everything it uses is there when it starts
};

}  // namespace knead::record
