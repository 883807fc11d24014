// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "daemon/api/messages.hpp"
#include "daemon/api/server.hpp"
#include "daemon/live/daemon.hpp"

namespace knead::live {

/// The methods and notifications of daemon/api/API.md, carried out on the daemon. Main thread. The server and the
/// daemon outlive it.
class Methods final : public SessionListener {
 public:
  Methods(boost::asio::io_context& io, api::Server& server, Daemon& daemon);

  void on_session_event(const std::string& serial, const session::Event& event) override;
  void on_session_ended(std::int64_t session_id, const session::SessionReport& report) override;

 private:
  void offer();
  void offer_calibration();
  void offer_safety();
  void schedule_live();
  void run(const boost::json::object& params, const api::Connection& from, const api::Server::Reply& reply);
  void pause_for_owner();
  [[nodiscard]] api::DaemonStatus status() const;
  [[nodiscard]] std::vector<api::BallStatus> balls() const;

  boost::asio::io_context& io_;
  api::Server& server_;
  Daemon& daemon_;
  boost::asio::steady_timer live_timer_;
  HostTime started_ = HostClock::now();
  std::optional<api::ConnectionId> owner_;  ///< whose end pauses the session
};

}  // namespace knead::live
