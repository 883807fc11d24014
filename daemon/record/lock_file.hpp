// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "daemon/core/error.hpp"

namespace knead::record {

/// One writer per database: holds PATH.lock while it lives. The kernel lets go of it when the process dies, however it
/// dies, so that whoever holds it knows that every unfinished session in the database is a dead one's.
///
/// A file of its own, because closing any descriptor of the database itself would drop SQLite's locks on it (POSIX).
class LockFile {
 public:
  /// Errors: kBusy with the other program's process id; kAccessDenied.
  static Result<LockFile> take(const std::string& database);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace knead::record
