// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/session_buffer.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <utility>
#include <variant>

#include "daemon/session/event_json.hpp"
#include "daemon/session/input_json.hpp"

namespace knead::record {

namespace {
constexpr std::chrono::seconds kBlockSpan{1};
}  // namespace

bool PendingRows::empty() const {
  return calibrations.empty() && blocks.empty() && events.empty() && reps.empty() && measures.empty() &&
         inputs.empty() && steps_added.empty() && steps.empty() && gaps.empty() && !summary.has_value();
}

SessionBuffer::SessionBuffer(SessionHeader header, BufferLimits limits) : header_(std::move(header)), limits_(limits) {
  pending_.calibrations.push_back({calibration_, header_.calibration});
}

void SessionBuffer::add_sample(SessionTime t, const Sample& sample) {
  if (!open_.empty() &&
      (t - open_.front().t >= kBlockSpan || t < open_.front().t || open_.size() >= kMaxBlockSamples)) {
    close_block();
  }
  const bool follows = last_seq_.has_value() && !has(sample.quality, Quality::kReanchored);
  if (follows && sample.seq > *last_seq_) {
    const std::uint64_t missing = sample.seq - *last_seq_ - 1;
    if (missing > explained_) add_gap(t, GapKind::kSequence, missing - explained_);
  }
  explained_ = 0;
  last_seq_ = sample.seq;
  last_time_ = std::max(last_time_, t);
  open_.push_back({t, sample});
  ++samples_;
}

void SessionBuffer::add_event(const session::Event& event) {
  if (std::holds_alternative<session::event::Tick>(event.what)) return;  // drives plugins, is no news
  last_time_ = std::max(last_time_, event.t);
  if (const auto* rep = std::get_if<session::event::RepDone>(&event.what)) {
    pending_.reps.push_back({next_rep_++, rep->rep});
  } else if (const auto* added = std::get_if<session::event::StepAdded>(&event.what)) {
    pending_.steps_added.push_back({added->step, added->credit});
  } else if (const auto* step = std::get_if<session::event::StepEnded>(&event.what)) {
    pending_.steps.push_back({step->step, step->completed, step->credited, step->elapsed});
  } else if (const auto* note = std::get_if<session::event::Noted>(&event.what)) {
    pending_.measures.push_back({next_measure_++, {note->key, note->value, note->unit, "plugin", note->text}});
  }
  pending_.events.push_back(
      {next_event_++, {event.t, std::string(session::kind_of(event)), session::serialize(session::to_json(event))}});
  drop_what_is_too_much();
}

void SessionBuffer::add_input(const session::Input& input) {
  pending_.inputs.push_back(
      {next_input_++, {input.samples, std::string(session::kind_of(input)), session::input_json(input)}});
  drop_what_is_too_much();
}

void SessionBuffer::add_gap(SessionTime t, GapKind kind, std::uint64_t count) {
  if (count == 0) return;
  lost_.at(static_cast<std::size_t>(kind)) += count;
  if (kind == GapKind::kRing) explained_ += count;
  // A disk that stays full drops block after block: one growing row, not one each. The others keep their places, until
  // there are so many that memory counts for more.
  const bool merge = kind == GapKind::kWrite || kind == GapKind::kEvent || pending_.gaps.size() >= limits_.events;
  if (merge) {
    const auto same = std::ranges::find_if(pending_.gaps, [&](const auto& gap) { return gap.row.kind == kind; });
    if (same != pending_.gaps.end()) {
      same->row.count += count;
      return;
    }
  }
  pending_.gaps.push_back({next_gap_++, {t, kind, count}});
}

void SessionBuffer::set_calibration(const protocol::Calibration& calibration) {
  close_block();  // a block has one calibration
  pending_.calibrations.push_back({++calibration_, calibration});
}

void SessionBuffer::break_sequence() {
  last_seq_.reset();
  explained_ = 0;
}

void SessionBuffer::stage_open_block() {
  unstage();
  if (open_.size() == open_stored_) return;
  const TimedSample& first = open_.front();
  PendingRows::Block block{.ordinal = next_block_,
                           .calibration = calibration_,
                           .first_index = first_index_,
                           .first_seq = first.sample.seq,
                           .count = open_.size(),
                           .first_device_time = first.sample.device_time,
                           .t0 = first.t,
                           .t1 = open_.back().t,
                           .data = encoder_.encode(open_),
                           .stored = open_stored_,
                           .first_new = open_[open_stored_].t};
  pending_bytes_ += block.data.size();
  pending_.blocks.push_back(std::move(block));
  staged_ = true;
  drop_what_is_too_much();
}

void SessionBuffer::close_block() {
  if (open_.empty()) return;
  stage_open_block();
  staged_ = false;
  ++next_block_;
  first_index_ += open_.size();
  open_.clear();
  open_stored_ = 0;
  drop_what_is_too_much();
}

void SessionBuffer::unstage() {
  if (!std::exchange(staged_, false)) return;
  pending_bytes_ -= pending_.blocks.back().data.size();
  pending_.blocks.pop_back();
}

void SessionBuffer::end(SessionSummary summary) {
  close_block();
  const session::Measures& m = summary.measures;
  const auto measure = [this](std::string name, std::optional<double> value, std::string unit) {
    pending_.measures.push_back({next_measure_++, {std::move(name), value, std::move(unit), "knead", {}}});
  };
  measure("time_in_band", m.time_in_band_pct, "%");
  measure("dose", m.dose_ns, "N s");
  measure("steadiness_cv", m.steadiness_cv, "");
  measure("mean_force", m.mean_force_n, "N");
  measure("contact", m.contact_s, "s");
  measure("lost_samples", m.lost_samples_pct, "%");
  pending_.summary = std::move(summary);
  ended_ = true;
}

std::uint64_t SessionBuffer::lost_samples() const {
  return lost(GapKind::kSequence) + lost(GapKind::kRing) + lost(GapKind::kWrite);
}

void SessionBuffer::mark_written(std::int64_t id) {
  id_ = id;
  if (staged_) open_stored_ = pending_.blocks.back().count;
  pending_ = {};
  pending_bytes_ = 0;
  staged_ = false;
}

void SessionBuffer::drop_what_is_too_much() {
  // Of the open second nothing goes: it is in memory anyway.
  while (pending_bytes_ > limits_.block_bytes && pending_.blocks.size() > (staged_ ? 1U : 0U)) {
    const PendingRows::Block& oldest = pending_.blocks.front();
    const std::uint64_t missing = oldest.count - oldest.stored;
    samples_ -= missing;
    pending_bytes_ -= oldest.data.size();
    add_gap(oldest.first_new, GapKind::kWrite, missing);
    pending_.blocks.pop_front();
  }
  const auto drop_oldest = [this](auto& rows, std::size_t limit) {
    while (rows.size() > limit) {
      add_gap(last_time_, GapKind::kEvent, 1);
      rows.pop_front();
    }
  };
  drop_oldest(pending_.events, limits_.events);
  drop_oldest(pending_.reps, limits_.events);
  drop_oldest(pending_.measures, limits_.events);
  drop_oldest(pending_.inputs, limits_.inputs);
}

}  // namespace knead::record
