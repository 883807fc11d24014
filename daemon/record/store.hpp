// SPDX-License-Identifier: Apache-2.0
// Store: the database of sessions. SQLite, so that every language reads it, in years to come and during a session.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/record/lock_file.hpp"
#include "daemon/record/model.hpp"
#include "daemon/record/session_buffer.hpp"

namespace SQLite {  // NOLINT(readability-identifier-naming): the library's name
class Database;
}

namespace knead::record {

class Statements;

/// One thread at a time. Any number may read a database, in any process, while one writes.
class Store {
 public:
  /// For writing; makes the file and its folder when they are not there. Brings an older schema up to date, and closes
  /// what a crash left open: such sessions become "interrupted", with what is known of them.
  /// Errors: kAccessDenied, kBusy (another writer), kInvalidInput (not ours), kStorage (newer schema, damaged).
  static Result<Store> open(const std::string& path);
  /// Errors: kNotFound when there is no such file; otherwise as open().
  static Result<Store> open_read_only(const std::string& path);

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Sessions that open() found unfinished.
  [[nodiscard]] const std::vector<std::int64_t>& interrupted() const { return interrupted_; }

  /// Writes all that waits in @p buffer, in one transaction: all of it, or on an error nothing, and then it still
  /// waits.
  Result<> commit(SessionBuffer& buffer);
  /// Bounds the file, so that the record cannot eat a small disk; 0 for no bound. Beyond it commit() fails as on a full
  /// disk. Holds for this Store, not for the file.
  Result<> limit_size(std::uint64_t bytes);

  /// Newest first.
  [[nodiscard]] Result<std::vector<SessionFacts>> list_sessions(std::size_t limit) const;
  /// By session, of those from @p first on: many at once, where load_session() would read all the rest too.
  [[nodiscard]] Result<std::map<std::int64_t, std::vector<StoredMeasure>>> list_measures(std::int64_t first) const;
  /// The plugins of the newest sessions, newest first.
  [[nodiscard]] Result<std::vector<StoredPluginRun>> list_plugin_runs(std::size_t limit) const;
  /// What the plugin in @p file kept from its last session with @p profile; empty when nothing.
  [[nodiscard]] Result<std::string> plugin_state(const std::string& profile, const std::string& file) const;
  /// Errors: kNotFound.
  [[nodiscard]] Result<StoredSession> load_session(std::int64_t id) const;
  /// Errors: kNotFound; kStorage names an input that cannot be read.
  [[nodiscard]] Result<StoredInputs> load_inputs(std::int64_t id) const;
  /// Streams a session's samples in order, about a second at a time, with the force of the stored calibration.
  /// Stops at the first error of @p block and returns it. Errors: kNotFound; kStorage names a block that is damaged.
  [[nodiscard]] Result<> for_each_block(std::int64_t id,
                                        const std::function<Result<>(std::span<const TimedSample>)>& block) const;
  [[nodiscard]] Result<> for_each_sample(std::int64_t id, const std::function<void(const TimedSample&)>& sample) const;
  /// SQLite's own look at the whole file. Errors: kStorage with what it found.
  [[nodiscard]] Result<> check() const;
  /// For the files of this folder that keep other tables than a session's (calibrations.cpp, profiles.cpp,
  /// safety_answers.cpp).
  [[nodiscard]] SQLite::Database& database() const { return *db_; }

 private:
  Store(std::string path, std::optional<LockFile> lock, std::unique_ptr<SQLite::Database> db);
  void close_unfinished_sessions();
  void write(const SessionBuffer& buffer, std::int64_t id);

  std::string path_;
  std::optional<LockFile> lock_;  // before db_: let go of only after the database is closed
  std::unique_ptr<SQLite::Database> db_;
  std::unique_ptr<Statements> statements_;  // after db_: they go first
  std::vector<std::int64_t> interrupted_;
};

}  // namespace knead::record
