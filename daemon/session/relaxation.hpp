// SPDX-License-Identifier: Apache-2.0
// An experiment, off by default (a profile's own switch): how the force under the ball falls while it is held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/core/sample.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {

/// Of tissue held at a constant depth the force falls with time (EVIDENCE.md, "Numbers worth showing", 5). A hand holds
/// no depth: it follows a band of force, and may move. Nothing here can tell the two apart, so the figures describe
/// what the force did and claim nothing about tissue.
struct Relaxation {
  double r60 = 0.0;    ///< (F0 - F60) / F0; F0 is the mean of the first second, F60 that of the 60th to 61st
  double slope = 0.0;  ///< of ln F on ln t, least squares over the means of seconds 1 to 60, each at its middle
};

/// Feed a release's samples in order. The first minute that begins in the band and never leaves contact, with nothing
/// lost, counts; what comes after it does not.
class RelaxationAccumulator {
 public:
  void feed(SessionTime t, const Sample& sample, const Band& band, Newtons contact) noexcept;
  /// What comes next is no part of the minute under way: a pause, another step.
  void interrupt() noexcept {
    began_.reset();
    next_seq_.reset();
  }
  /// Empty: no such minute.
  [[nodiscard]] std::optional<Relaxation> result() const noexcept;

 private:
  static constexpr std::size_t kSeconds = 61;
  struct Second {
    double sum_n = 0.0;
    std::size_t count = 0;
  };
  std::optional<SessionTime> began_;
  std::optional<std::uint64_t> next_seq_;
  std::array<Second, kSeconds> seconds_{};
  bool complete_ = false;
};

}  // namespace knead::session
