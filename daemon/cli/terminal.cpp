// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/terminal.hpp"

#include <fmt/core.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace knead::cli {
namespace {

void write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;  // the terminal is gone; the session's end is told elsewhere
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1 && variable("TERM") != "dumb"; }

bool somebody_can_answer() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

std::optional<std::string> ask_at_terminal(const std::string& question, SignalSource* signals) {
  fmt::print("{}", question);
  std::fflush(stdout);
  // A terminal hands over one line at a time, so no further line waits in the stream, where poll() would not see it.
  if (signals != nullptr && signals->came_while_waiting(STDIN_FILENO)) return std::nullopt;
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

Look look_of_terminal() {
  Look look;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) look.width = size.ws_col;
  look.utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  look.colour = variable("NO_COLOR").empty();
  return look;
}

LiveTerminal::LiveTerminal() {
  termios settings{};
  if (::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &settings) == 0) {
    before_ = settings;
    keys_ = true;
    // Keys one by one and unseen. ISIG stays: Ctrl-C is a signal, also when this program hangs.
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    settings.c_cc[VMIN] = 0;
    settings.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  }
  write_out("\x1b[?25l");  // hide the cursor
}

LiveTerminal::~LiveTerminal() {
  write_out("\x1b[0m\x1b[?25h");
  if (before_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
}

void LiveTerminal::draw(const std::vector<std::string>& lines) {
  std::string text;
  if (drawn_ > 0) text += "\x1b[" + std::to_string(drawn_) + "A";
  // Cleared from the end of what is written, not beforehand: nothing flickers.
  for (const auto& line : lines) text += "\r" + line + "\x1b[K\n";
  text += "\x1b[J";
  drawn_ = lines.size();
  write_out(text);
}

int LiveTerminal::key_fd() const { return keys_ ? STDIN_FILENO : -1; }

std::optional<char> LiveTerminal::read_key() {
  char key = 0;
  if (keys_ && ::read(STDIN_FILENO, &key, 1) == 1) return key;
  keys_ = false;  // readable without a key: the end of the input
  return std::nullopt;
}

}  // namespace knead::cli
