// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/recorder.hpp"

#include <pthread.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>

namespace knead::record {

namespace {

using Clock = std::chrono::steady_clock;

/// Events that wait for the recorder's thread: minutes of the busiest session. Only a disk that hangs fills it.
constexpr std::size_t kMaxInboxEvents = 4096;
/// The same for inputs: with the ball away each beat of the main thread is one.
constexpr std::size_t kMaxInboxInputs = 16384;
/// Ended sessions kept in memory for a disk that takes nothing.
constexpr std::size_t kMaxWaiting = 8;

bool same_but_for_samples(const RecorderStatus& a, const RecorderStatus& b) {
  const auto facts = [](const RecorderStatus& s) {
    return std::tuple(s.session_id, s.recording, s.lost_sequence, s.lost_ring, s.lost_write, s.lost_events,
                      s.write_failures, s.sessions_waiting, s.sessions_lost, s.problem.has_value());
  };
  return facts(a) == facts(b);
}

void count(const SessionBuffer& buffer, RecorderStatus& status) {
  status.session_id = buffer.id();
  status.samples = buffer.samples();
  status.lost_sequence = buffer.lost(GapKind::kSequence);
  status.lost_ring = buffer.lost(GapKind::kRing);
  status.lost_write = buffer.lost(GapKind::kWrite);
  status.lost_events = buffer.lost(GapKind::kEvent);
  status.write_failures = buffer.write_failures();
}

}  // namespace

std::string RecorderStatus::missing() const {
  std::string text;
  const auto say = [&text](std::uint64_t n, std::string_view what) {
    if (n != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, what);
  };
  say(lost_sequence, "samples lost on the way from the ball");
  say(lost_ring, "samples lost because the recorder came too late");
  say(lost_write, "samples lost because they could not be written");
  say(lost_events, "events lost");
  say(sessions_lost, "whole sessions lost because they could not be written");
  say(sessions_waiting, "finished sessions waiting to be written");
  if (problem) text += (text.empty() ? "" : "; ") + problem->message();
  return text;
}

// ---- The main thread's side --------------------------------------------------------------------------------------

Recorder::Recorder(Store store, RecorderOptions options)
    : options_(std::move(options)), store_(std::move(store)), thread_([this] { run(); }) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Recorder::post(Message message) {
  {
    const std::lock_guard lock(mutex_);
    if (std::holds_alternative<session::Event>(message) && inbox_.size() >= kMaxInboxEvents) {
      drop_one();
      return;
    }
    if (const auto* begin = std::get_if<Begin>(&message)) readable_ = begin->start.first_ring_index;
    if (auto* next = std::get_if<Continue>(&message)) {
      next->old_end = std::exchange(readable_, next->start.first_ring_index);
    }
    inbox_.push_back(std::move(message));
  }
  wake_.notify_one();
}

void Recorder::drop_one() {
  // In its place among the messages, so that the loss is told of in the session in which it was.
  if (auto* dropped = inbox_.empty() ? nullptr : std::get_if<Dropped>(&inbox_.back())) {
    ++dropped->events;
  } else {
    inbox_.emplace_back(Dropped{1});
  }
}

void Recorder::start_session(SessionHeader header, RingReader reader, TimeAnchor start) {
  {
    const std::lock_guard lock(mutex_);
    status_.session_id = 0;  // nobody may take the last session's for this one's
  }
  post(Begin{std::move(header), std::move(reader), start});
}

void Recorder::advance(std::uint64_t ring_index) {
  const std::lock_guard lock(mutex_);
  readable_ = std::max(readable_, ring_index);
}

void Recorder::anchor(TimeAnchor anchor) { post(anchor); }

void Recorder::calibrated(std::uint64_t first_ring_index, const protocol::Calibration& calibration) {
  post(Calibrated{first_ring_index, calibration});
}

void Recorder::continue_on(RingReader reader, TimeAnchor start) { post(Continue{0, std::move(reader), start}); }

void Recorder::event(const session::Event& event) {
  if (!std::holds_alternative<session::event::Tick>(event.what)) post(event);
}

void Recorder::input(session::Input input) {
  {
    const std::lock_guard lock(mutex_);
    if (inbox_inputs_ >= kMaxInboxInputs) {
      drop_one();
      return;
    }
    ++inbox_inputs_;
    if (auto* last = inbox_.empty() ? nullptr : std::get_if<Inputs>(&inbox_.back())) {
      last->inputs.push_back(std::move(input));
      return;
    }
    inbox_.emplace_back(Inputs{{std::move(input)}});
  }
  wake_.notify_one();
}

void Recorder::end_session(SessionSummary summary, std::uint64_t end_ring_index) {
  post(End{std::move(summary), end_ring_index});
}

Result<> Recorder::with_store(std::function<void(Store&)> job, For whom) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= (whom == For::kClient ? kMaxClientJobs : kMaxJobs)) {
      return fail(Errc::kBusy, "too much waits to be written to the record already", "try again in a moment");
    }
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return {};
}

