// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/rehearsal.hpp"

#include <utility>

namespace knead::check {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kDirectorPeriod{50};
// Of the computer's time, for one session: hundreds of times what an honest plugin needs. (choice)
constexpr std::chrono::seconds kPatience{60};
// Of the session's: it ends by itself long before.
constexpr SessionTime kLongest{std::chrono::minutes(20)};

/// One session and its plugin, stepped sample by sample.
class Rehearsal {
 public:
  Rehearsal(const Subject& subject, const Script& script, Stage& stage)
      : activation_(*subject.routine.activation),
        script_(script),
        stage_(stage),
        session_(subject.routine, session::SessionOptions{}) {}

  void run() {
    const HostTime give_up = HostClock::now() + kPatience;
    for (SessionTime next_look{}; !session_.ended() && t_ < kLongest; t_ += script_.sample_period) {
      if (t_ >= next_look) {
        next_look = t_ + kDirectorPeriod;
        if (HostClock::now() > give_up) return;
        if (script_.director) script_.director(session_, t_);
        pump();
      }
      step();
    }
  }
  [[nodiscard]] const session::Session& session() const { return session_; }
  [[nodiscard]] SessionTime now() const { return t_; }

 private:
  void step() {
    const session::Snapshot seen = session_.snapshot();
    const Touch touch = script_.person(
        {.t = t_, .phase = seen.phase, .since = t_ - began_, .band = seen.band, .activation = activation_});
    if (touch.lost > 0) session_.on_samples_lost(t_, touch.lost);
    session_.on_sample(t_, stage_.sample(t_, touch.force, touch.quality, touch.lost));
    pump();
    if (stage_.failed() && !told_) {
      told_ = true;
      session_.on_plugin_failed(t_, stage_.account().failure->error.context);
      pump();
    }
  }

  void pump() {
    for (auto events = session_.take_events(); !events.empty(); events = session_.take_events()) {
      for (const session::Event& event : events) {
        const bool begins = std::holds_alternative<session::event::StepStarted>(event.what) ||
                            std::holds_alternative<session::event::ActivationStarted>(event.what);
        if (begins) began_ = event.t;
        for (const session::PluginAction& action : stage_.tell(event)) session_.on_plugin(t_, action);
      }
    }
  }

  const session::Activation& activation_;
  const Script& script_;
  Stage& stage_;
  session::Session session_;
  SessionTime t_{};
  SessionTime began_{};
  bool told_ = false;
};

}  // namespace

Result<Performance> rehearse(const Subject& subject, const Script& script) {
  auto stage = Stage::open(subject, script.stage);
  if (!stage) return std::unexpected(std::move(stage.error()));
  Rehearsal rehearsal(subject, script, **stage);
  rehearsal.run();
  (*stage)->close();
  Performance out;
  out.account = (*stage)->account();
  out.outcome = rehearsal.session().outcome();
  out.reason = rehearsal.session().reason();
  out.target_reps = subject.routine.activation->reps;
  out.ended = rehearsal.now();
  if (!rehearsal.session().ended() && !out.account.failure) {
    out.account.failure = {out.ended, "tick",
                           Error{Errc::kTimeout, 0,
                                 "the session did not come to its end within " + std::to_string(kPatience.count()) +
                                     " s of the computer's time"}};
  }
  return out;
}

std::optional<Judgement> judge_end(const Account& account) {
  if (!account.failure) return std::nullopt;
  return ended(place_of(account.failure->t, account.failure->event), account.failure->error);
}

}  // namespace knead::check
