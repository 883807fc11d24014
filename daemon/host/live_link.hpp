// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "daemon/host/connection.hpp"

namespace knead::host {

/// A plugin on the daemon's event loop. One event is with the plugin at a time, the others wait here, so a plugin that
/// hangs fills no socket and its deadlines are those of one call.
///
///            event                 50 ms              200 ms              1 s
///   [idle] ─────────▶ [called] ──────────▶ [slow] ──────────▶ [revoked] ──────▶ [over]: killed, on_failed
///     ▲                  │ counted            │ motor request      │
///     │                  │                    │ withdrawn          │
///     └── acknowledged ──┴────────────────────┴────────────────────┘          a crash leads to [over] from anywhere
///
/// The deadlines are timers one after another, each started by the one before: when the daemon itself was stopped for a
/// while, the plugin still gets the time that is left, and its answer that came meanwhile is read first.
///
/// Owned by the thread of its io_context.
class LiveLink : public std::enable_shared_from_this<LiveLink> {
 public:
  LiveLink(boost::asio::io_context& io, std::shared_ptr<Connection> connection, PluginProcess::ActionHandler on_action,
           PluginProcess::FailureHandler on_failed);
  ~LiveLink();
  LiveLink(const LiveLink&) = delete;
  LiveLink& operator=(const LiveLink&) = delete;

  void start() { wait_readable(); }
  void on_tick_skipped(std::function<void(SessionTime)> on_skipped) { on_tick_skipped_ = std::move(on_skipped); }
  [[nodiscard]] PluginProcess::Answering answering() const noexcept { return {calls_, withdrawing_}; }
  void post(EventFrame frame);
  /// No handler is called any more.
  void close() noexcept;

 private:
  enum class State : std::uint8_t { kIdle, kCalled, kSlow, kRevoked, kOver };

  void wait_readable();
  void drain();
  void send_next();
  void arm(std::chrono::nanoseconds delay);
  void on_deadline();
  void withdraw_motor();
  void take(const session::PluginAction& action);
  void fail(const Error& error);

  std::shared_ptr<Connection> connection_;
  PluginProcess::ActionHandler on_action_;
  PluginProcess::FailureHandler on_failed_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer deadline_;
  std::deque<EventFrame> queue_;
  State state_ = State::kIdle;
  bool armed_ = false;  ///< deadline_ runs
  std::chrono::steady_clock::time_point called_at_{};
  std::function<void(SessionTime)> on_tick_skipped_;
  std::uint64_t calls_ = 0;
  bool withdrawing_ = false;  ///< on_action_ is told of a motor request that is not the plugin's
};

}  // namespace knead::host
