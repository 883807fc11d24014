// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/stage.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

namespace knead::check {
namespace {

using namespace std::chrono_literals;

// An odd number, so that nobody takes the ball's clock for the session's.
constexpr DeviceTime kEpoch{123'456'789us};
constexpr std::chrono::milliseconds kDestroyLimit{2000};

}  // namespace

bool Account::finished() const {
  return std::ranges::any_of(
      doings, [](const Doing& each) { return std::holds_alternative<session::action::Finish>(each.action); });
}

int Account::reps() const {
  return static_cast<int>(std::ranges::count_if(
      doings, [](const Doing& each) { return std::holds_alternative<session::action::LogRep>(each.action); }));
}

std::string place_of(SessionTime t, const std::string& event) {
  return fmt::format("at {:.2f} s, on {}", to_seconds(t.time_since_epoch()), event);
}

std::string describe(const session::PluginAction& action) {
  struct Words {
    std::string operator()(const session::action::ShowCue& a) const {
      const std::string count = a.cue.count ? fmt::format(" ({})", *a.cue.count) : "";
      return fmt::format("the cue {} \"{}\"{}", session::to_string(a.cue.kind), a.cue.text, count);
    }
    std::string operator()(const session::action::RequestMotor& a) const {
      return fmt::format("the motor at {:.2f} for {} ms", a.request.level.fraction(), a.duration.count());
    }
    std::string operator()(const session::action::LogRep& a) const {
      return fmt::format("rep {} from {:.3f} s for {:.3f} s, peak {} N, mean {} N, impulse {} N s", a.rep.n,
                         to_seconds(a.rep.start.time_since_epoch()), to_seconds(a.rep.duration), a.rep.peak.value,
                         a.rep.mean.value, a.rep.impulse_ns);
    }
    std::string operator()(const session::action::Note& a) const {
      return a.text.empty() ? fmt::format("the measure {} = {} {}", a.key, a.value, a.unit)
                            : fmt::format("the note {} \"{}\"", a.key, a.text);
    }
    std::string operator()(const session::action::RequestRelease& a) const {
      return fmt::format("a further release of {:.3f} s", to_seconds(a.credit));
    }
    std::string operator()(const session::action::SaveState& a) const {
      return fmt::format("{} bytes to keep", a.bytes.size());
    }
    std::string operator()(const session::action::Finish& a) const { return a.completed ? "finish(1)" : "finish(0)"; }
  };
  return std::visit(Words{}, action);
}

Result<std::unique_ptr<Stage>> Stage::open(const Subject& subject, const Options& options) {
  auto ring = SampleRing::create(options.ring_slots);
  if (!ring) return std::unexpected(std::move(ring.error()));
  const auto descriptor = ring->read_only_descriptor();
  if (!descriptor) return std::unexpected(descriptor.error());
  std::unique_ptr<Stage> stage(new Stage(std::move(*ring), options.began));
  auto process = host::PluginProcess::launch({.plugin_file = subject.file,
                                              .host_program = subject.host_program,
                                              .activation = *subject.routine.activation,
                                              .routine_file = subject.routine.file,
                                              .ring_fd = *descriptor});
  if (!process) return std::unexpected(std::move(process.error()));
  stage->process_ = std::move(*process);
  return stage;
}

Sample Stage::sample(SessionTime t, Newtons force, Quality quality, std::uint64_t lost) {
  next_seq_ += lost;
  Sample out;
  out.seq = next_seq_++;
  out.device_time = kEpoch + t.time_since_epoch();
  out.host_time = began_ + t.time_since_epoch();
  out.force = force;
  out.raw = static_cast<std::int32_t>(std::clamp(force.value * 1000.0, -8'388'608.0, 8'388'607.0));
  out.quality = lost > 0 ? quality | Quality::kGapBefore : quality;
  ring_.push(out);
  return out;
}

void Stage::fail(SessionTime t, std::string event, Error error) {
  account_.failure = {t, std::move(event), std::move(error)};
}

std::vector<session::PluginAction> Stage::tell(const session::Event& event) {
  if (failed()) return {};
  if (std::holds_alternative<session::event::Paused>(event.what)) paused_ = true;
  if (std::holds_alternative<session::event::Resumed>(event.what)) paused_ = false;
  over_ = over_ || std::holds_alternative<session::event::Stopped>(event.what) ||
          std::holds_alternative<session::event::SessionEnded>(event.what);
  const std::uint64_t before = process_->statistics().events;
  const HostTime sent = HostClock::now();
  auto actions = process_->exchange(event, ring_.head(), kEpoch);
  const auto took = HostClock::now() - sent;
  last_ = event.t;
  if (!actions) {
    fail(event.t, std::string(session::kind_of(event)), std::move(actions.error()));
    return {};
  }
  const host::PluginStatistics& now = process_->statistics();
  // What plugins are not told of is no call.
  if (now.events > before) account_.calls.push_back({event.t, std::string(session::kind_of(event)), took});
  if (now.misuses > misuses_) {
    account_.misuses.push_back({.t = event.t,
                                .last = now.last_misuse,
                                .count = now.misuses - std::exchange(misuses_, now.misuses),
                                .event = std::string(session::kind_of(event)),
                                .paused = paused_,
                                .over = over_});
  }
  for (const session::PluginAction& action : *actions) account_.doings.push_back({event.t, action});
  return std::move(*actions);
}

void Stage::close() {
  if (failed()) return;
  if (auto ok = process_->close(kDestroyLimit); !ok) fail(last_, "destroy()", std::move(ok.error()));
}

std::uint64_t Stage::private_memory() const {
  std::ifstream statm(fmt::format("/proc/{}/statm", process_->pid()));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;  // the ring and the libraries' own text
  statm >> size >> resident >> shared;
  if (!statm || resident < shared) return 0;
  return (resident - shared) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace knead::check
