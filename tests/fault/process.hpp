// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knead::fault {

/// Looks each millisecond until @p condition is true. @return false when it was not in time.
bool wait_for(const std::function<bool()>& condition, std::chrono::milliseconds bound = std::chrono::seconds(30));

/// A folder under the system's temporary one, gone with its owner.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path(const std::string& file) const { return (folder_ / file).string(); }

 private:
  std::filesystem::path folder_;
};

struct KneaddOptions {
  std::string database;                  ///< empty: in the folder
  bool realtime = false;                 ///< as shipped: real-time priority and locked memory; else neither
  std::vector<std::string> arguments{};  ///< beyond --config, --socket and --database
  std::string preload{};                 ///< LD_PRELOAD
};

/// The real kneadd as a child. Killed with its owner. One thread, which is also the tracer of a ThreadHold.
class Kneadd {
 public:
  Kneadd(const Folder& folder, KneaddOptions options);
  ~Kneadd();
  Kneadd(const Kneadd&) = delete;
  Kneadd& operator=(const Kneadd&) = delete;

  void signal(int number) const;
  /// @return exit code, or 128 + signal.
  int wait();
  /// Ends it as a service manager does. @return its exit code.
  int terminate();
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Its thread of that name; for "kneadd" the main thread.
  [[nodiscard]] std::optional<pid_t> thread(std::string_view name) const;
  /// The process of the plugin of its session.
  [[nodiscard]] std::optional<pid_t> plugin() const;
  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] const std::string& database() const { return database_; }
  [[nodiscard]] std::string log() const;
  /// What each of its threads is at, a line each, for whoever wonders why it does not answer: where it waits in the
  /// kernel ("0": it does not) and the number of the system call it is in.
  [[nodiscard]] std::string doings() const;

  struct Usage {
    std::uint64_t resident_kb = 0;
    std::size_t descriptors = 0;
    std::chrono::milliseconds cpu{};
  };
  [[nodiscard]] Usage usage() const;

 private:
  std::string socket_;
  std::string database_;
  std::string log_;
  pid_t pid_ = -1;
};

/// Keeps one thread of a child from running, as a page fault or a lock that never comes would; the others run on.
class ThreadHold {
 public:
  explicit ThreadHold(pid_t thread);
  ~ThreadHold();
  ThreadHold(const ThreadHold&) = delete;
  ThreadHold& operator=(const ThreadHold&) = delete;

 private:
  pid_t thread_;
};

}  // namespace knead::fault
