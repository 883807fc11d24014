// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cues/cue_sink.hpp"
#include "daemon/live/daemon.hpp"

namespace knead::live {

/// Hands each cue of the session to a sink.
class CueListener final : public SessionListener {
 public:
  /// @p sink must outlive it.
  explicit CueListener(cues::CueSink& sink) : sink_(sink) {}
  void on_session_event(const std::string&, const session::Event& event) override {
    if (const auto* cued = std::get_if<session::event::Cued>(&event.what)) sink_.show(cued->cue);
  }
  void on_session_ended(std::int64_t, const session::SessionReport&) override {}
  void on_discomfort_cue(const std::string&, const session::Cue& cue) override { sink_.show(cue); }

 private:
  cues::CueSink& sink_;
};

}  // namespace knead::live
