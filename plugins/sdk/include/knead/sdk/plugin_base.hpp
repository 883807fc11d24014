// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "event.hpp"
#include "host.hpp"

namespace knead::sdk {

/// What a plugin derives from: override what you act on. All of it runs on the one plugin thread, should return within
/// 50 ms, and must not sleep. What is thrown ends the set, not the session: the record says what was thrown.
///
///   constructor ──▶ on_session_start ──▶ release steps ──▶ on_activation_start ──▶ on_tick ... finish() ──▶ on_end
///
/// The constructor takes a Host&, and throws a Refusal when the set cannot be done.
class Plugin {
 public:
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

 protected:
  explicit Plugin(Host& host) noexcept : host_(host) {}

  [[nodiscard]] Host& host() noexcept { return host_; }
  [[nodiscard]] const Host& host() const noexcept { return host_; }

  virtual void on_session_start(const SessionStart& /*event*/) {}
  virtual void on_release_step(const ReleaseStep& /*event*/) {}
  virtual void on_release_progress(const ReleaseProgress& /*event*/) {}
  virtual void on_release_done(const ReleaseDone& /*event*/) {}
  virtual void on_activation_start(const ActivationStart& /*event*/) {}
  virtual void on_pause(const Pause& /*event*/) {}
  virtual void on_resume(const Resume& /*event*/) {}
  virtual void on_stop(const Stop& /*event*/) {}
  virtual void on_end(const End& /*event*/) {}
  virtual void on_tick(const Tick& /*event*/) {}

 private:
  template <class T>
  friend class detail::Instance;
  friend class SampledPlugin;

  /// Before each event but STOP and END, after which nothing may be logged.
  virtual void before_event() {}

  void handle(const knead_event_t& event) {
    using std::chrono::microseconds;
    const SessionTime now{event.session_us};
    const Side side{event.side};
    const bool completed = event.completed != 0;
    switch (event.kind) {
      case KNEAD_EVENT_SESSION_START:
        return on_session_start({now, side});
      case KNEAD_EVENT_SIDE:
        return on_release_step({now, event.step, side});
      case KNEAD_EVENT_RELEASE_PROGRESS:
        return on_release_progress(
            {now, event.step, completed, microseconds(event.credited_us), microseconds(event.elapsed_us)});
      case KNEAD_EVENT_RELEASE_DONE:
        return on_release_done({now, completed, microseconds(event.credited_us), microseconds(event.elapsed_us)});
      case KNEAD_EVENT_ACTIVATION_START:
        return on_activation_start({now});
      case KNEAD_EVENT_PAUSE:
        return on_pause({now});
      case KNEAD_EVENT_RESUME:
        return on_resume({now});
      case KNEAD_EVENT_STOP:
        return on_stop({now});
      case KNEAD_EVENT_END:
        return on_end({now, completed});
      case KNEAD_EVENT_TICK:
        return on_tick({now});
      default:
        return;  // of a later minor version
    }
  }

  Host& host_;
};

}  // namespace knead::sdk
