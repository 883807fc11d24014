// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/safety_answers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "daemon/record/database.hpp"
#include "daemon/record/row.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

namespace {

SafetyAnswer answer_from(SQLite::Statement& select) {
  Row row(select);
  SafetyAnswer answer;
  answer.profile = row.text();
  answer.at = row.text();
  answer.given.version = row.int32();
  std::istringstream ids(row.text());
  for (std::string id; ids >> id;) answer.given.yes.push_back(id);
  answer.given.clinician_asked = row.flag();
  answer.knead_version = row.text();
  return answer;
}

}  // namespace

Result<> SafetyJournal::add(const std::string& profile, const session::SafetyAnswers& given, WallTime at) {
  return guarded(store_->path(), "write to", [&]() -> Result<> {
    SQLite::Statement row(store_->database(), R"sql(
      INSERT INTO safety_answers (profile, at, at_unix_us, questions_version, yes, clinician_asked, knead_version)
      VALUES (?, ?, ?, ?, ?, ?, ?))sql");
    run(row, profile, iso_utc(at), micros(at), given.version, fmt::format("{}", fmt::join(given.yes, " ")),
        given.clinician_asked, std::string(KNEAD_VERSION));
    return {};
  });
}

Result<std::optional<SafetyAnswer>> SafetyJournal::newest(const std::string& profile) const {
  return guarded(store_->path(), "read", [&]() -> Result<std::optional<SafetyAnswer>> {
    SQLite::Statement select(store_->database(), R"sql(
      SELECT profile, at, questions_version, yes, clinician_asked, knead_version FROM safety_answers
      WHERE profile = ? ORDER BY id DESC LIMIT 1)sql");
    select.bind(1, profile);
    return select.executeStep() ? std::optional(answer_from(select)) : std::nullopt;
  });
}

Result<std::vector<SafetyAnswer>> SafetyJournal::newest_of_all() const {
  return guarded(store_->path(), "read", [&]() -> Result<std::vector<SafetyAnswer>> {
    SQLite::Statement select(store_->database(), R"sql(
      SELECT profile, at, questions_version, yes, clinician_asked, knead_version FROM safety_answers
      WHERE id IN (SELECT max(id) FROM safety_answers GROUP BY profile) ORDER BY profile)sql");
    std::vector<SafetyAnswer> answers;
    while (select.executeStep()) answers.push_back(answer_from(select));
    return answers;
  });
}

}  // namespace knead::record
