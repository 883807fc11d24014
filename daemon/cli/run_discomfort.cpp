// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/run_discomfort.hpp"

#include <fmt/core.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "daemon/cli/discomfort_view.hpp"
#include "daemon/cli/signals.hpp"
#include "daemon/cli/terminal.hpp"

namespace knead::cli {
namespace {

class Guide {
 public:
  Guide(api::Client client, SignalSource& signals, CuesTo cues_to)
      : client_(std::move(client)), signals_(signals), cues_to_(cues_to) {}

  Result<> start(const api::DiscomfortRequest& request) {
    // Before the set: its first cue must not be missed.
    if (auto subscribed = client_.call("events.subscribe", {{"live", true}}); !subscribed)
      return std::unexpected(subscribed.error());
    const auto begun = client_.call("discomfort.begin", to_json(request));
    if (!begun) return std::unexpected(begun.error());
    if (!begun->is_object()) return fail(Errc::kProtocol, "the daemon's answer to discomfort.begin is no object");
    set_ = api::discomfort_begun_from(begun->get_object()).set;
    if (cues_to_ == CuesTo::kStandardOutput && stdout_is_terminal()) terminal_.emplace();
    return {};
  }

  Result<api::DiscomfortEnd> follow() {
    while (!end_) {
      if (auto ok = take_notifications(); !ok) return std::unexpected(ok.error());
      if (end_) break;
      if (stopping_ && std::chrono::steady_clock::now() >= patience_ends_) {
        return fail(Errc::kTimeout, "the daemon did not say how the trials ended", "`knead status` shows what it does");
      }
      if (auto ok = wait(); !ok) return std::unexpected(ok.error());
    }
    terminal_.reset();
    return *std::move(end_);
  }

 private:
  Result<> take_notifications() {
    for (;;) {
      auto next = client_.next_notification(std::chrono::milliseconds(0));
      if (!next) return std::unexpected(next.error());
      if (!*next) return {};
      const api::Notification& notification = **next;
      if (notification.method == "discomfort") {
        if (auto update = api::discomfort_update_from(notification.params); update.set == set_) show(update);
      } else if (notification.method == "discomfort_ended") {
        // A set of somebody else may only now have come onto the record.
        if (auto end = api::discomfort_end_from(notification.params); end.set == set_) {
          end_ = std::move(end);
          return {};
        }
      }
    }
  }

  void show(const api::DiscomfortUpdate& update) {
    if (terminal_) {
      terminal_->draw(render_discomfort(update, look_of_terminal()));
    } else if (update.cue != last_cue_) {
      last_cue_ = update.cue;
      std::FILE* const out = cues_to_ == CuesTo::kStandardError ? stderr : stdout;
      fmt::print(out, "{}\n", update.cue);
      std::fflush(out);
    }
  }

  Result<> wait() {
    std::array<pollfd, 3> sources{{{.fd = client_.fd(), .events = POLLIN, .revents = 0},
                                   {.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                   {.fd = terminal_ ? terminal_->key_fd() : -1, .events = POLLIN, .revents = 0}}};
    constexpr int kTick = 250;  // milliseconds; only for patience to run out
    if (::poll(sources.data(), sources.size(), kTick) < 0 && errno != EINTR)
      return fail_errno(Errc::kInternal, "cannot wait for the daemon and the keyboard");
    if (signals_.take()) return stop();
    if (sources[2].revents == 0) return {};
    const auto key = terminal_->read_key();
    if (key == 'q' || key == 'Q') return stop();
    return key == ' ' ? client_.send("discomfort.press") : Result<>();
  }

  Result<> stop() {
    if (!std::exchange(stopping_, true)) patience_ends_ = std::chrono::steady_clock::now() + kStopPatience;
    return client_.send("discomfort.stop");
  }

  api::Client client_;
  SignalSource& signals_;
  CuesTo cues_to_;
  std::int64_t set_ = 0;
  std::optional<LiveTerminal> terminal_;
  std::optional<api::DiscomfortEnd> end_;
  std::string last_cue_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point patience_ends_;
};

}  // namespace

Result<api::DiscomfortEnd> run_discomfort(api::Client client, const api::DiscomfortRequest& request, CuesTo cues_to) {
  SignalSource signals;
  Guide guide(std::move(client), signals, cues_to);
  if (auto started = guide.start(request); !started) return std::unexpected(started.error());
  return guide.follow();
}

}  // namespace knead::cli
