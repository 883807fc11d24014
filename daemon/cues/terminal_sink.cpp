// SPDX-License-Identifier: Apache-2.0
#include "daemon/cues/terminal_sink.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "daemon/session/text.hpp"

namespace knead::cues {

std::string plain_line(const session::Cue& cue) {
  const char* mark = cue.urgency == session::Urgency::kHigh ? "! " : "";
  const std::string text = session::clean_text(cue.text, session::kMaxCueBytes);
  const std::string count = cue.count ? fmt::format(" ({})", *cue.count) : std::string();
  return fmt::format("{:<10} {}{}{}", session::to_string(cue.kind), mark, text, count);
}

void TerminalSink::show(const session::Cue& cue) {
  // A terminal held with Ctrl-S or a full pipe must not hold up the daemon: what cannot be shown now is dropped.
  pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
  const std::string line = plain_line(cue) + "\n";
  static_cast<void>(!::write(descriptor_, line.data(), line.size()));
}

}  // namespace knead::cues
