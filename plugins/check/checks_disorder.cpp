// SPDX-License-Identifier: Apache-2.0
// Checks with what no author thinks of: random sessions, events out of order, samples that are lost or absurd. All of
// it from the subject's seed.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <random>

#include "plugins/check/checks.hpp"
#include "plugins/check/common.hpp"

namespace knead::check {
namespace {

using namespace std::chrono_literals;
namespace what = session::event;

/// The same numbers from the same seed with every standard library, which its distributions do not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// 0 .. @p n - 1
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  double up_to(double most) { return most * static_cast<double>(below(10'001)) / 10'000.0; }

 private:
  std::mt19937_64 engine_;
};

std::uint64_t seed_of(const Subject& subject, int round) {
  return subject.seed * 1'000'003 + static_cast<std::uint64_t>(round);
}

/// Presses with a force that changes its mind about twice a second.
Person fickle_person(std::uint64_t seed) {
  struct State {
    Random random;
    double force = 0.0;
  };
  const auto state = std::make_shared<State>(State{Random(seed)});
  return [state](const Moment& now) {
    if (state->random.one_in(500)) state->force = state->random.one_in(3) ? 0.0 : state->random.up_to(50.0);
    Touch touch{.force = {state->force}};
    if (now.phase != session::Phase::kActivation && !state->random.one_in(20)) return compliant_person()(now);
    if (state->random.one_in(2'000)) touch.lost = state->random.below(300);
    return touch;
  };
}

/// Pauses, resumes, loses the ball and finds it again, and now and then stops.
std::function<void(session::Session&, SessionTime)> fickle_director(std::uint64_t seed) {
  struct State {
    Random random;
    bool away = false;
  };
  const auto state = std::make_shared<State>(State{Random(seed)});
  return [state](session::Session& session, SessionTime t) {
    if (!state->random.one_in(8)) return;
    switch (state->random.below(6)) {
      case 0:
        session.pause(t, "knead-plugin-check");
        break;
      case 1:
      case 2:
        (void)session.resume(t);
        break;
      case 3:
        if (!state->away) session.on_ball_lost(t);
        state->away = true;
        break;
      case 4:
        if (state->away) session.on_ball_back(t);
        state->away = false;
        break;
      default:
        if (state->random.one_in(100)) session.stop(t, "knead-plugin-check");
        break;
    }
  };
}

/// An event that comes at no time it should. @p over: the plugin has finished, and no honest host begins anything new.
session::Event odd_event(Random& random, SessionTime t, bool over) {
  const int step = static_cast<int>(random.below(10)) - 1;
  const bool yes = random.one_in(2);
  switch (random.below(over ? 5 : 8)) {
    case 0:
      return {t, what::Paused{.reason = "odd"}};
    case 1:
      return {t, what::Resumed{}};
    case 2:
      return {t, what::StepEnded{.step = step, .completed = yes, .credited = 1s * step, .elapsed = 2s * step}};
    case 3:
      return {t, what::StepStarted{.step = step, .side = yes ? session::Side::kLeft : session::Side::kRight}};
    case 4:
    case 5:
      return {t, what::Tick{}};
    case 6:
      return {t, what::ActivationStarted{}};
    default:
      return {t, what::SessionStarted{}};
  }
}

void tell_odd_events(Stage& stage, Random& random) {
  constexpr int kEvents = 400;
  SessionTime t{};
  for (int i = 0; i < kEvents && !stage.failed(); ++i) {
    for (std::uint64_t n = random.below(120); n > 0; --n) {
      t += 1ms;
      stage.sample(t, {random.up_to(45.0)}, Quality::kGood);
    }
    stage.tell(odd_event(random, t, stage.account().finished()));
  }
  if (random.one_in(2)) stage.tell({t, what::Stopped{.by = "odd"}});
  stage.tell({t, what::SessionEnded{.outcome = session::Outcome::kStopped, .reason = "odd"}});
  stage.close();
}

/// Each second of the set another absurdity.
Touch absurd_touch(const Moment& now) {
  constexpr auto kTouches = std::to_array<Touch>({
      {.force = {0.0}},
      {.force = {400.0}, .quality = Quality::kSaturated},
      {.force = {-12.0}},
      {.force = {5.0}, .quality = Quality::kStuck},
      {.force = {0.0}, .quality = Quality::kSensorFault},
      {.force = {1.0e6}, .quality = Quality::kUncalibrated},
      {.force = {5.0e-324}},
      {.force = {-1.0e6}, .quality = Quality::kSaturated},
      {.force = {60.0}},
      {.force = {5.0}, .quality = Quality::kReanchored},
      {.force = {5.0}, .quality = Quality::kGapBefore},
  });
  const auto second = static_cast<std::size_t>(now.since / 1s);
  // Every other second with a light press in between, so that something begins that can be disturbed.
  if (second % 2 == 0) return {.force = {now.since % 1s < 600ms ? 4.5 : 0.0}};
  return kTouches.at(second / 2 % kTouches.size());
}

}  // namespace

Judgement check_random_sessions(const Subject& subject) {
  constexpr int kRounds = 12;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t seed = seed_of(subject, round);
    const auto done =
        rehearse(with_short_release(subject), {.person = fickle_person(seed), .director = fickle_director(seed + 1)});
    if (!done) return not_started(done.error());
    if (auto end = judge_end(done->account)) {
      end->reason = fmt::format("session {} of --seed {}: {}", round + 1, subject.seed, end->reason);
      return *end;
    }
  }
  return pass(fmt::format("{} sessions of seed {}", kRounds, subject.seed));
}

Judgement check_random_events(const Subject& subject) {
  constexpr int kRounds = 12;
  for (int round = 0; round < kRounds; ++round) {
    auto stage = Stage::open(subject);
    if (!stage) return not_started(stage.error());
    Random random(seed_of(subject, round));
    // A session's start comes first nearly always.
    if (!random.one_in(4)) (*stage)->tell({SessionTime{}, what::SessionStarted{}});
    tell_odd_events(**stage, random);
    if (auto end = judge_end((*stage)->account())) {
      end->reason = fmt::format("order {} of --seed {}: {}", round + 1, subject.seed, end->reason);
      return *end;
    }
  }
  return pass(fmt::format("{} orders of seed {}", kRounds, subject.seed));
}

Judgement check_lost_samples(const Subject& subject) {
  const auto random = std::make_shared<Random>(subject.seed);
  const Person lossy = [random, willing = compliant_person()](const Moment& now) {
    Touch touch = willing(now);
    if (random->one_in(100)) touch.lost = 1 + random->below(500);
    return touch;
  };
  // Between two ticks come more samples than the ring holds.
  const auto done =
      rehearse(with_short_release(subject), {.person = lossy, .sample_period = 500us, .stage = {.ring_slots = 64}});
  if (!done) return not_started(done.error());
  if (auto end = judge_end(done->account)) return *end;
  return pass("on the way from the ball, and by coming too late to read them");
}

Judgement check_odd_samples(const Subject& subject) {
  const Person willing = compliant_person();
  const auto done = rehearse(with_short_release(subject), {.person = [=](const Moment& now) {
                               return now.phase == session::Phase::kActivation ? absurd_touch(now) : willing(now);
                             }});
  if (!done) return not_started(done.error());
  if (auto end = judge_end(done->account)) return *end;
  // Of the good samples above.
  constexpr double kLowest = -12.0;
  constexpr double kHighest = 60.0;
  for (const Account::Doing& each : done->account.doings) {
    const auto* logged = std::get_if<session::action::LogRep>(&each.action);
    if (logged != nullptr && (logged->rep.peak.value > kHighest || logged->rep.mean.value < kLowest)) {
      return warn(fmt::format("{} was made of samples that say that they are of no use", describe(each.action)),
                  "leave out samples with any bit of KNEAD_QUALITY_UNUSABLE in `quality`");
    }
  }
  return pass("saturated, negative, stuck, faulty and uncalibrated");
}

}  // namespace knead::check
