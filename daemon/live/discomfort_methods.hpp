// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "daemon/api/discomfort_messages.hpp"
#include "daemon/api/server.hpp"
#include "daemon/live/daemon.hpp"
#include "daemon/record/recorder.hpp"

namespace knead::live {

/// `discomfort.*` of daemon/api/API.md, carried out on the daemon. A set belongs to the connection that began it: when
/// that ends, so does the set. Main thread. Server, daemon and recorder outlive it.
class DiscomfortMethods final : public SessionListener {
 public:
  DiscomfortMethods(boost::asio::io_context& io, api::Server& server, Daemon& daemon, record::Recorder& recorder);

  void on_session_event(const std::string&, const session::Event&) override {}
  void on_session_ended(std::int64_t, const session::SessionReport&) override {}
  void on_discomfort_cue(const std::string& serial, const session::Cue& cue) override;
  void on_discomfort_ended(const LiveDiscomfort& set) override;

 private:
  void offer();
  void schedule();
  [[nodiscard]] api::DiscomfortUpdate update(const LiveDiscomfort& set) const;

  boost::asio::io_context& io_;
  api::Server& server_;
  Daemon& daemon_;
  record::Recorder& recorder_;
  boost::asio::steady_timer timer_;
  std::optional<api::ConnectionId> owner_;
  std::string last_cue_;
};

}  // namespace knead::live
