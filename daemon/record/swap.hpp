// SPDX-License-Identifier: Apache-2.0
// How a repaired database takes the place of the damaged one, so that whenever the power goes there is a whole one at
// its path. Private to this folder.
//
// A database is two files, itself and its log (`knead.db-wal`), and no system call renames two. Beside the other's log,
// or without its own, neither would be whole. So the new one comes with a log that holds each of its pages: beside that
// log SQLite takes nothing from the file itself, and whatever that is, the two read as the new database.
//
//   stopped after              at the path is         which reads as   under the name to keep it by
//   prepare()                  old file, old log      the old one      nothing
//   1 the new log has a name   old file, old log      the old one      new log
//   2 the new file has one     old file, old log      the old one      new file, new log
//   3 the logs are swapped     old file, new log      the new one      new file, old log: neither
//   4 the files are swapped    new file, new log      the new one      old file, old log: the damaged one, as it was
//
// Each is on the disk before the next begins. A stop after 3 costs the damaged file: who next writes to the database
// writes the new log's pages into it. Where the damaged one has no log, none is needed, and 1 and 3 do nothing.
#pragma once

#include <optional>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/record/maintain.hpp"

namespace knead::record {

class DatabaseSwap {
 public:
  /// @p copy is a whole database in one file, @p path the damaged one, whose lock the caller holds; nobody has either
  /// open for writing. Errors: kStorage, when there is no room for the log.
  static Result<DatabaseSwap> prepare(FileBeside copy, std::string path, std::string kept_as);

  [[nodiscard]] bool done() const { return step_ > kLastStep; }
  /// The next one. On an error everything is as it was, or the error says what is not; then it must not be called
  /// again. Errors: kRefused when a name is not free; kStorage.
  Result<> step();

 private:
  static constexpr int kLastStep = 4;
  DatabaseSwap(FileBeside copy, std::string path, std::string kept_as);
  Result<> perform() &;
  Result<> undo(Error why);

  FileBeside copy_;
  std::optional<FileBeside> log_;  ///< a database whose log is the new log; empty where the old one has none
  std::string path_;
  std::string kept_as_;
  int step_ = 1;
};

}  // namespace knead::record
