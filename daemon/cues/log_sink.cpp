// SPDX-License-Identifier: Apache-2.0
#include "daemon/cues/log_sink.hpp"

#include <spdlog/logger.h>

#include <utility>

#include "daemon/cues/terminal_sink.hpp"

namespace knead::cues {

LogSink::LogSink(std::shared_ptr<spdlog::logger> log) : log_(std::move(log)) {}

void LogSink::show(const session::Cue& cue) {
  const bool warning = cue.kind == session::CueKind::kWarning;
  log_->log(warning ? spdlog::level::warn : spdlog::level::info, "cue: {}", plain_line(cue));
}

}  // namespace knead::cues
