// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

#include "daemon/cues/cue_sink.hpp"

namespace knead::cues {

/// "harder     Press a little harder", one plain line without its line break, safe to print: control characters that a
/// plugin may have put into the text are left out.
std::string plain_line(const session::Cue& cue);

/// One plain line per cue, for kneadd in the foreground: reads well in a pipe, to a screen reader and on any terminal.
class TerminalSink : public CueSink {
 public:
  /// @param descriptor stays the caller's; must outlive it. SIGPIPE must be ignored.
  explicit TerminalSink(int descriptor) : descriptor_(descriptor) {}
  void show(const session::Cue& cue) override;

 private:
  int descriptor_;
};

}  // namespace knead::cues
