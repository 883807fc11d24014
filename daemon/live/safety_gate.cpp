// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/safety_gate.hpp"

#include <chrono>
#include <utility>

namespace knead::live {

namespace {
constexpr std::chrono::milliseconds kRecordPatience{2000};
}

Result<> SafetyGate::may_begin(const std::string& profile, bool simulated) const {
  // Where nobody is asked, a record that cannot be read keeps nobody from a session.
  if (session::may_begin(rule_, simulated, profile, std::nullopt)) return {};
  const auto last = newest(profile);
  if (!last) return std::unexpected(last.error());
  return session::may_begin(rule_, simulated, profile, *last ? std::optional((*last)->given) : std::nullopt);
}

Result<std::optional<record::SafetyAnswer>> SafetyGate::newest(const std::string& profile) const {
  const auto store = record::Store::open_read_only(database_);
  if (!store) return std::unexpected(store.error());
  return record::SafetyJournal(*store).newest(profile);
}

Result<> SafetyGate::answer(const std::string& profile, const session::SafetyAnswers& given) {
  if (auto right = session::check_answers(given); !right) return right;
  return recorder_.with_store(
      [profile, given](record::Store& store) -> Result<> {
        const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
        return record::SafetyJournal(store).add(profile, given, now);
      },
      kRecordPatience);
}

}  // namespace knead::live
