// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/core/error.hpp"

namespace knead::check {

enum class Verdict : std::uint8_t { kPass, kWarn, kFail, kSkipped };
/// "PASS", "WARN", "FAIL", "skipped".
std::string_view to_string(Verdict verdict) noexcept;

/// What one check says of a plugin.
struct Judgement {
  Verdict verdict = Verdict::kPass;
  std::string reason;  ///< what was seen, for the plugin's author
  std::string remedy;  ///< what to do about it; empty with kPass and kSkipped
};

Judgement pass(std::string reason);
Judgement warn(std::string reason, std::string remedy);
Judgement failed(std::string reason, std::string remedy);
Judgement skipped(std::string reason);

/// The plugin's process came to its end at @p when ("at 61.2 s, on tick"), because of @p error.
Judgement ended(const std::string& when, const Error& error);

}  // namespace knead::check
