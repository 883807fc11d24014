// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/units.hpp"
#include "hw/usbip/shelf.hpp"
#include "hw/usbip/urb_engine.hpp"
#include "hw/usbip/wire.hpp"

namespace knead::hw::usbip {

/// One connection's whole dialogue: bytes in, bytes out.
///
///   [operations] ── OP_REQ_DEVLIST ──▶ answer ──▶ [over]
///        │ ├─────── refused import ──▶ answer ──▶ [over]
///        │ └─────── OP_REQ_IMPORT ───▶ answer ──▶ [attached] ── URBs ... ── anything malformed ──▶ [over]
///        └── a self-attached conversation begins here ─▲
///
/// Pure but for the shelf; host time is an argument. Owned by one thread. When it is destroyed its ball is detached:
/// a ball never stays powered without a host.
class Conversation {
 public:
  /// Begins with operations, as over TCP. @p shelf must outlive the conversation.
  explicit Conversation(Shelf& shelf) : shelf_(shelf) {}
  /// Begins attached: the kernel at the other end has been told about the ball already.
  Conversation(Shelf& shelf, ShelfBall& ball, HostTime now);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation();

  /// Takes what arrived, in pieces of any size.
  void receive(std::span<const std::byte> bytes, HostTime now);
  /// Answers what is due.
  void advance(HostTime now);
  /// See UrbEngine::next_due().
  [[nodiscard]] HostTime next_due() const;
  /// The host went away: the ball, if any, is detached.
  void hang_up(HostTime now);
  /// Moves out what is to be sent.
  [[nodiscard]] std::vector<std::byte> take_output() { return std::exchange(output_, {}); }

  /// No more will be said: send what is left and hang up.
  [[nodiscard]] bool over() const noexcept { return over_; }
  /// Why it is over, when that is somebody's mistake; else empty.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }
  /// The attached ball, or null.
  [[nodiscard]] ShelfBall* ball() const noexcept { return ball_; }

 private:
  /// Handles one whole message at the start of @p bytes. @return its size, or 0: more bytes are needed, or it is over.
  std::size_t handle(std::span<const std::byte> bytes, HostTime now);
  std::size_t handle_operation(std::span<const std::byte> bytes, HostTime now);
  std::size_t handle_urb(std::span<const std::byte> bytes, HostTime now);
  void list();
  void import(std::span<const std::byte> body, HostTime now);
  void attach(ShelfBall& ball, HostTime now);
  void end(std::string complaint = {});

  Shelf& shelf_;
  ShelfBall* ball_ = nullptr;
  std::optional<UrbEngine> urbs_;  // engaged while attached
  std::vector<std::byte> input_;
  std::vector<std::byte> output_;
  HostTime last_{};
  std::string complaint_;
  bool over_ = false;
};

}  // namespace knead::hw::usbip
