// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knead {

/// Whose answers to the safety questions are needed before a session.
enum class SafetyRule : std::uint8_t {
  kAsk,           ///< of every profile, for a session on a real ball
  kAlways,        ///< on a virtual ball too: to show it, and for tests
  kPractitioner,  ///< of nobody: whoever set this installation up asks the people
};

/// In the order of SafetyRule.
constexpr std::array<std::string_view, 3> kSafetyRuleNames{"ask", "always", "practitioner"};

constexpr std::string_view to_string(SafetyRule rule) noexcept {
  return kSafetyRuleNames.at(static_cast<std::size_t>(rule));
}
constexpr std::optional<SafetyRule> safety_rule_from(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kSafetyRuleNames, name);
  if (found == kSafetyRuleNames.end()) return std::nullopt;
  return static_cast<SafetyRule>(found - kSafetyRuleNames.begin());
}

}  // namespace knead
