// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/run_session.hpp"

#include <fmt/core.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "daemon/cli/event_line.hpp"
#include "daemon/cli/live_view.hpp"
#include "daemon/cli/signals.hpp"
#include "daemon/cli/summary.hpp"
#include "daemon/cli/terminal.hpp"

namespace knead::cli {
namespace {

/// A session in the foreground.
///
///   following ── "ended" ──────────────────────────────────────▶ over
///       │ signal, q                                                ▲
///       └──▶ stopping ── "ended", a second signal, kStopPatience ──┘
class Foreground {
 public:
  Foreground(api::Client client, SignalSource& signals) : client_(std::move(client)), signals_(signals) {}

  Result<> start(const api::RunRequest& request);
  Result<ExitCode> follow();

 private:
  Result<> wait();
  Result<> take_notifications();
  Result<> take(const api::Notification& notification);
  Result<> take_keys();
  Result<> stop();
  Result<> pause_or_resume();
  void draw();
  [[nodiscard]] bool leaving() const {
    return left_ || (title_.stopping && std::chrono::steady_clock::now() >= patience_ends_);
  }

  api::Client client_;
  SignalSource& signals_;
  LiveTitle title_;
  std::int64_t session_id_ = 0;
  std::optional<LiveTerminal> terminal_;
  api::LiveUpdate live_;
  std::optional<boost::json::object> report_;
  std::chrono::steady_clock::time_point patience_ends_;
  bool left_ = false;
};

Result<> Foreground::start(const api::RunRequest& request) {
  const bool live = stdout_is_terminal();
  // Before the session: its first events must not be missed.
  if (auto subscribed = client_.call("events.subscribe", {{"live", live}}); !subscribed)
    return std::unexpected(subscribed.error());
  const auto answer = client_.call("session.run", to_json(request));
  if (!answer) return std::unexpected(answer.error());
  if (!answer->is_object()) return fail(Errc::kProtocol, "the daemon's answer to session.run is no object");
  const auto reply = api::run_reply_from(answer->get_object());
  session_id_ = reply.session_id;
  title_ = {.title = reply.title, .ball = reply.ball, .custom = reply.custom, .stopping = false};
  if (live) {
    live_.snapshot.side = reply.side;
    terminal_.emplace();
    draw();
  } else {
    fmt::print("session {}: {}, {}{}\n", session_id_, reply.title, session::to_string(reply.side),
               reply.custom ? " (custom: leaves the method)" : "");
    std::fflush(stdout);
  }
  return {};
}

Result<ExitCode> Foreground::follow() {
  while (!report_ && !leaving()) {
    if (auto ok = take_notifications(); !ok) return std::unexpected(ok.error());
    if (report_ || leaving()) break;
    if (auto ok = wait(); !ok) return std::unexpected(ok.error());
  }
  if (terminal_) draw();
  terminal_.reset();
  if (!report_) {
    fmt::print("left; the stop was sent, `knead status` says what became of it\n");
    return ExitCode::kStopped;
  }
  fmt::print("\n{}  record       session {}: `knead show {}`\n", summary_text(*report_), session_id_, session_id_);
  const auto* outcome = report_->if_contains("outcome");
  const bool named = outcome != nullptr && outcome->is_string();
  return exit_code_of_outcome(named ? std::string_view(outcome->get_string().data(), outcome->get_string().size())
                                    : "");
}

Result<> Foreground::wait() {
  std::array<pollfd, 3> sources{{{.fd = client_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = terminal_ ? terminal_->key_fd() : -1, .events = POLLIN, .revents = 0}}};
  constexpr int kTick = 250;  // milliseconds; only for patience to run out
  if (::poll(sources.data(), sources.size(), kTick) < 0 && errno != EINTR)
    return fail_errno(Errc::kInternal, "cannot wait for the daemon and the keyboard");
  if (signals_.take()) {
    if (title_.stopping)
      left_ = true;
    else if (auto ok = stop(); !ok)
      return ok;
  }
  return sources[2].revents != 0 ? take_keys() : Result<>();
}

Result<> Foreground::take_notifications() {
  for (;;) {
    auto next = client_.next_notification(std::chrono::milliseconds(0));
    if (!next) {
      if (title_.stopping && next.error().code == Errc::kDisconnected) {
        left_ = true;  // the daemon ends too: that stops everything
        return {};
      }
      return std::unexpected(next.error());
    }
    if (!*next) return {};
    if (auto taken = take(**next); !taken || report_) return taken;
  }
}

Result<> Foreground::take(const api::Notification& notification) {
  if (notification.method == "live") {
    live_ = api::live_update_from(notification.params);
    if (terminal_) draw();
  } else if (notification.method == "event" && !terminal_) {
    if (const auto line = event_line(notification.params)) fmt::print("{}\n", *line);
    // One line per event, also into a pipe. Nobody at its other end: nobody watches the session.
    if (std::fflush(stdout) != 0 && !title_.stopping) return stop();
  } else if (notification.method == "ended") {
    const auto* report = notification.params.if_contains("report");
    report_ = report != nullptr && report->is_object() ? report->get_object() : boost::json::object();
  }
  return {};
}

Result<> Foreground::take_keys() {
  const auto key = terminal_->read_key();
  if (!key) return {};
  if (*key == 'q' || *key == 'Q') return title_.stopping ? Result<>() : stop();
  if (*key == ' ') return pause_or_resume();
  return {};
}

Result<> Foreground::stop() {
  title_.stopping = true;
  patience_ends_ = std::chrono::steady_clock::now() + kStopPatience;
  if (terminal_) draw();
  return client_.send("session.stop");
}

Result<> Foreground::pause_or_resume() {
  // Sent, not asked: the view shows what came of it, and a refusal (the ball is away) shows as still paused.
  return client_.send(live_.snapshot.paused ? "session.resume" : "session.pause");
}

void Foreground::draw() { terminal_->draw(render_live(live_, title_, look_of_terminal())); }

}  // namespace

Result<ExitCode> run_session(api::Client client, const api::RunRequest& request) {
  SignalSource signals;
  Foreground foreground(std::move(client), signals);
  if (auto started = foreground.start(request); !started) return std::unexpected(started.error());
  return foreground.follow();
}

}  // namespace knead::cli
