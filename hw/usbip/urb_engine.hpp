// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "daemon/core/units.hpp"
#include "hw/ball/paced_ball.hpp"
#include "hw/usbip/wire.hpp"

namespace knead::hw::usbip {

/// Answers the URBs of one host against one ball, as a host controller's schedule would: control and OUT at once,
/// interrupt IN when a report is due. vhci_hcd does not pace bInterval, so the ball must: an IN URB waits here.
///
///   CMD_SUBMIT IN ──▶ [waiting] ── report due ──▶ RET_SUBMIT ok, data
///                        │ ├────── endpoint halted ▶ RET_SUBMIT stall
///                        │ └────── CMD_UNLINK ────▶ RET_UNLINK unlinked, and no RET_SUBMIT
///                        └──────── host went away ▶ nothing
///
/// Pure: messages in, bytes out, host time is an argument. Owned by one thread. It never answers an URB twice.
class UrbEngine {
 public:
  /// @p ball must outlive the engine. @p device_id is the one URBs must carry.
  UrbEngine(ball::PacedBall& ball, std::uint32_t device_id) : ball_(ball), device_id_(device_id) {}

  /// Takes one request; answers go to @p out. @param payload what follows the header, of payload_size() bytes.
  /// @return false: a client so wrong that the connection must end (another device's id, too many waiting URBs).
  [[nodiscard]] bool submit(const Submit& request, std::span<const std::byte> payload, HostTime now,
                            std::vector<std::byte>& out);
  [[nodiscard]] bool unlink(const Unlink& request, HostTime now, std::vector<std::byte>& out);
  /// The ball lives until @p now; waiting URBs are answered with the reports that are due.
  void advance(HostTime now, std::vector<std::byte>& out);
  /// When advance() next has something to answer; HostTime::max() when no URB waits or no report will come.
  [[nodiscard]] HostTime next_due() const;
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

  /// A driver keeps a handful in flight; more than this is no driver.
  static constexpr std::size_t kMaxWaiting = 1024;

 private:
  void control(const Submit& request, std::span<const std::byte> payload, HostTime now, std::vector<std::byte>& out);

  ball::PacedBall& ball_;
  std::uint32_t device_id_;
  std::deque<Submit> waiting_;  // interrupt-IN URBs, oldest first
};

}  // namespace knead::hw::usbip
