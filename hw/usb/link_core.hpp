// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libusb.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "hw/link/link.hpp"

namespace knead::hw {

struct FreeTransfer {
  void operator()(libusb_transfer* transfer) const noexcept { libusb_free_transfer(transfer); }
};
using TransferPtr = std::unique_ptr<libusb_transfer, FreeTransfer>;
/// Throws std::bad_alloc, like any other allocation.
TransferPtr make_transfer();

/// What the pipes of one link share: its phase, its sink, and the count of transfers libusb still holds.
///
///            start_streaming()              declare_gone()
///   kOpen ──────────────────▶ kStreaming ─────────────────▶ kGone      on_gone() is called on this edge, and only here
///     └──────────────────────────── declare_gone() ───────────▲        (no sink: nobody to tell)
///
/// Beside the phase, `closing` is set once by ~UsbLink: from then on nothing is submitted and the sink hears nothing.
///
/// A transfer counts as in flight from submit() until its callback calls retire() as its last act; a callback that
/// submits it again keeps the count. So a count of 0 means that no callback runs any more that could submit.
class LinkCore {
 public:
  explicit LinkCore(libusb_device_handle& handle) noexcept : handle_(handle) {}

  /// First submission of a transfer: libusb's code, 0 is success. Counts it. Any thread.
  [[nodiscard]] int submit(libusb_transfer& transfer) noexcept;
  /// From the transfer's own callback: libusb's code; on failure the callback retires it.
  [[nodiscard]] static int submit_again(libusb_transfer& transfer) noexcept;
  /// The last act of a callback whose transfer was not submitted again.
  void retire() noexcept { in_flight_.fetch_sub(1); }

  /// Neither gone nor closing: worth submitting to. Any thread.
  [[nodiscard]] bool is_alive() const noexcept { return !closing_.load() && phase_.load() != Phase::kGone; }
  [[nodiscard]] bool is_gone() const noexcept { return phase_.load() == Phase::kGone; }
  [[nodiscard]] int in_flight() const noexcept { return in_flight_.load(); }
  [[nodiscard]] libusb_device_handle& handle() const noexcept { return handle_; }

  /// Main thread. @return false when the ball went before; then the sink is never called.
  bool start_streaming(ReportSink& sink) noexcept;
  /// Tells the sink, once. Event thread.
  void declare_gone() noexcept;
  /// Gone, but without a word to the sink, for start() that fails. @return false when the sink has been told already.
  bool withdraw() noexcept;
  void close() noexcept { closing_.store(true); }

  /// To the sink, unless the link is closing or gone. Event thread. RT safe.
  void deliver(std::span<const std::byte> bytes, HostTime arrived) noexcept;
  void deliver_error(HostTime when) noexcept;

 private:
  enum class Phase : std::uint8_t { kOpen, kStreaming, kGone };
  [[nodiscard]] bool hears() const noexcept { return !closing_.load() && phase_.load() == Phase::kStreaming; }

  libusb_device_handle& handle_;
  ReportSink* sink_ = nullptr;  ///< written before kStreaming is published, read only after
  std::atomic<Phase> phase_ = Phase::kOpen;
  std::atomic<bool> closing_ = false;
  std::atomic<int> in_flight_ = 0;
};

/// Failures in a row, of one pipe, after which the link is beyond repair. A bus that really lost a device reports an
/// error for each attempt until the hub notices, within some 20 ms (dummy_hcd: at once); interference spoils a packet
/// or two. 16 is four rounds of the transfers in flight.
constexpr int kMaxFailures = 16;

}  // namespace knead::hw
