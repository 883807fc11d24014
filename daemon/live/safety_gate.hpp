// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/core/safety_rule.hpp"
#include "daemon/record/recorder.hpp"
#include "daemon/record/safety_answers.hpp"

namespace knead::live {

/// Stands before every session, whoever asks for it: has this profile answered the safety questions? Main thread.
class SafetyGate {
 public:
  /// @p recorder outlives it. @p database is its file.
  SafetyGate(record::Recorder& recorder, SafetyRule rule, std::string database)
      : recorder_(recorder), rule_(rule), database_(std::move(database)) {}

  [[nodiscard]] SafetyRule rule() const noexcept { return rule_; }
  /// Errors: kRefused, with how to answer; what the record says when it cannot be read: then nobody knows.
  [[nodiscard]] Result<> may_begin(const std::string& profile, bool simulated) const;
  /// What a profile answered last; empty: nothing yet. Errors: of the record.
  [[nodiscard]] Result<std::optional<record::SafetyAnswer>> newest(const std::string& profile) const;
  /// Keeps what was answered. Waits for the disk. Errors: kInvalidInput, of the record.
  Result<> answer(const std::string& profile, const session::SafetyAnswers& given);

 private:
  record::Recorder& recorder_;
  SafetyRule rule_;
  std::string database_;
};

}  // namespace knead::live
