// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/messages.hpp"
#include "tests/unit/api/server_fixture.hpp"
#include "tests/unit/cli/program.hpp"

namespace knead::api {

using cli::Program;
using Output = Program::Output;

/// A daemon with one ball; a session of it ends when it is stopped or when the test says so.
class ProgramTest : public ServerFixture {
 protected:
  void SetUp() override {
    start();
    on_server([this] {
      server_->on("events.subscribe",
                  [](const boost::json::object& params, Connection& from) -> Result<boost::json::value> {
                    const auto* live = params.if_contains("live");
                    from.subscribe({.events = true, .live = live != nullptr && live->as_bool()});
                    return boost::json::value(true);
                  });
      server_->on("session.run", [this](const boost::json::object& params, Connection&) -> Result<boost::json::value> {
        auto request = run_request_from(params);
        if (!request) return std::unexpected(request.error());
        if (request->routine == "none") return fail(Errc::kNotFound, "no routine \"none\"", "try upper-trap");
        if (request->ball == "none") return fail(Errc::kNoBall, "no ball with the serial none");
        request_ = *request;
        running_ = true;
        return boost::json::value(to_json(RunReply{.session_id = 5, .title = "Upper trap", .ball = "KN-1"}));
      });
      server_->on("session.stop", [this](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        ++stops_;
        if (!deaf_) end("stopped");
        return boost::json::value(true);
      });
      server_->on("session.pause", [this](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        ++pauses_;
        LiveUpdate live;
        live.snapshot.paused = true;
        server_->notify_live("live", to_json(live));
        return boost::json::value(true);
      });
      server_->on("session.resume", [this](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        ++resumes_;
        return boost::json::value(true);
      });
      server_->on("daemon.status", [](const boost::json::object&, Connection&) -> Result<boost::json::value> {
        return boost::json::value(to_json(DaemonStatus{.pid = 77}));
      });
    });
  }
  /// On the server's thread.
  void end(const char* outcome) {
    server_->notify_event(
        "ended", {{"session_id", 5},
                  {"report", {{"outcome", outcome}, {"elapsed_s", 12}, {"measures", {{"time_in_band_pct", 80}}}}}});
  }
  Program knead(std::vector<std::string> arguments, Output output = Output::kPipe) {
    arguments.insert(arguments.begin(), {"--socket", path_});
    return {std::move(arguments), folder_ / "", output};
  }
  void wait_until_it_runs() {
    ASSERT_TRUE(eventually([this] { return running_.load(); }));
  }

  std::atomic<bool> running_{false};
  RunRequest request_;  ///< server's thread
  std::atomic<int> stops_{0};
  std::atomic<int> pauses_{0};
  std::atomic<int> resumes_{0};
  std::atomic<bool> deaf_{false};
};

}  // namespace knead::api
