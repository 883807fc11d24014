// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "hw/protocol/protocol.hpp"

namespace knead::session {

/// What session logic wants of the motor. The lease (until when it holds) is added by whoever hands it to the
/// interlock.
struct MotorRequest {
  Level level{};
  protocol::Pattern pattern = protocol::Pattern::kSteady;
  std::uint16_t frequency_hz = 0;  ///< 0: the motor's own
  constexpr bool operator==(const MotorRequest&) const = default;
};

}  // namespace knead::session
