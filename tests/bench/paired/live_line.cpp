// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <string>

#include "daemon/api/messages.hpp"
#include "daemon/api/server.hpp"
#include "daemon/api/unix_address.hpp"
#include "tests/beat.hpp"
#include "tests/bench/paired/bare_send.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/forked_reader.hpp"

namespace knead::bench {
namespace {

/// For the socket and its lock; gone with it.
struct Folder {
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("knead-bench-{}", ::getpid());
};

/// A release under way, as most live lines show it.
api::LiveUpdate live_update(std::size_t turn) {
  using namespace std::chrono_literals;
  return {.snapshot = {.phase = session::Phase::kRelease,
                       .t = SessionTime(20s + 50ms * turn),
                       .force = Newtons{23.4567 + 0.0123 * static_cast<double>(turn % 100)},
                       .in_band = true,
                       .band = {.lo = Newtons{15.0}, .hi = Newtons{40.0}},
                       .steps = 1,
                       .credited = 12'345'000us,
                       .target = 90s,
                       .target_reps = 8,
                       .last_cue = {.kind = session::CueKind::kHold, .text = "Good. Stay there."}},
          .motor_level = 0.5};
}

std::size_t line_size() { return api::notification_line("live", to_json(live_update(1))).size(); }

/// The subscriber's process: connects, subscribes, and then only receives, like the baseline's.
void subscribe_and_read(const std::string& path, Turns& turns) {
  const auto address = api::unix_address(path).value();
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // It was made before the server.
  if (!test::eventually([&] { return ::connect(socket, api::as_sockaddr(address), sizeof address) == 0; })) return;
  const std::string request = api::request_line(1, "events.subscribe", {{"live", true}});
  static_cast<void>(::send(socket, request.data(), request.size(), 0));
  if (!receive_line(socket, Waiting::kAsleep)) return;
  turns.set_ready();
  while (receive_line(socket, Waiting::kAsleep)) turns.note();
}

/// What the main thread does when the live view's beat comes: compose the line, publish it.
std::vector<double> published_to_read(const Scheduling& scheduling) {
  const Folder folder;
  const auto path = folder.path / "kneadd.sock";
  ForkedReader subscriber(scheduling, [&](Turns& turns) { subscribe_and_read(path.string(), turns); });
  boost::asio::io_context io;
  const auto server = api::Server::listen(io, {.path = path.string()}).value();
  server->on("events.subscribe", [](const boost::json::object&, api::Connection& from) -> Result<boost::json::value> {
    from.subscribe({.events = true, .live = true});
    return boost::json::object{{"subscribed", true}};
  });
  std::size_t turn = 0;
  return subscriber.time_turns(
      kSends, [&] { server->notify_live("live", to_json(live_update(++turn))); },
      [&] { io.run_for(std::chrono::milliseconds(1)); });
}

}  // namespace

std::vector<Comparison> live_line(const Scheduling& scheduling) {
  return {{.name = "live line, composed to received / bare send",
           .baseline = [scheduling] { return bare_send(scheduling, line_size(), Waiting::kAsleep); },
           .subject = [scheduling] { return published_to_read(scheduling); },
           .p50_bound = 2.5}};
}

}  // namespace knead::bench
