// SPDX-License-Identifier: Apache-2.0
// Checks of a plugin in sessions as they happen: to the end, with nobody there, stopped, paused.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>

#include "plugins/check/checks.hpp"
#include "plugins/check/common.hpp"

namespace knead::check {
namespace {

using namespace std::chrono_literals;

/// Stops the session so long after the set began, or after the session did.
std::function<void(session::Session&, SessionTime)> stopper(session::Phase phase, std::chrono::milliseconds after) {
  const auto began = std::make_shared<std::optional<SessionTime>>();
  return [=](session::Session& session, SessionTime t) {
    if (session.snapshot().phase != phase) return;
    if (!*began) *began = t;
    if (t - **began >= after) session.stop(t, "knead-plugin-check");
  };
}

bool of_motor(const Account::Misuse& misuse) { return misuse.last.starts_with("request_motor()"); }
bool of_rep(const Account::Misuse& misuse) { return misuse.last.starts_with("log.rep()"); }
bool when_over(const Account::Misuse& misuse) { return misuse.over; }
bool in_pause(const Account::Misuse& misuse) { return misuse.paused; }

constexpr const char* kOver = "when STOP or END comes, write down what you need and return; call nothing of the host";

/// Pauses and resumes at random, often.
std::function<void(session::Session&, SessionTime)> pauser(std::uint64_t seed) {
  const auto random = std::make_shared<std::mt19937_64>(seed);
  return [random](session::Session& session, SessionTime t) {
    if (session.snapshot().paused) {
      if ((*random)() % 2 == 0) (void)session.resume(t);
    } else if ((*random)() % 4 == 0) {
      session.pause(t, "knead-plugin-check");
    }
  };
}

}  // namespace

Judgement check_session(const Subject& subject) {
  const auto done = rehearse(subject, {});
  if (!done) return not_started(done.error());
  if (auto end = judge_end(done->account)) return *end;
  if (const auto* misuse = find_misuse(done->account, of_rep)) {
    return failed(describe(*misuse),
                  fmt::format("log each rep once it is over, numbered from 1 and no more than the routine's {}; its "
                              "start and duration lie within the set",
                              done->target_reps));
  }
  const std::string length = fmt::format("{:.0f} s", to_seconds(done->ended.time_since_epoch()));
  const int reps = done->account.reps();
  if (!done->account.finished()) {
    return failed(fmt::format("the person did {} light reps in time, and the set ended by its time limit: {}",
                              done->target_reps, done->reason),
                  "call finish() when the set is done, and also when nobody does it for a while");
  }
  const auto& last = done->account.doings;
  const bool completed = std::ranges::any_of(last, [](const Account::Doing& each) {
    const auto* finish = std::get_if<session::action::Finish>(&each.action);
    return finish != nullptr && finish->completed;
  });
  if (!completed) {
    return warn(
        fmt::format("the person did {} light reps in time, and finish(0) says that it was not done", done->target_reps),
        "call finish(1) when the person did it all; if this set wants something else, ignore this");
  }
  return pass(fmt::format("{} by finish(1) after {}, {} of {} reps logged",
                          done->outcome == session::Outcome::kCompleted ? "completed" : "ended", length, reps,
                          done->target_reps));
}

Judgement check_misuse(const Subject& subject) {
  const auto done = rehearse(subject, {});
  if (!done) return not_started(done.error());
  if (auto end = judge_end(done->account)) return *end;
  if (done->account.misuses.empty()) return pass(fmt::format("{} actions taken", done->account.doings.size()));
  std::uint32_t count = 0;
  for (const Account::Misuse& each : done->account.misuses) count += each.count;
  return warn(
      fmt::format("{} misuse{}; the first: {}", count, count == 1 ? "" : "s", describe(done->account.misuses.front())),
      "look at the status that the call returns, and at the function's tag in knead/plugin.h");
}

Judgement check_motor(const Subject& subject) {
  std::size_t requests = 0;
  const auto rounds = {Script{}, Script{.director = pauser(subject.seed)}};
  for (const Script& script : rounds) {
    const auto done = rehearse(with_short_release(subject), script);
    if (!done) return not_started(done.error());
    if (const auto* misuse = find_misuse(done->account, of_motor)) {
      return failed(describe(*misuse),
                    "ask for a level from 0 to 1, for 1 ms or more, at 250 Hz or less; only within the set, not in a "
                    "pause, and not after finish()");
    }
    if (auto end = judge_end(done->account)) return *end;
    requests += static_cast<std::size_t>(std::ranges::count_if(done->account.doings, [](const auto& each) {
      return std::holds_alternative<session::action::RequestMotor>(each.action);
    }));
  }
  return pass(requests == 0 ? "it leaves the motor alone"
                            : fmt::format("{} requests, each within its bounds", requests));
}

Judgement check_nobody(const Subject& subject) {
  const auto never = rehearse(subject, {.person = absent_person()});
  if (!never) return not_started(never.error());
  if (auto end = judge_end(never->account)) return *end;
  const auto rests = rehearse(with_short_release(subject), {.person = person_who_rests()});
  if (!rests) return not_started(rests.error());
  if (auto end = judge_end(rests->account)) return *end;
  // What our own routine says of it is no wish of the author's.
  const bool by_press =
      !subject.routine.file.empty() && subject.routine.activation->detect == session::RepDetection::kPress;
  for (const Account::Doing& each : rests->account.doings) {
    const auto* logged = std::get_if<session::action::LogRep>(&each.action);
    if (logged == nullptr) continue;
    if (logged->rep.peak.value > 0.0) {
      return failed(fmt::format("nobody touched the ball, and {} was logged", describe(each.action)),
                    "log what the samples say (knead.samples/1), or 0");
    }
    if (by_press) {
      return warn(
          fmt::format("the routine has detect = \"press\", nobody pressed, and {} was logged", describe(each.action)),
          "count presses: F >= press_n until F <= press_n / 2; if the set goes by the clock, say detect = "
          "\"tempo\" in its routine");
    }
  }
  return pass(fmt::format("without a release it ends after {:.0f} s; a set that nobody does, after {:.0f} s",
                          to_seconds(never->ended.time_since_epoch()), to_seconds(rests->ended.time_since_epoch())));
}

Judgement check_stop(const Subject& subject) {
  const struct {
    const char* when;
    session::Phase phase;
    std::chrono::milliseconds after;
  } moments[] = {{"before the first contact", session::Phase::kWaiting, 100ms},
                 {"in the release", session::Phase::kRelease, 500ms},
                 {"as the set begins", session::Phase::kActivation, 0ms},
                 {"early in the set", session::Phase::kActivation, 2'500ms},
                 {"late in the set", session::Phase::kActivation, 20s}};
  for (const auto& moment : moments) {
    const auto done = rehearse(with_short_release(subject), {.director = stopper(moment.phase, moment.after)});
    if (!done) return not_started(done.error());
    if (auto end = judge_end(done->account)) {
      end->reason = fmt::format("stopped {}: {}", moment.when, end->reason);
      return *end;
    }
    if (const auto* misuse = find_misuse(done->account, when_over)) {
      return failed(fmt::format("stopped {}: {}", moment.when, describe(*misuse)), kOver);
    }
  }
  return pass(fmt::format("stopped at {} moments", std::size(moments)));
}

Judgement check_early_end(const Subject& subject) {
  namespace what = session::event;
  const SessionTime late{60s};
  // END after the start, after a step, and after the release.
  for (int events = 1; events <= 3; ++events) {
    auto opened = Stage::open(subject);
    if (!opened) return not_started(opened.error());
    Stage& stage = **opened;
    stage.tell({SessionTime{}, what::SessionStarted{}});
    if (events >= 2) stage.tell({SessionTime{1s}, what::StepStarted{.step = 0, .side = session::Side::kRight}});
    if (events >= 3) {
      stage.tell({late, what::StepEnded{.step = 0, .completed = false, .credited = 3s, .elapsed = 59s}});
    }
    stage.tell({late, what::SessionEnded{.outcome = session::Outcome::kIncomplete, .reason = "nobody pressed"}});
    stage.close();
    if (auto end = judge_end(stage.account())) return *end;
    if (const auto* misuse = find_misuse(stage.account(), when_over)) return failed(describe(*misuse), kOver);
  }
  return pass("END before the set, at 3 moments");
}

Judgement check_pause(const Subject& subject) {
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds; ++round) {
    const auto done =
        rehearse(with_short_release(subject), {.director = pauser(subject.seed + static_cast<std::uint64_t>(round))});
    if (!done) return not_started(done.error());
    if (auto end = judge_end(done->account)) return *end;
    if (const auto* misuse = find_misuse(done->account, in_pause)) {
      return failed(describe(*misuse), "ask for nothing between PAUSE and RESUME, least of all for the motor");
    }
  }
  return pass(fmt::format("{} sessions of pauses", kRounds));
}

}  // namespace knead::check
