// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daemon/session/session.hpp"
#include "plugins/check/judgement.hpp"
#include "plugins/check/person.hpp"
#include "plugins/check/stage.hpp"

namespace knead::check {

/// How a rehearsal goes, apart from the routine.
struct Script {
  Person person = compliant_person();
  /// Called 20 times in a second of session time: may pause, resume or stop the session.
  std::function<void(session::Session&, SessionTime)> director{};
  std::chrono::microseconds sample_period{1000};
  Stage::Options stage{};
};

/// What came of a rehearsal.
struct Performance {
  Account account;
  session::Outcome outcome = session::Outcome::kIncomplete;
  std::string reason;  ///< why the session ended
  int target_reps = 0;
  SessionTime ended{};
};

/// A whole session of the real session machine with the plugin in its real process, in virtual time and
/// lockstep. Ends with destroy(). Errors: the plugin does not load.
Result<Performance> rehearse(const Subject& subject, const Script& script);

/// The plugin's early end as a judgement, where there was one.
std::optional<Judgement> judge_end(const Account& account);

}  // namespace knead::check
