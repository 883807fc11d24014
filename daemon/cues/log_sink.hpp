// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "daemon/cues/cue_sink.hpp"

namespace spdlog {
class logger;  // NOLINT(readability-identifier-naming): spdlog's name
}

namespace knead::cues {

/// Cues as log lines: what the person was told, beside what the daemon did. Warnings are warnings there too.
class LogSink : public CueSink {
 public:
  explicit LogSink(std::shared_ptr<spdlog::logger> log);
  void show(const session::Cue& cue) override;

 private:
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace knead::cues
