// SPDX-License-Identifier: Apache-2.0
// What a plugin's process may send, and what is sent to it: what encode() would not have written is refused
// (daemon/host/frames.hpp), so whatever is taken is encoded to the very same bytes.
#include <algorithm>
#include <variant>

#include "daemon/host/frames.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

namespace {

template <class Frame>
void is_what_encode_writes(const Result<Frame>& frame, std::span<const std::byte> bytes) {
  if (!frame) {
    must(frame.error().code == Errc::kProtocol, "a malformed frame is a breach of protocol");
    return;
  }
  host::FrameBuffer buffer{};
  must(std::ranges::equal(host::encode(*frame, buffer), bytes), "a frame is encoded to the bytes it came as");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::bytes_of(data, size);
  is_what_encode_writes(host::decode_to_plugin(bytes), bytes);
  const auto frame = host::decode_from_plugin(bytes);
  is_what_encode_writes(frame, bytes);
  if (!frame) return 0;
  const auto* action = std::get_if<host::ActionFrame>(&*frame);
  if (action == nullptr) return 0;
  if (const auto* motor = std::get_if<session::action::RequestMotor>(&action->action))
    must(motor->duration.count() >= 0 && motor->duration.count() <= 250, "R1: a request lapses within 250 ms");
  return 0;
}
