// SPDX-License-Identifier: Apache-2.0
// The adapter to SQLite: what SQLiteCpp throws ends here as an Error. Private to this folder.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "daemon/core/error.hpp"
#include "daemon/record/wall_time.hpp"

namespace knead::record {

/// Longer than any reader of ours holds a lock; short enough that the recorder soon comes back to the ring.
constexpr int kBusyTimeoutMs = 1000;

/// For reading, while others may write; on a read-only file system too. Throws what SQLiteCpp throws.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_reader(const std::string& path);

/// Errors: kNotFound. SQLite itself would make the file, or blame its folder.
[[nodiscard]] Result<> must_exist(const std::string& path);

/// In a person's words, with the way out; one for each way in which SQLite fails.
[[nodiscard]] Error storage_error(const std::string& path, std::string_view doing, const SQLite::Exception& thrown);

/// Runs @p body, which returns a Result and may throw what SQLiteCpp throws. @p doing completes "cannot ... PATH".
template <class Body>
auto guarded(const std::string& path, std::string_view doing, Body&& body) -> std::invoke_result_t<Body> {
  try {
    return std::forward<Body>(body)();
  } catch (const SQLite::Exception& thrown) {
    return std::unexpected(storage_error(path, doing, thrown));
  }
}

/// As the tables keep a duration, and a moment of any clock of ours.
[[nodiscard]] constexpr std::int64_t micros(std::chrono::microseconds d) { return d.count(); }
template <class Clock>
[[nodiscard]] constexpr std::int64_t micros(std::chrono::time_point<Clock, std::chrono::microseconds> t) {
  return t.time_since_epoch().count();
}

/// "2025-03-01T07:15:00.000000Z"
[[nodiscard]] std::string iso_utc(WallTime t);

/// Statements that are run again and again, parsed once. Goes before its database does.
class Statements {
 public:
  explicit Statements(SQLite::Database& db) : db_(db) {}
  /// As new: whatever became of its last run, it has no parameters. @param sql a literal: known by where it lies
  SQLite::Statement& operator()(const char* sql) {
    SQLite::Statement& statement = known_.try_emplace(sql, db_, sql).first->second;
    statement.tryReset();
    statement.clearBindings();
    return statement;
  }
  /// A statement that failed holds what it had begun. For the end of a transaction that did not come to its own.
  void reset() noexcept {
    for (auto& [sql, statement] : known_) statement.tryReset();
  }

 private:
  SQLite::Database& db_;
  std::map<const char*, SQLite::Statement> known_;
};

/// Binds a statement's parameters in order and runs it.
template <class... Values>
void run(SQLite::Statement& statement, const Values&... values) {
  auto bind = [&statement, at = 0](const auto& value) mutable {
    using T = std::remove_cvref_t<decltype(value)>;
    ++at;
    if constexpr (std::is_same_v<T, std::optional<int>> || std::is_same_v<T, std::optional<double>> ||
                  std::is_same_v<T, std::optional<std::string>>) {
      value ? statement.bind(at, *value) : statement.bind(at);
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      statement.bind(at, std::string(value));
    } else if constexpr (std::is_same_v<T, bool>) {
      statement.bind(at, value ? 1 : 0);
    } else if constexpr (std::is_unsigned_v<T>) {
      statement.bind(at, static_cast<std::int64_t>(value));
    } else {
      statement.bind(at, value);
    }
  };
  (bind(values), ...);
  statement.exec();
  statement.reset();
}

}  // namespace knead::record
