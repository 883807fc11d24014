// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/urb_engine.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "hw/protocol/protocol.hpp"

namespace knead::hw::usbip {
namespace {

constexpr std::uint8_t kInNumber = protocol::kEndpointIn & 0x0FU;
constexpr std::uint8_t kOutNumber = protocol::kEndpointOut & 0x0FU;

/// An IN answer: a packet longer than the host left room for is an overflow, as on a real bus.
void answer_in(const Submit& request, std::span<const std::byte> data, std::vector<std::byte>& out) {
  const auto kept = data.first(std::min<std::size_t>(data.size(), request.length));
  const UrbStatus status = kept.size() < data.size() ? UrbStatus::kOverflow : UrbStatus::kOk;
  append_return_submit(request, status, kept.size(), kept, out);
}

void answer_stall(const Submit& request, std::vector<std::byte>& out) {
  append_return_submit(request, UrbStatus::kStall, 0, {}, out);
}

}  // namespace

bool UrbEngine::submit(const Submit& request, std::span<const std::byte> payload, HostTime now,
                       std::vector<std::byte>& out) {
  if (request.device_id != device_id_) return false;
  const bool in = request.direction == Direction::kIn;
  if (request.endpoint == 0) {
    control(request, payload, now, out);
  } else if (in && request.endpoint == kInNumber) {
    if (waiting_.size() >= kMaxWaiting) return false;
    waiting_.push_back(request);
  } else if (!in && request.endpoint == kOutNumber) {
    if (ball_.out(now, payload)) {
      append_return_submit(request, UrbStatus::kOk, payload.size(), {}, out);
    } else {
      answer_stall(request, out);
    }
  } else {
    answer_stall(request, out);
  }
  advance(now, out);  // a control request may have halted or freed the endpoint that URBs wait for
  return true;
}

bool UrbEngine::unlink(const Unlink& request, HostTime now, std::vector<std::byte>& out) {
  if (request.device_id != device_id_) return false;
  // Reports that were due before the unlink came go out first, as they would have on a bus.
  advance(now, out);
  const auto victim = std::ranges::find(waiting_, request.victim, &Submit::sequence);
  if (victim == waiting_.end()) {
    append_return_unlink(request, UrbStatus::kOk, out);
  } else {
    waiting_.erase(victim);
    append_return_unlink(request, UrbStatus::kUnlinked, out);
  }
  return true;
}

void UrbEngine::advance(HostTime now, std::vector<std::byte>& out) {
  ball_.advance(now);
  while (!waiting_.empty()) {
    if (ball_.ball().stalls(protocol::kEndpointIn)) {
      answer_stall(waiting_.front(), out);
    } else {
      const std::optional<ball::Packet> packet = ball_.poll_in(now);
      if (!packet) return;
      answer_in(waiting_.front(), packet->view(), out);
    }
    waiting_.pop_front();
  }
}

HostTime UrbEngine::next_due() const { return waiting_.empty() ? HostTime::max() : ball_.next_poll_at(); }

void UrbEngine::control(const Submit& request, std::span<const std::byte> payload, HostTime now,
                        std::vector<std::byte>& out) {
  const auto setup = ball::SetupPacket::parse(std::span<const std::byte, ball::SetupPacket::kSize>(request.setup));
  const bool in = request.direction == Direction::kIn;
  if (in != setup.device_to_host() && setup.length != 0) return answer_stall(request, out);
  const ball::ControlReply reply = ball_.control(now, setup, payload);
  if (reply.stalled) return answer_stall(request, out);
  if (in) return answer_in(request, reply.data, out);
  append_return_submit(request, UrbStatus::kOk, payload.size(), {}, out);
}

}  // namespace knead::hw::usbip
