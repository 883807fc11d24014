// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/database.hpp"

#include <fmt/chrono.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include <ctime>

namespace knead::record {

namespace {

/// A database that nobody has open has neither a log nor an index of one (the log of one who has may be empty); where
/// we cannot make them, the disk most likely is read-only.
bool cannot_change(const std::string& path) {
  std::error_code none;
  if (std::filesystem::exists(path + "-shm", none)) return false;
  const std::filesystem::path folder = std::filesystem::absolute(path, none).parent_path();
  const auto log = std::filesystem::file_size(path + "-wal", none);
  return (none || log == 0) && ::access(folder.c_str(), W_OK) != 0;
}

std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  return uri + "?immutable=1";
}

}  // namespace

std::unique_ptr<SQLite::Database> open_reader(const std::string& path) {
  // Readers of a WAL database take part in its index, a file beside it, which a read-only disk cannot hold.
  if (cannot_change(path)) {
    return std::make_unique<SQLite::Database>(uri_of(path), SQLite::OPEN_READONLY | SQLite::OPEN_URI, kBusyTimeoutMs);
  }
  return std::make_unique<SQLite::Database>(path, SQLite::OPEN_READONLY, kBusyTimeoutMs);
}

Result<> must_exist(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return {};
  return fail(Errc::kNotFound, "there is no database " + path, "it appears with the first session");
}

Error storage_error(const std::string& path, std::string_view doing, const SQLite::Exception& thrown) {
  const std::string what = "cannot " + std::string(doing) + " the database " + path + ": ";
  switch (thrown.getErrorCode()) {
    case SQLITE_FULL:
      return {.code = Errc::kStorage, .context = what + "the disk is full", .remedy = "free some space"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {.code = Errc::kBusy,
              .context = what + "another program holds a lock on it",
              .remedy = "close the program that has it open"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {.code = Errc::kAccessDenied,
              .context = what + "it cannot be opened",
              .remedy = "check that its folder exists and belongs to the user who runs this"};
    case SQLITE_READONLY:
      return {.code = Errc::kAccessDenied,
              .context = what + "it cannot be written to",
              .remedy = "check the permissions of the file and its folder, and that the disk is not mounted read-only"};
    case SQLITE_NOTADB:
      return {.code = Errc::kInvalidInput,
              .context = what + "the file is not a database",
              .remedy = "name another file; this one was left as it is"};
    case SQLITE_CORRUPT:
      return {.code = Errc::kStorage, .context = what + "it is damaged", .remedy = "restore a backup of it"};
    case SQLITE_IOERR:
      return {.code = Errc::kStorage,
              .context = what + "the disk reports an error",
              .remedy = "check the disk and its free space"};
    default:
      return {.code = Errc::kStorage, .context = what + thrown.what()};
  }
}

std::string iso_utc(WallTime t) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(t);
  const std::time_t c_time = seconds.time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&c_time, &utc);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", utc, (t - seconds).count());
}

}  // namespace knead::record