RecorderStatus Recorder::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Result<> Recorder::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++flushes_asked_;
  wake_.notify_one();
  if (!written_.wait_for(lock, limit, [&] { return flushes_done_ >= mine; })) {
    return fail(Errc::kTimeout, "the record is slow to be written", "it goes on in the background; check the disk");
  }
  if (status_.problem) return std::unexpected(*status_.problem);
  return {};
}

// ---- The recorder's thread ---------------------------------------------------------------------------------------

void Recorder::run() {
  ::pthread_setname_np(::pthread_self(), "knead-recorder");  // for `top -H`, and for who must tell it from the others
  auto next_commit = Clock::now() + options_.commit_every;
  std::vector<Message> messages;
  for (;;) {
    std::uint64_t readable = 0;
    std::uint64_t asked = 0;
    bool urgent = false;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      const auto called = [this] { return stopping_ || flushes_asked_ != flushes_done_; };
      if (!jobs_.empty()) {
        // They have had their share of the time; now the session has its own.
      } else if (live_ || !waiting_.empty()) {
        // A message alone does not wake it: events wait for the samples around them.
        wake_.wait_until(lock, std::min(Clock::now() + options_.drain_every, next_commit), called);
      } else {
        wake_.wait(lock, [&] { return called() || !inbox_.empty() || !jobs_.empty(); });
      }
      messages.clear();
      messages.swap(inbox_);
      inbox_inputs_ = 0;
      readable = readable_;
      asked = flushes_asked_;
      urgent = called();
      stopping = stopping_;
    }
    urgent = take(messages) || urgent;
    if (live_) live_->drain(readable);
    if (urgent || Clock::now() >= next_commit) {
      const auto began = Clock::now();
      commit();
      // From its beginning, which is what it holds everything up to; a slow disk still gets a rest.
      next_commit = std::max(began + options_.commit_every, Clock::now() + options_.commit_every / 4);
    }
    publish();
    {
      const std::lock_guard lock(mutex_);
      flushes_done_ = asked;
    }
    written_.notify_all();
    run_jobs(stopping);
    if (stopping) return;
  }
}

void Recorder::run_jobs(bool all) {
  const auto until = Clock::now() + options_.drain_every;
  do {
    Job job;
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job(store_);
  } while (all || Clock::now() < until);
}

bool Recorder::take(std::vector<Message>& messages) {
  bool urgent = false;
  for (Message& message : messages) {
    std::visit([this](auto& m) { handle(m); }, message);
    // The person who just began or ended a session looks at its number.
    urgent = urgent || std::holds_alternative<Begin>(message) || std::holds_alternative<End>(message);
  }
  return urgent;
}

void Recorder::handle(Begin& begin) {
  if (live_) retire(std::move(live_->buffer));
  live_.emplace(std::move(begin.header), options_.limits, std::move(begin.reader), begin.start);
}

void Recorder::handle(Continue& next) {
  if (!live_) return;
  live_->finish(next.old_end);
  live_->follow(std::move(next.reader), next.start);
}

