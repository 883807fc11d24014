// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/checks.hpp"

#include <algorithm>
#include <array>

namespace knead::check {
namespace {

constexpr std::array kChecks = std::to_array<Check>({
    {"exports", "The file exports knead_entry and nothing else.", check_exports},
    {"loads", "It loads, and create() takes the routine.", check_loads},
    {"descriptor", "It says who it is, as routines and people need it.", check_descriptor},
    {"lifecycle", "It can be created and destroyed, with and without a session between.", check_lifecycle},
    {"refusal", "An exercise that it does not know is refused with a reason.", check_refusal},
    {"values", "It copes with every value that a routine may give, or refuses it with a reason.", check_values},
    {"session", "A willing person gets through the set, and finish() ends it.", check_session},
    {"misuse", "In a proper session no call of its is answered with a status.", check_misuse},
    {"motor", "It asks for the motor within the bounds, and never in a pause or after its set.", check_motor},
    {"nobody", "With nobody at the ball it does no harm and logs no force.", check_nobody},
    {"stop", "After a stop, at any moment, it calls nothing.", check_stop},
    {"early-end", "A session that ends before the set is no trouble.", check_early_end},
    {"pause", "Pauses, many and short, are no trouble.", check_pause},
    {"deadlines", "Every callback returns within 50 ms.", check_deadlines},
    {"random-sessions", "Sessions with random persons, pauses and stops are no trouble.", check_random_sessions},
    {"random-events", "Events in an order that no session has do not crash it.", check_random_events},
    {"lost-samples", "Samples that are lost are no trouble.", check_lost_samples},
    {"odd-samples", "Saturated, negative and faulty samples are no trouble.", check_odd_samples},
    {"determinism", "The same session gives the same cues, reps and measures.", check_determinism},
    {"memory", "It does not take ever more memory.", check_memory},
});

}  // namespace

std::span<const Check> all_checks() noexcept { return kChecks; }

const Check* find_check(std::string_view id) noexcept {
  const auto at = std::ranges::find(kChecks, id, &Check::id);
  return at == kChecks.end() ? nullptr : &*at;
}

}  // namespace knead::check
