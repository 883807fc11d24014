// SPDX-License-Identifier: Apache-2.0
// A USB/IP client that sends anything, in pieces of any size: the same bytes in one piece are answered the same, what
// goes out is whole messages, and when the client is gone the ball has no power.
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "hw/usbip/conversation.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using namespace std::chrono_literals;
using fuzz::must;

namespace {

namespace usbip = hw::usbip;
using Bytes = std::vector<std::byte>;

class Statue final : public ball::Person {
 public:
  Newtons force(DeviceTime /*t*/) override { return {20.0}; }
};

/// One client, from the first byte to the last.
class Client {
 public:
  explicit Client(bool attached) {
    auto& ball = shelf_.add(ball::Ball::create({}).value(), [] { return std::make_unique<Statue>(); }, now_);
    conversation_ = attached ? std::make_unique<usbip::Conversation>(shelf_, ball, now_)
                             : std::make_unique<usbip::Conversation>(shelf_);
  }

  void send(std::span<const std::byte> bytes) { conversation_->receive(bytes, now_); }
  void wait(std::chrono::milliseconds time) {
    now_ += time;
    if (!conversation_->over()) conversation_->advance(now_);
  }
  void hear(Bytes& into) {
    const Bytes out = conversation_->take_output();
    into.insert(into.end(), out.begin(), out.end());
  }
  void leave() {
    conversation_->hang_up(now_);
    const auto& left = *shelf_.balls().front();
    must(!left.attached(), "a ball never stays powered without a host");
    must(shelf_.balls().front()->paced().ball().motor().applied() == Level{}, "R1: it stops when the host is gone");
  }
  [[nodiscard]] bool attached() const { return conversation_->ball() != nullptr; }
  [[nodiscard]] bool over() const { return conversation_->over(); }

 private:
  HostTime now_ = HostTime{} + 1s;
  usbip::Shelf shelf_;
  std::unique_ptr<usbip::Conversation> conversation_;
};

std::uint32_t word_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

/// @p out of a client that began attached. Only an IN transfer's answer has data, and nothing tells one from OUT but
/// what was asked; so data is looked for where the next message does not begin.
void are_whole_answers(std::span<const std::byte> out) {
  while (!out.empty()) {
    must(out.size() >= usbip::kUrbHeaderSize, "an answer is whole");
    const std::uint32_t command = word_at(out, 0);
    must(command == 3 || command == 4, "an answer returns a submit or an unlink");
    const std::uint32_t moved = command == 3 ? word_at(out, 24) : 0;
    must(moved <= usbip::kMaxTransfer, "an answer is no longer than a transfer");
    out = out.subspan(usbip::kUrbHeaderSize);
    const bool has_data = out.size() >= moved && (out.size() < 4 || word_at(out, 0) < 3 || word_at(out, 0) > 4);
    if (has_data) out = out.subspan(moved);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t how = input.u8();
  const bool attached = (how & 1U) != 0;
  const bool in_time = (how & 2U) != 0;  // time passes between pieces; then only one of the two can be compared

  Client in_pieces(attached);
  Client at_once(attached);
  Bytes said;
  Bytes pieces_heard;
  while (!input.empty()) {
    const std::uint8_t cut = input.u8();
    const auto piece = input.take(cut);
    said.insert(said.end(), piece.begin(), piece.end());
    in_pieces.send(piece);
    if (in_time) in_pieces.wait(std::chrono::milliseconds(cut % 4));
  }
  in_pieces.hear(pieces_heard);
  if (!in_time) {
    at_once.send(said);
    Bytes heard;
    at_once.hear(heard);
    must(heard == pieces_heard, "how bytes are cut makes no difference");
    must(at_once.over() == in_pieces.over() && at_once.attached() == in_pieces.attached(), "nor to how it ends");
  }
  in_pieces.wait(600ms);  // longer than any TTL
  in_pieces.hear(pieces_heard);
  if (attached) are_whole_answers(pieces_heard);
  in_pieces.leave();
  at_once.leave();
  return 0;
}
