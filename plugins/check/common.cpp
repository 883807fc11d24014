// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/common.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace knead::check {

Judgement not_started(const Error& error) { return skipped("the plugin does not start: " + error.context); }

Subject with_short_release(Subject subject) {
  if (subject.routine.release.empty()) return subject;
  session::ReleaseStep step = subject.routine.release.front();
  step.credit = std::chrono::seconds(1);
  step.max_elapsed = std::chrono::seconds(5);
  subject.routine.release = {std::move(step)};
  return subject;
}

std::string describe(const Account::Misuse& misuse) {
  return fmt::format("{}: {}{}", place_of(misuse.t, misuse.event), misuse.last,
                     misuse.count > 1 ? fmt::format(" ({} calls in this callback)", misuse.count) : "");
}

const Account::Misuse* find_misuse(const Account& account, const std::function<bool(const Account::Misuse&)>& holds) {
  const auto at = std::ranges::find_if(account.misuses, holds);
  return at == account.misuses.end() ? nullptr : &*at;
}

}  // namespace knead::check
