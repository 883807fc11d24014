// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/record/calibrations.hpp"
#include "daemon/session/safety_questions.hpp"

namespace knead::record {

class Store;

/// What a person answered to the safety questions, once.
struct SafetyAnswer {
  std::string profile{};
  std::string at{};  ///< UTC, ISO 8601
  session::SafetyAnswers given{};
  std::string knead_version{};
};

/// The store's table `safety_answers`: each answer is a row, the newest of a profile counts. The thread of the store.
class SafetyJournal {
 public:
  /// @p store outlives it.
  explicit SafetyJournal(const Store& store) : store_(&store) {}
  /// Errors: kStorage, kBusy, kAccessDenied.
  [[nodiscard]] Result<> add(const std::string& profile, const session::SafetyAnswers& given, WallTime at);
  /// Empty where the profile never answered.
  [[nodiscard]] Result<std::optional<SafetyAnswer>> newest(const std::string& profile) const;
  /// The newest of each profile, by profile.
  [[nodiscard]] Result<std::vector<SafetyAnswer>> newest_of_all() const;

 private:
  const Store* store_;
};

}  // namespace knead::record
