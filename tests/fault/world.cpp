// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/world.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "hw/ball/person.hpp"
#include "tests/beat.hpp"
#include "tests/fault/hog.hpp"

namespace knead::fault {
namespace {
constexpr const char* kSerial = "KB0001";
/// Above the daemon's sampling thread as shipped (40) and above what a fault puts over it: what keeps the watch waiting
/// is the machine's doing, not the fault's. A thread of this process below the hogs would also be kept from giving back
/// what the others wait for.
constexpr int kWatchPriority = kHogPriority + 1;
}  // namespace

World::World(const WorldOptions& options) : options_(options), stalls_(options.realtime ? kWatchPriority : 0) {
  plug();
  start_daemon();
}

void World::plug() {
  auto person = ball::make_person("steady", options_.seed + static_cast<std::uint64_t>(plugged_));
  if (!person) throw std::runtime_error(person.error().message());
  device_ = usb_.plug({.serial = kSerial, .port = ++plugged_, .hand = std::move(*person), .keep_packets = false});
}

void World::start_daemon() {
  client_.reset();
  daemon_.reset();
  std::string preload = "libumockdev-preload.so.0";
  if (options_.slow_disk) {
    preload += ":" KNEAD_SLOW_DISK;
    ::setenv("KNEAD_SLOW_DISK_FILE", folder_.path("slow_disk").c_str(), 1);
    slow_disk({});
  }
  daemon_ = std::make_unique<Kneadd>(
      folder_, KneaddOptions{.database = options_.database, .realtime = options_.realtime, .preload = preload});
  const bool ready = wait_for([this] {
    if (!client_) {
      auto connected = api::Client::connect(daemon_->socket());
      if (!connected) return false;
      client_.emplace(std::move(*connected));
    }
    return ball_is_usable();
  });
  if (!ready) throw std::runtime_error("kneadd did not come up: " + daemon_->log());
}

Result<> World::try_run(const std::string& routine) {
  const auto begun = client_->call("session.run", {{"routine", routine}, {"side", "right"}});
  if (!begun) return std::unexpected(begun.error());
  return {};
}

void World::run(const std::string& routine) {
  if (const auto begun = try_run(routine); !begun) throw std::runtime_error("no session: " + begun.error().message());
}

void World::begin_session(const std::string& routine) {
  run(routine);
  if (!wait_for([this] { return motor_runs(); })) throw std::runtime_error("the motor does not run: " + daemon_->log());
}

void World::call(const std::string& method) {
  if (const auto done = client_->call(method); !done) throw std::runtime_error(method + ": " + done.error().message());
}

bool World::try_call(const std::string& method) { return client_->call(method).has_value(); }

api::DaemonStatus World::status() {
  const auto reply = client_->call("daemon.status");
  if (!reply)
    throw std::runtime_error("daemon.status: " + reply.error().message() + "\n" + daemon_->log() + daemon_->doings());
  return api::daemon_status_from(reply->as_object());
}

bool World::ball_is_usable() {
  const auto balls = status().balls;
  return !balls.empty() && balls.front().force_n && balls.front().samples > 100;
}

void World::unplug() { usb_.unplug(device_); }

void World::replug() {
  usb_.with_ball(device_, [](ball::Ball& ball) { ball.unplug(); });
  plug();
}

DeviceTime World::ball_time() {
  DeviceTime now;
  usb_.with_ball(device_, [&](const ball::Ball& ball) { now = ball.now(); });
  return now;
}

void World::let_ball_measure(std::chrono::microseconds span) {
  constexpr std::chrono::microseconds kOutOfStep{1370};
  const DeviceTime until = ball_time() + span;
  if (!test::eventually([&] { return ball_time() >= until; }, test::kPatience, kOutOfStep))
    throw std::runtime_error("the ball's clock does not go on");
}

bool World::motor_runs() {
  const auto trace = usb_.motor_trace(device_);
  return !trace.empty() && trace.back().change.level.value > 0;
}

std::optional<HostTime> World::motor_off(HostTime since, std::chrono::milliseconds bound) {
  std::optional<HostTime> off;
  static_cast<void>(wait_for(
      [&] {
        for (const auto& event : usb_.motor_trace(device_)) {
          if (event.when < since || event.change.level.value != 0) continue;
          off = event.when;
          return true;
        }
        return false;
      },
      bound));
  return off;
}

bool World::motor_ran_at(HostTime when) {
  bool ran = false;
  for (const auto& event : usb_.motor_trace(device_)) {
    if (event.when <= when) ran = event.change.level.value > 0;
  }
  return ran;
}

void World::slow_disk(std::chrono::milliseconds each) const {
  std::ofstream(folder_.path("slow_disk")) << each.count() << '\n';
}

}  // namespace knead::fault
