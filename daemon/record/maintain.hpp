// SPDX-License-Identifier: Apache-2.0
// Copies of a database, and its size.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/core/error.hpp"

namespace knead::record {

/// Which names are in the folder of @p path is on the disk.
void sync_folder_of(const std::string& path);

/// Onto the disk, and then to @p to. Errors: kRefused when that exists and is not to be replaced; kStorage.
Result<> move_file(const std::string& from, const std::string& to, bool replace);

/// A new file in the folder of another, which takes that one's place in one step or goes away, with what SQLite may
/// have put beside it.
class FileBeside {
 public:
  /// Errors: kAccessDenied, kStorage.
  static Result<FileBeside> make(const std::string& path);
  FileBeside(FileBeside&& other) noexcept;
  FileBeside& operator=(FileBeside&& other) = delete;
  ~FileBeside();

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Onto the disk, and then to @p path. Errors: kRefused when that exists and is not to be replaced; kStorage.
  Result<> move_to(const std::string& path, bool replace);

 private:
  explicit FileBeside(std::string name) : name_(std::move(name)) {}
  std::string name_;  ///< empty: moved
};

struct Backup {
  std::uint64_t bytes = 0;
  std::int64_t sessions = 0;
  std::uint64_t samples = 0;
};

/// Copies @p path as it is at this moment, also while a session is recorded into it, to @p to: all of it, checked, or
/// nothing. Errors: kRefused when @p to exists and is not to be replaced; kStorage names what the check of the copy
/// found, or that the disk is full; as of reading.
Result<Backup> back_up_database(const std::string& path, const std::string& to, bool replace);

struct Vacuumed {
  std::uint64_t bytes_before = 0;  ///< of the file and its log
  std::uint64_t bytes_after = 0;
};

/// Writes the file anew without the room that deleted sessions left in it. Errors: kBusy while a daemon writes;
/// kStorage when the disk has no room for the second copy this takes.
Result<Vacuumed> vacuum_database(const std::string& path);

}  // namespace knead::record
