// SPDX-License-Identifier: Apache-2.0
// The tables, and how an older database becomes a current one. Private to this folder.
#pragma once

#include <span>
#include <string>

#include "daemon/core/error.hpp"

namespace SQLite {  // NOLINT(readability-identifier-naming): the library's name
class Database;
}

namespace knead::record {

/// In the file's header (pragma application_id): tells our databases from anybody else's. "KNAD".
constexpr int kApplicationId = 0x4b4e4144;

/// migrations()[v] takes a database from version v to v + 1. Never edit one that was released; add one.
[[nodiscard]] std::span<const char* const> migrations();
/// The newest version, the one this program reads and writes. In pragma user_version.
[[nodiscard]] inline int schema_version() { return static_cast<int>(migrations().size()); }

/// Whose file it is and of which version. Changes nothing. Throws what SQLiteCpp throws.
/// Errors: kInvalidInput (another program's), kStorage (written by a newer Knead).
[[nodiscard]] Result<int> version_of(SQLite::Database& db, const std::string& path);
/// For reading, which changes no schema. Throws what SQLiteCpp throws. Errors: as version_of(); kStorage (an older
/// one).
[[nodiscard]] Result<> must_be_current(SQLite::Database& db, const std::string& path);
/// Brings the database to schema_version(), each step a transaction. Throws what SQLiteCpp throws.
void migrate(SQLite::Database& db, int from);

}  // namespace knead::record
