// SPDX-License-Identifier: Apache-2.0
// What several checks say in the same words.
#pragma once

#include <functional>
#include <string>

#include "plugins/check/rehearsal.hpp"

namespace knead::check {

/// A check that could not be made, because the plugin did not start.
Judgement not_started(const Error& error);

/// The same with a release of a second, for checks of the set.
Subject with_short_release(Subject subject);

/// "at 61.20 s, on tick: cue() was called in the wrong state (3 times)"
std::string describe(const Account::Misuse& misuse);

/// The first misuse for which @p holds, or null.
const Account::Misuse* find_misuse(const Account& account, const std::function<bool(const Account::Misuse&)>& holds);

}  // namespace knead::check