void Recorder::handle(const TimeAnchor& anchor) {
  if (live_) live_->anchors.push_back(anchor);
}

void Recorder::handle(const Calibrated& calibrated) {
  if (live_) live_->calibrations.push_back(calibrated);
}

void Recorder::handle(const session::Event& event) {
  if (live_) live_->buffer->add_event(event);
}

void Recorder::handle(const Inputs& inputs) {
  if (!live_) return;
  for (const session::Input& input : inputs.inputs) live_->buffer->add_input(input);
}

void Recorder::handle(const Dropped& dropped) {
  if (live_) live_->buffer->add_gap(live_->buffer->last_time(), GapKind::kEvent, dropped.events);
}

void Recorder::handle(End& end) {
  if (!live_) return;
  live_->finish(end.end);
  live_->buffer->end(std::move(end.summary));
  retire(std::move(live_->buffer));
  live_.reset();
}

void Recorder::retire(std::unique_ptr<SessionBuffer> buffer) {
  buffer->stage_open_block();
  count(*buffer, now_);
  waiting_.push_back(std::move(buffer));
  if (waiting_.size() > kMaxWaiting) {
    waiting_.pop_front();
    ++now_.sessions_lost;
  }
}

void Recorder::commit() {
  now_.problem.reset();
  while (!waiting_.empty()) {
    const bool done = write(*waiting_.front());
    if (!live_ && waiting_.size() == 1) count(*waiting_.front(), now_);
    if (!done) return;  // the next would fare no better
    waiting_.pop_front();
  }
  if (live_) {
    live_->buffer->stage_open_block();
    if (!write(*live_->buffer)) return;
  }
}

bool Recorder::write(SessionBuffer& buffer) {
  const auto written = store_.commit(buffer);
  if (written) return true;
  buffer.count_write_failure();
  now_.problem = written.error();
  return false;
}

void Recorder::publish() {
  if (live_) count(*live_->buffer, now_);
  now_.recording = live_.has_value();
  now_.sessions_waiting = waiting_.size();
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = !same_but_for_samples(status_, now_);
    status_ = now_;
  }
  if (changed && options_.on_change) options_.on_change(now_);
}

Recorder::Live::Live(SessionHeader header, BufferLimits limits, RingReader from, TimeAnchor start)
    : buffer(std::make_unique<SessionBuffer>(std::move(header), limits)), reader(std::move(from)) {
  reader.seek(start.first_ring_index);
  next_index = start.first_ring_index;
  now = start;
}

void Recorder::Live::follow(RingReader from, TimeAnchor start) {
  reader = std::move(from);
  reader.seek(start.first_ring_index);
  next_index = start.first_ring_index;
  now = start;
  anchors.clear();
  // In force from a sample of the old ring that never came: then from here.
  if (!calibrations.empty()) buffer->set_calibration(calibrations.back().calibration);
  calibrations.clear();
  buffer->break_sequence();
}

void Recorder::Live::drain(std::uint64_t limit) {
  Sample sample;
  // One at a time: the cursor then gives each sample's exact index, also when the writer laps us in between.
  while (reader.read(std::span(&sample, 1), limit) == 1) {
    const std::uint64_t index = reader.cursor() - 1;
    for (; !anchors.empty() && anchors.front().first_ring_index <= index; anchors.pop_front()) now = anchors.front();
    for (; !calibrations.empty() && calibrations.front().first_ring_index <= index; calibrations.pop_front()) {
      buffer->set_calibration(calibrations.front().calibration);
    }
    const SessionTime t = now.session + (sample.device_time - now.device);
    buffer->add_gap(t, GapKind::kRing, index - next_index);
    buffer->add_sample(t, sample);
    next_index = index + 1;
  }
}

void Recorder::Live::finish(std::uint64_t end) {
  drain(end);
  if (next_index < end) buffer->add_gap(buffer->last_time(), GapKind::kRing, end - next_index);
}

}  // namespace knead::record
