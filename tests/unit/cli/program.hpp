// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knead::cli {

/// The program under a pseudo terminal or with its output in a pipe.
class Program {
 public:
  enum class Output : std::uint8_t { kPipe, kTerminal };

  /// @p errors: a file for standard error; empty: it goes where standard output goes.
  Program(std::vector<std::string> arguments, const std::string& home, Output output, const std::string& errors = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void close_output() { ::close(std::exchange(fd_, -1)); }
  void signal(int number) const { ::kill(pid_, number); }
  void type(std::string_view keys) const;
  /// Reads until @p text was put out. False: it never was.
  bool says(std::string_view text);
  /// -1 when it does not end, or ends by a signal.
  int exit_code();
  [[nodiscard]] const std::string& output() const { return output_; }
  [[nodiscard]] bool terminal_is_as_before() const;
  [[nodiscard]] bool echoes() const;

 private:
  static constexpr std::chrono::seconds kPatience{30};
  bool read_some(std::chrono::milliseconds patience = kPatience);

  int fd_ = -1;
  int slave_ = -1;
  pid_t pid_ = -1;
  bool ended_ = false;
  termios before_{};
  std::string output_;
};

}  // namespace knead::cli
