// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "daemon/api/client.hpp"

namespace knead::scenario {

/// Waits for @p condition, looking every few milliseconds. @return false when it did not come true in time.
bool wait_for(const std::function<bool()>& condition, std::chrono::seconds bound = std::chrono::seconds(30));

/// A folder of its own under the system's temporary one, gone with its owner.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& name);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string path(const std::string& file) const { return (folder_ / file).string(); }

 private:
  std::filesystem::path folder_;
};

/// The real kneadd as a child process, with a socket, a database and a configuration of its own. Killed with its owner.
class DaemonProcess {
 public:
  /// @param arguments beyond --config, --socket and --database. @param config_text beyond what a test always needs.
  DaemonProcess(const ScratchFolder& folder, std::vector<std::string> arguments, const std::string& config_text = {});
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Waits until it answers and the ball streams. The test fails when it does not.
  api::Client connect();
  void signal(int number) const;
  /// Waits for its end. @return exit code, or 128 + signal.
  int wait();
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// What it wrote to standard error so far.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] const std::string& database() const { return database_; }
  [[nodiscard]] const std::string& socket() const { return socket_; }

 private:
  std::string socket_;
  std::string database_;
  std::string log_;
  pid_t pid_ = -1;
};

}  // namespace knead::scenario
