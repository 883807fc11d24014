// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/swap.hpp"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/record/database.hpp"

namespace knead::record {

namespace {

std::string log_of(const std::string& path) { return path + "-wal"; }

bool has_log(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(log_of(path), none);
  return !none && size > 0;
}

/// Writes all of @p copy into the log of @p beside.
Result<> write_log(const std::string& copy, const std::string& beside) {
  return guarded(copy, "copy", [&]() -> Result<> {
    SQLite::Database from(copy, SQLite::OPEN_READONLY, kBusyTimeoutMs);
    SQLite::Database to(beside, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
    to.exec("PRAGMA journal_mode = WAL");
    // It stays a log: nothing goes from it into the file, also not at the end.
    to.exec("PRAGMA wal_autocheckpoint = 0");
    ::sqlite3_db_config(to.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    SQLite::Backup backup(to, from);
    const int result = backup.executeStep(-1);
    if (result != SQLITE_DONE) throw SQLite::Exception(::sqlite3_errstr(result), result);
    return {};
  });
}

/// Onto the disk, too.
Result<> swap_names(const std::string& a, const std::string& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
    const bool cannot = errno == EINVAL || errno == ENOSYS;
    return fail_errno(Errc::kStorage, fmt::format("cannot swap {} and {}", a, b),
                      cannot ? "copy the database, with its -wal file, to another disk, and repair it there: this "
                               "one's file system cannot swap two files"
                             : "check the folder's permissions");
  }
  sync_folder_of(b);
  return {};
}

}  // namespace

DatabaseSwap::DatabaseSwap(FileBeside copy, std::string path, std::string kept_as)
    : copy_(std::move(copy)), path_(std::move(path)), kept_as_(std::move(kept_as)) {}

Result<DatabaseSwap> DatabaseSwap::prepare(FileBeside copy, std::string path, std::string kept_as) {
  DatabaseSwap swap(std::move(copy), std::move(path), std::move(kept_as));
  if (!has_log(swap.path_)) return swap;
  auto log = FileBeside::make(swap.path_);
  if (!log) return std::unexpected(log.error());
  if (auto written = write_log(swap.copy_.name(), log->name()); !written) return std::unexpected(written.error());
  swap.log_.emplace(*std::move(log));
  return swap;
}

Result<> DatabaseSwap::step() {
  const auto done = perform();
  if (!done) return undo(done.error());
  ++step_;
  return {};
}

Result<> DatabaseSwap::perform() & {
  switch (step_) {
    case 1:
      return log_ ? move_file(log_of(log_->name()), log_of(kept_as_), false) : Result<>{};
    case 2:
      return copy_.move_to(kept_as_, false);
    case 3:
      // The log's index goes with it: whoever opens the database next makes a new one.
      if (log_) ::unlink((path_ + "-shm").c_str());
      return log_ ? swap_names(log_of(kept_as_), log_of(path_)) : Result<>{};
    default:
      if (auto swapped = swap_names(kept_as_, path_); !swapped) return swapped;
      ::unlink((path_ + "-shm").c_str());
      return {};
  }
}

Result<> DatabaseSwap::undo(Error why) {
  if (step_ == kLastStep && log_) {
    if (!swap_names(log_of(kept_as_), log_of(path_))) {
      why.remedy =
          fmt::format("{} reads as repaired all the same; the damaged one's log is {}", path_, log_of(kept_as_));
      return std::unexpected(std::move(why));
    }
  }
  // These are the new ones.
  if (step_ > 1 && log_) ::unlink(log_of(kept_as_).c_str());
  if (step_ > 2) ::unlink(kept_as_.c_str());
  return std::unexpected(std::move(why));
}

}  // namespace knead::record
