// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/salvage.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace knead::record {

namespace {

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> key;  ///< in order
};

std::vector<Table> tables_of(SQLite::Database& db) {
  std::vector<Table> tables;
  SQLite::Statement names(db,
                          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                          "ORDER BY name <> 'sessions', name");
  while (names.executeStep()) {
    Table table{.name = names.getColumn(0).getString(), .columns = {}, .key = {}};
    SQLite::Statement columns(db, "SELECT name FROM pragma_table_info('" + table.name + "') ORDER BY cid");
    while (columns.executeStep()) table.columns.push_back(columns.getColumn(0).getString());
    SQLite::Statement key(db, "SELECT name FROM pragma_table_info('" + table.name + "') WHERE pk > 0 ORDER BY pk");
    while (key.executeStep()) table.key.push_back(key.getColumn(0).getString());
    tables.push_back(std::move(table));
  }
  return tables;
}

std::string list_of(const std::vector<std::string>& names, const char* after = "", const char* between = ", ") {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : between) + name + after;
  return list;
}

class Salvage {
 public:
  /// @p unread is told of the keys (the first column of it) whose rows could not be read to the end.
  Salvage(SQLite::Database& damaged, SQLite::Database& copy, const Table& table, const ProbeLimits& limits,
          UnreadSessions& unread)
      : damaged_(damaged),
        copy_(copy),
        table_(table),
        limits_(limits),
        unread_(unread),
        insert_(copy, fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING", table.name,
                                  list_of(table.columns), marks(table.columns.size()))),
        same_(copy, fmt::format("SELECT 1 FROM {} WHERE {}", table.name, list_of(table.columns, " IS ?", " AND "))) {}

  /// @return whether every row could be read.
  bool run() {
    SQLite::Statement forwards = select("", "");
    if (read(forwards)) return true;
    const auto front = last_key_;
    SQLite::Statement backwards = select("", " DESC");
    read(backwards);
    const auto back = last_key_;
    if (table_.key.empty()) return false;
    // What lies between the two ends of the damage.
    const std::string where = fmt::format("WHERE {} = ?", table_.key.front());
    SQLite::Statement of_key = select(where, "");
    SQLite::Statement of_key_backwards = select(where, " DESC");
    const std::int64_t most = back ? limits_.between : limits_.behind;
    std::int64_t left = most;
    std::int64_t key = front.value_or(0);
    for (; left > 0 && key <= back.value_or(kLastKey); ++key, --left) {
      of_key.bind(1, key);
      const bool whole = read(of_key);
      bool found = last_key_.has_value();
      if (!whole) {
        unread_.ids.insert(key);
        of_key_backwards.bind(1, key);
        read(of_key_backwards);
        found = found || last_key_;
      }
      if (found) left = most;
    }
    if (left == 0) unread_.from = std::min(unread_.from, key);
    return false;
  }
  /// Whether there were rows that could be read, and that the table does not take.
  [[nodiscard]] bool refused() const { return refused_; }
  /// Whether there were rows with the key of another.
  [[nodiscard]] bool doubled() const { return doubled_; }

 private:
  static constexpr std::int64_t kLastKey = std::numeric_limits<std::int64_t>::max() - 1;

  static std::string marks(std::size_t count) {
    std::string text = "?";
    for (std::size_t i = 1; i < count; ++i) text += ", ?";
    return text;
  }

  SQLite::Statement select(const std::string& where, const char* direction) {
    return {damaged_, fmt::format("SELECT {}{} FROM {} NOT INDEXED {} {} {}", list_of(table_.columns),
                                  table_.key.empty() ? "" : ", " + table_.key.front(), table_.name, where,
                                  table_.key.empty() ? "" : "ORDER BY", list_of(table_.key, direction))};
  }

  /// @return whether it came to the end.
  bool read(SQLite::Statement& select) {
    last_key_.reset();
    for (;;) {
      const int result = select.tryExecuteStep();
      if (result != SQLITE_ROW) {
        select.tryReset();
        return result == SQLITE_DONE;
      }
      if (!table_.key.empty()) last_key_ = select.getColumn(static_cast<int>(table_.columns.size())).getInt64();
      if (insert(select)) continue;
      // As lost as one that cannot be read.
      if (last_key_) unread_.ids.insert(*last_key_);
    }
  }

  void bind_row(SQLite::Statement& to, SQLite::Statement& row) const {
    for (int i = 0; i < static_cast<int>(table_.columns.size()); ++i) bind(to, i + 1, row.getColumn(i));
  }

  static void bind(SQLite::Statement& statement, int to, const SQLite::Column& value) {
    if (value.isInteger()) {
      statement.bind(to, value.getInt64());
    } else if (value.isFloat()) {
      statement.bind(to, value.getDouble());
    } else if (value.isText()) {
      statement.bind(to, value.getString());
    } else if (value.isBlob()) {
      // SQLite gives nullptr for an empty one, and takes nullptr for NULL.
      const void* bytes = value.getBlob();
      statement.bind(to, bytes == nullptr ? "" : bytes, value.getBytes());
    } else {
      statement.bind(to);
    }
  }

  /// @return whether it is in the copy now. Not one whose values the table does not take (a NULL where damage left
  /// one), and not one whose key another has.
  bool insert(SQLite::Statement& row) {
    bind_row(insert_, row);
    const int result = insert_.tryExecuteStep();
    insert_.tryReset();
    if (result == SQLITE_DONE) {
      // Around damage a row is read more than once.
      const bool there = copy_.getChanges() > 0 || is_there(row);
      doubled_ = doubled_ || !there;
      return there;
    }
    if ((result & 0xFF) == SQLITE_CONSTRAINT || (result & 0xFF) == SQLITE_MISMATCH) {
      refused_ = true;
      return false;
    }
    throw SQLite::Exception(::sqlite3_errstr(result), result);
  }

  bool is_there(SQLite::Statement& row) {
    bind_row(same_, row);
    const bool there = same_.executeStep();
    same_.reset();
    return there;
  }

  SQLite::Database& damaged_;
  SQLite::Database& copy_;
  const Table& table_;
  const ProbeLimits& limits_;
  UnreadSessions& unread_;
  SQLite::Statement insert_;
  SQLite::Statement same_;  ///< finds a row that is there already
  std::optional<std::int64_t> last_key_;
  bool refused_ = false;
  bool doubled_ = false;
};

}  // namespace

UnreadSessions salvage(SQLite::Database& damaged, SQLite::Database& copy, std::vector<std::string>& missing,
                       const ProbeLimits& limits) {
  UnreadSessions unread;
  UnreadSessions of_others;
  for (const Table& table : tables_of(copy)) {
    const bool counted = table.name != "events" && table.name != "inputs";
    Salvage one(damaged, copy, table, limits, counted ? of_others : unread);
    if (!one.run()) missing.push_back("some of the table " + table.name + " cannot be read");
    if (one.refused()) missing.push_back("some rows of the table " + table.name + " held what no row may hold");
    if (one.doubled()) missing.push_back("some rows of the table " + table.name + " had the number of another");
  }
  return unread;
}

}  // namespace knead::record
