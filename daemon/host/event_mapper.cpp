// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/event_mapper.hpp"

namespace knead::host {

std::vector<EventFrame> EventMapper::map(const session::Event& event) {
  namespace what = session::event;
  EventFrame frame;
  frame.t = event.t;
  if (std::holds_alternative<what::Tick>(event.what)) {
    frame.kind = EventKind::kTick;
  } else if (std::holds_alternative<what::SessionStarted>(event.what)) {
    frame.kind = EventKind::kSessionStart;
    frame.side = chosen_;
  } else if (const auto* started = std::get_if<what::StepStarted>(&event.what)) {
    frame.kind = EventKind::kSide;
    frame.step = started->step;
    frame.side = started->side;
  } else if (const auto* ended = std::get_if<what::StepEnded>(&event.what)) {
    has_release_ = true;
    all_completed_ = all_completed_ && ended->completed;
    credited_ += ended->credited;
    elapsed_ += ended->elapsed;
    frame.kind = EventKind::kReleaseProgress;
    frame.step = ended->step;
    frame.completed = ended->completed;
    frame.credited = ended->credited;
    frame.elapsed = ended->elapsed;
  } else if (std::holds_alternative<what::ActivationStarted>(event.what)) {
    frame.kind = EventKind::kActivationStart;
    if (has_release_) {
      EventFrame done;
      done.t = event.t;
      done.kind = EventKind::kReleaseDone;
      done.completed = all_completed_;
      done.credited = credited_;
      done.elapsed = elapsed_;
      return {done, frame};
    }
  } else if (std::holds_alternative<what::Paused>(event.what)) {
    frame.kind = EventKind::kPause;
  } else if (std::holds_alternative<what::Resumed>(event.what)) {
    frame.kind = EventKind::kResume;
  } else if (std::holds_alternative<what::Stopped>(event.what)) {
    frame.kind = EventKind::kStop;
  } else if (const auto* over = std::get_if<what::SessionEnded>(&event.what)) {
    frame.kind = EventKind::kEnd;
    frame.completed = over->outcome == session::Outcome::kCompleted;
  } else {
    return {};
  }
  return {frame};
}

}  // namespace knead::host
