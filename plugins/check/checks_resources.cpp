// SPDX-License-Identifier: Apache-2.0
// Checks of what a plugin costs, and of whether it does the same twice.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "daemon/core/under_sanitizer.hpp"
#include "daemon/host/frames.hpp"
#include "plugins/check/checks.hpp"
#include "plugins/check/common.hpp"

namespace knead::check {
namespace {

using namespace std::chrono_literals;
namespace what = session::event;

// knead/plugin.h, TIME.
constexpr HostClock::duration kShouldReturn{50ms};
constexpr HostClock::duration kMotorWithdrawn{200ms};

double to_ms(HostClock::duration d) { return to_seconds(d) * 1e3; }

struct Slowest {
  HostClock::duration took{};
  std::string where;
};

/// The longest call, where each call counts with the shortest time it took in any run. The same call at the same place
/// is slow each time when the plugin is; a busy computer is slow now here, now there.
Slowest slowest_of(std::span<const Account> runs) {
  Slowest slowest;
  const Account& first = runs.front();
  for (std::size_t i = 0; i < first.calls.size(); ++i) {
    HostClock::duration took = first.calls[i].took;
    for (const Account& run : runs) {
      if (i < run.calls.size()) took = std::min(took, run.calls[i].took);
    }
    if (took > slowest.took) slowest = {took, place_of(first.calls[i].t, first.calls[i].event)};
  }
  return slowest;
}

std::vector<std::byte> bytes_of(const session::PluginAction& action) {
  host::FrameBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): encode() fills what is used
  const auto used = host::encode(host::FromPlugin(host::ActionFrame{0, action}), buffer);
  return {used.begin(), used.end()};
}

bool same(const Account::Doing& a, const Account::Doing& b) {
  return a.t == b.t && bytes_of(a.action) == bytes_of(b.action);
}

std::string words_for(const Account& account, std::size_t index) {
  if (index >= account.doings.size()) return "nothing";
  const Account::Doing& doing = account.doings[index];
  return fmt::format("{} at {:.3f} s", describe(doing.action), to_seconds(doing.t.time_since_epoch()));
}

// Ticks and samples for @p length; ends early when the set is over. Returns the growth of memory over the last three
// quarters, in bytes: the first fills what is filled once.
std::int64_t growth_over(Stage& stage, SessionTime& t, std::chrono::seconds length) {
  constexpr std::chrono::milliseconds kTick{50};
  const SessionTime begin = t;
  std::int64_t settled = 0;
  bool measured = false;
  while (t - begin < length && !stage.failed() && !stage.account().finished()) {
    for (const SessionTime next = t + kTick; t < next; t += 1ms) {
      const bool pressed = t.time_since_epoch() % 7s < 3s;
      stage.sample(t, {pressed ? 5.0 : 0.0}, Quality::kGood);
    }
    stage.tell({t, what::Tick{}});
    if (!measured && t - begin >= length / 4) {
      settled = static_cast<std::int64_t>(stage.private_memory());
      measured = true;
    }
  }
  return measured ? static_cast<std::int64_t>(stage.private_memory()) - settled : 0;
}

}  // namespace

Judgement check_deadlines(const Subject& subject) {
  constexpr int kRuns = 5;
  std::vector<Account> runs;
  Slowest slowest;
  // Once is enough for who is quick; who is not gets more chances.
  while (runs.empty() || (slowest.took > kShouldReturn && runs.size() < kRuns)) {
    auto done = rehearse(with_short_release(subject), {});
    if (!done) return not_started(done.error());
    if (auto end = judge_end(done->account)) return *end;
    runs.push_back(std::move(done->account));
    slowest = slowest_of(runs);
  }
  const std::string seen = fmt::format("the longest took {:.2f} ms, {}", to_ms(slowest.took), slowest.where);
  constexpr const char* kShorten = "do the work in pieces, a piece a tick; never sleep or wait";
  if (slowest.took > kMotorWithdrawn) return failed(seen + "; after 200 ms a motor request is withdrawn", kShorten);
  if (slowest.took > kShouldReturn) return warn(seen, kShorten);
  return pass(seen);
}

Judgement check_determinism(const Subject& subject) {
  // Two days apart, as the plugin sees the computer's clock.
  const auto first = rehearse(subject, {.stage = {.began = HostTime(1h)}});
  const auto second = rehearse(subject, {.stage = {.began = HostTime(50h)}});
  if (!first) return not_started(first.error());
  if (!second) return not_started(second.error());
  for (const auto* each : {&*first, &*second}) {
    if (auto end = judge_end(each->account)) return *end;
  }
  const auto& a = first->account.doings;
  const auto& b = second->account.doings;
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < common && same(a[i], b[i])) continue;
    return failed(fmt::format("of two runs of one session, the first has {}, the second {}",
                              words_for(first->account, i), words_for(second->account, i)),
                  "go by session time and samples alone: no clock, no random number, no host_ns, no memory that was "
                  "not set");
  }
  return pass(fmt::format("{} actions, the same in two runs", a.size()));
}

Judgement check_memory(const Subject& subject) {
  if (kUnderSanitizer) return skipped("under a sanitizer a process's memory says nothing");
  // A plugin whose memory grows by this much in ten minutes of ticks would still not reach its limit in a session, but
  // something is being kept. (choices)
  constexpr std::int64_t kWorthAWord = 256 << 10;
  constexpr std::int64_t kTooMuch = 4 << 20;
  auto opened = Stage::open(subject);
  if (!opened) return not_started(opened.error());
  Stage& stage = **opened;
  if (stage.private_memory() == 0) return skipped("/proc does not say how much memory a process has");
  SessionTime t{};
  stage.tell({t, what::SessionStarted{}});
  const std::int64_t waiting = growth_over(stage, t, 600s);
  stage.tell({t, what::ActivationStarted{}});
  const std::int64_t set =
      growth_over(stage, t, std::chrono::ceil<std::chrono::seconds>(subject.routine.activation->max_elapsed));
  stage.tell({t, what::SessionEnded{.outcome = session::Outcome::kCompleted, .reason = "done"}});
  stage.close();
  if (auto end = judge_end(stage.account())) return *end;
  const std::int64_t growth = std::max<std::int64_t>(waiting, 0) + std::max<std::int64_t>(set, 0);
  const std::string seen =
      fmt::format("it grew by {} KiB over ten minutes of waiting and by {} KiB in the set", waiting >> 10, set >> 10);
  constexpr const char* kFree = "free what each callback takes, or take it once in create()";
  if (growth > kTooMuch) return failed(seen, kFree);
  if (growth > kWorthAWord) return warn(seen, kFree);
  return pass(seen);
}

}  // namespace knead::check
