// SPDX-License-Identifier: Apache-2.0
// kneadd: the wiring of the whole daemon, on one page.
//
//   bus (libusb, or balls in this process) ── sampling thread ── ring ──┬── recorder thread ── SQLite
//                                                                       └── main thread: Daemon ── API, cues, plugin
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "daemon/api/server.hpp"
#include "daemon/core/config.hpp"
#include "daemon/core/environment.hpp"
#include "daemon/cues/terminal_sink.hpp"
#include "daemon/live/ball_models.hpp"
#include "daemon/live/cue_listener.hpp"
#include "daemon/live/daemon.hpp"
#include "daemon/live/discomfort_methods.hpp"
#include "daemon/live/folders.hpp"
#include "daemon/live/methods.hpp"
#include "daemon/live/profile_methods.hpp"
#include "daemon/live/reminders.hpp"
#include "daemon/live/service_manager.hpp"
#include "daemon/live/sim_balls.hpp"
#include "daemon/options.hpp"
#include "daemon/record/recorder.hpp"
#include "hw/usb/usb_bus.hpp"

namespace {

using namespace knead;

Result<> serve(const DaemonOptions& options, const Environment& environment) {
  auto config = options.config_file.empty()
                    ? load_config(environment, options.overrides)
                    : load_config(environment, std::vector{options.config_file}, options.overrides);
  if (!config) return std::unexpected(std::move(config.error()));

  boost::asio::io_context io;

  // First of all the socket: a second daemon ends here, before it touches a ball or the record.
  auto server = api::Server::listen(io, {.path = config->config.api.socket, .group = config->config.api.socket_group});
  if (!server) return std::unexpected(std::move(server.error()));

  auto store = record::Store::open(config->config.record.database);
  if (!store) return std::unexpected(std::move(store.error()));
  record::Recorder recorder(std::move(*store));

  std::unique_ptr<hw::Bus> bus;
  hw::SimBus* sim = nullptr;
  if (options.sim_balls.empty()) {
    auto models = live::load_ball_models(live::ball_model_folders(config->config, environment));
    if (!models) return std::unexpected(std::move(models.error()));
    auto usb = hw::UsbBus::create({.models = std::move(*models)});
    if (!usb) return std::unexpected(std::move(usb.error()));
    bus = std::move(*usb);
  } else {
    auto balls = live::make_sim_balls(options.sim_balls);
    if (!balls) return std::unexpected(std::move(balls.error()));
    sim = balls->get();
    bus = std::move(*balls);
  }

  auto daemon = live::Daemon::start(io, *config,
                                    {.routines = live::routine_folders(config->config, environment),
                                     .plugins = live::plugin_folders(config->config, environment)},
                                    *bus, recorder);
  if (!daemon) return std::unexpected(std::move(daemon.error()));

  const live::Methods methods(io, **server, **daemon);
  const live::DiscomfortMethods discomfort(io, **server, **daemon, recorder);
  const live::ProfileMethods profiles(io, **server, recorder, config->config.interlock.hard_limit);
  cues::TerminalSink terminal(STDOUT_FILENO);
  live::CueListener cues_on_terminal(terminal);
  if (options.show_cues) (*daemon)->listen(cues_on_terminal);
  const live::Reminders reminders(io, **daemon, [&](const std::string& profile, const session::Cue& cue) {
    if (options.show_cues) terminal.show(cue);
    (*server)->notify_event("reminder", {{"profile", profile}, {"text", cue.text}});
  });
  std::optional<live::PersonsListen> persons;
  if (sim != nullptr) (*daemon)->listen(persons.emplace(*sim));

  boost::asio::signal_set signals(io, SIGINT, SIGTERM, SIGHUP);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    (*daemon)->end_session("signal");
    io.stop();
  });

  const live::ServiceManager service(io);  // READY=1 now, WATCHDOG=1 from the main loop
  spdlog::info("kneadd {} serves {}", KNEAD_VERSION, config->config.api.socket);
  io.run();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  // A reader of our output that goes away must not take a running motor's watchdog with it.
  std::signal(SIGPIPE, SIG_IGN);
  const Environment environment = Environment::of_process();
  const auto options = parse_daemon_options(argc, argv);
  if (!options) return options.error();
  spdlog::set_default_logger(spdlog::stderr_logger_st("kneadd"));
  // The journal has its own time stamps.
  spdlog::set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%l: %v" : "%H:%M:%S.%e %l: %v");
  if (const auto done = serve(*options, environment); !done) {
    std::cerr << "kneadd: " << done.error().message() << '\n';
    return 1;
  }
  return 0;
}
