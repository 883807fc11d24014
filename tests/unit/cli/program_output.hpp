// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace knead {

struct ProgramOutput {
  int exit = -1;     ///< -1: it did not start, or ended by a signal
  std::string text;  ///< what it wrote, to both of its outputs
};

/// Runs a shell's command to its end.
inline ProgramOutput run_program(const std::string& command) {
  ProgramOutput out;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.text.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) out.exit = WEXITSTATUS(status);
  return out;
}

}  // namespace knead
