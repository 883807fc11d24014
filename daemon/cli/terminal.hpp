// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/look.hpp"
#include "daemon/cli/signals.hpp"

namespace knead::cli {

/// stdout is a terminal that can be drawn on.
bool stdout_is_terminal();
/// stdin and stdout are one: somebody can answer.
bool somebody_can_answer();
/// Prints @p question; the next line, or nothing at the end of the input or when one of @p signals came.
/// @pre with signals: somebody_can_answer().
std::optional<std::string> ask_at_terminal(const std::string& question, SignalSource* signals = nullptr);
/// What it can show now: it may have been resized.
Look look_of_terminal();

/// Draws a block of lines in place, and reads single keys, until it is destroyed: then the terminal is as it was. Owns
/// the terminal's state; one per program run. Signals that end the program must be turned into an ordinary return
/// (SignalSource), so that the destructor runs on every way out.
class LiveTerminal {
 public:
  LiveTerminal();
  ~LiveTerminal();
  LiveTerminal(const LiveTerminal&) = delete;
  LiveTerminal& operator=(const LiveTerminal&) = delete;

  /// Over the block drawn before.
  void draw(const std::vector<std::string>& lines);
  /// stdin, for poll(); -1: it is no terminal, and there are no keys.
  [[nodiscard]] int key_fd() const;
  /// Nothing: no key, or the end of the input.
  std::optional<char> read_key();

 private:
  std::optional<termios> before_;
  std::size_t drawn_ = 0;
  bool keys_ = false;
};

}  // namespace knead::cli
