// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libusb.h>

#include <chrono>
#include <memory>

#include "daemon/core/units.hpp"

namespace knead::hw {

/// Handles libusb's events, and knows which thread does so and whether it still lives. Completion callbacks belong to
/// that thread alone; any other thread that waits for a transfer must leave the events to it, unless it has ended, when
/// nobody else would ever handle them.
///
///   nobody ── handle() ──▶ thread A ── A ends, or another thread calls handle() ──▶ nobody / that thread
///
/// One thread serves one bus: a thread that alternates between two counts as ended for the one it is not at.
class EventThread {
 public:
  explicit EventThread(libusb_context& context);

  /// Handles what is due and what comes until @p deadline, then makes the calling thread the event thread. Returns as
  /// soon as something was handled.
  void handle(HostTime deadline) noexcept;
  /// Another thread, which lives, handles the events. Any thread.
  [[nodiscard]] bool is_elsewhere() const noexcept;
  /// Lets @p step go by: asleep while another thread handles the events, else handling them.
  void pass(std::chrono::milliseconds step) noexcept;
  /// Makes handle() return soon. Any thread.
  void wake() noexcept;

 private:
  struct Mark;
  class Tenure;
  static Tenure& tenure() noexcept;

  libusb_context& context_;
  std::shared_ptr<Mark> mark_;
};

}  // namespace knead::hw
