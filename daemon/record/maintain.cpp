// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/maintain.hpp"

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/record/check.hpp"
#include "daemon/record/database.hpp"
#include "daemon/record/lock_file.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

namespace {

std::uint64_t size_of(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

Error exists(const std::string& path) {
  return {.code = Errc::kRefused, .context = path + " exists", .remedy = "use another name, or --force to replace it"};
}

bool sync_to_disk(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  return synced;
}

}  // namespace

void sync_folder_of(const std::string& path) {
  std::error_code none;
  static_cast<void>(sync_to_disk(std::filesystem::absolute(path, none).parent_path().string()));
}

Result<> move_file(const std::string& from, const std::string& to, bool replace) {
  if (!sync_to_disk(from)) return fail_errno(Errc::kStorage, "cannot write all of " + to, "check the free space");
  int failed = replace ? ::rename(from.c_str(), to.c_str())
                       : ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  // A file system that cannot promise it: the look we had before is the best there is.
  if (failed != 0 && !replace && errno == EINVAL) failed = ::rename(from.c_str(), to.c_str());
  if (failed != 0 && errno == EEXIST) return std::unexpected(exists(to));
  if (failed != 0) return fail_errno(Errc::kStorage, "cannot write " + to);
  sync_folder_of(to);
  return {};
}

Result<FileBeside> FileBeside::make(const std::string& path) {
  const std::filesystem::path wanted(path);
  std::string name = (wanted.parent_path() / ("." + wanted.filename().string() + ".XXXXXX")).string();
  const int fd = ::mkstemp(name.data());
  if (fd < 0) {
    const Errc code = errno == ENOSPC ? Errc::kStorage : Errc::kAccessDenied;
    return fail_errno(code, "cannot write beside " + path,
                      "use a folder that you may write to, on a disk with free space");
  }
  // mkstemp makes it for the owner alone; a database that takes another's place belongs to the same people as that one.
  struct stat old{};
  const mode_t mask = ::umask(0);
  ::umask(mask);
  mode_t mode = 0666U & ~mask;
  if (::stat(path.c_str(), &old) == 0) {
    mode = old.st_mode & 0777U;
    // Root alone may give a file away; whoever else is here may at most be of its group. Who is not has another group,
    // which was never meant.
    constexpr auto kKeep = static_cast<uid_t>(-1);
    if (::fchown(fd, old.st_uid, old.st_gid) != 0 && ::fchown(fd, kKeep, old.st_gid) != 0) mode &= ~070U;
  }
  static_cast<void>(::fchmod(fd, mode));
  ::close(fd);
  return FileBeside(std::move(name));
}

FileBeside::FileBeside(FileBeside&& other) noexcept : name_(std::exchange(other.name_, {})) {}

FileBeside::~FileBeside() {
  if (name_.empty()) return;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((name_ + suffix).c_str());
}

Result<> FileBeside::move_to(const std::string& path, bool replace) {
  if (auto moved = move_file(name_, path, replace); !moved) return moved;
  // Readers of a database in WAL mode leave their empty log behind.
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((name_ + suffix).c_str());
  name_.clear();
  return {};
}

Result<Backup> back_up_database(const std::string& path, const std::string& to, bool replace) {
  if (auto there = must_exist(path); !there) return std::unexpected(there.error());
  std::error_code none;
  if (std::filesystem::equivalent(path, to, none)) {
    return fail(Errc::kRefused, to + " is the database itself", "name another file");
  }
  // Before the work, so that a long copy does not end in a refusal.
  if (!replace && std::filesystem::exists(std::filesystem::symlink_status(to, none)))
    return std::unexpected(exists(to));
  auto copy = FileBeside::make(to);
  if (!copy) return std::unexpected(copy.error());
  const auto copied = guarded(path, "copy", [&]() -> Result<> {
    const auto from = open_reader(path);
    SQLite::Database target(copy->name(), SQLite::OPEN_READWRITE, kBusyTimeoutMs);
    SQLite::Backup backup(target, *from);
    // In one go: one moment of the database, and a writer does not wait for it.
    const int result = backup.executeStep(-1);
    if (result != SQLITE_DONE) throw SQLite::Exception(::sqlite3_errstr(result), result);
    return {};
  });
  if (!copied) return std::unexpected(copied.error());
  const auto check = check_database(copy->name());
  if (!check) return std::unexpected(check.error());
  if (!check->sound()) {
    return fail(Errc::kStorage, fmt::format("the backup would not be sound: {}", to_string(check->findings.front())),
                "`knead db check` tells more; nothing was written");
  }
  if (auto moved = copy->move_to(to, replace); !moved) return std::unexpected(moved.error());
  return Backup{.bytes = size_of(to), .sessions = check->sessions, .samples = check->samples};
}

Result<Vacuumed> vacuum_database(const std::string& path) {
  if (auto there = must_exist(path); !there) return std::unexpected(there.error());
  // Takes the lock, so that no daemon comes between.
  const auto store = Store::open(path);
  if (!store) return std::unexpected(store.error());
  return guarded(path, "shrink", [&]() -> Result<Vacuumed> {
    Vacuumed result{.bytes_before = size_of(path) + size_of(path + "-wal"), .bytes_after = 0};
    SQLite::Database db(path, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
    db.exec("VACUUM");
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    result.bytes_after = size_of(path) + size_of(path + "-wal");
    return result;
  });
}

}  // namespace knead::record
