// SPDX-License-Identifier: Apache-2.0
// What is checked of a plugin. Each check stands for itself, starts the plugin in a process of its own as often as it
// likes, and may be run alone. docs/authors/check.md has a paragraph for each id.
#pragma once

#include <span>
#include <string_view>

#include "plugins/check/judgement.hpp"
#include "plugins/check/subject.hpp"

namespace knead::check {

struct Check {
  std::string_view id;
  std::string_view sentence;  ///< what holds when it passes
  Judgement (*run)(const Subject&);
};

/// In the order in which they are run: what others rest on first.
std::span<const Check> all_checks() noexcept;
/// Null when there is none of that id.
const Check* find_check(std::string_view id) noexcept;

// checks_loading.cpp
Judgement check_exports(const Subject& subject);
Judgement check_loads(const Subject& subject);
Judgement check_descriptor(const Subject& subject);
Judgement check_lifecycle(const Subject& subject);
Judgement check_refusal(const Subject& subject);
Judgement check_values(const Subject& subject);

// checks_course.cpp
Judgement check_session(const Subject& subject);
Judgement check_misuse(const Subject& subject);
Judgement check_motor(const Subject& subject);
Judgement check_nobody(const Subject& subject);
Judgement check_stop(const Subject& subject);
Judgement check_early_end(const Subject& subject);
Judgement check_pause(const Subject& subject);

// checks_disorder.cpp
Judgement check_random_sessions(const Subject& subject);
Judgement check_random_events(const Subject& subject);
Judgement check_lost_samples(const Subject& subject);
Judgement check_odd_samples(const Subject& subject);

// checks_resources.cpp
Judgement check_deadlines(const Subject& subject);
Judgement check_determinism(const Subject& subject);
Judgement check_memory(const Subject& subject);

}  // namespace knead::check
