// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace knead::sdk {

/// What Knead answers to a call. A request (a cue, the motor, a log row) may ignore it: Knead counts refusals and tells
/// the author of them. Where a plugin goes on differently after a refusal, the function is [[nodiscard]].
enum class Status : std::int32_t {
  kOk = KNEAD_OK,
  kWrongThread = KNEAD_WRONG_THREAD,
  kWrongState = KNEAD_WRONG_STATE,
  kNull = KNEAD_NULL,
  kBadSize = KNEAD_BAD_SIZE,
  kOutOfRange = KNEAD_OUT_OF_RANGE,
  kBadText = KNEAD_BAD_TEXT,
  kFlood = KNEAD_FLOOD,
  kNotFound = KNEAD_NOT_FOUND,  ///< also: this Knead does not have the extension
  kWrongType = KNEAD_WRONG_TYPE
};

[[nodiscard]] constexpr bool ok(Status status) noexcept { return status == Status::kOk; }

/// For an author's log: "wrong state". A status of a later minor version is "unknown".
[[nodiscard]] constexpr std::string_view to_string(Status status) noexcept {
  switch (status) {
    case Status::kOk:
      return "ok";
    case Status::kWrongThread:
      return "wrong thread";
    case Status::kWrongState:
      return "wrong state";
    case Status::kNull:
      return "null pointer";
    case Status::kBadSize:
      return "bad size";
    case Status::kOutOfRange:
      return "out of range";
    case Status::kBadText:
      return "bad text";
    case Status::kFlood:
      return "flood";
    case Status::kNotFound:
      return "not found";
    case Status::kWrongType:
      return "wrong type";
  }
  return "unknown";
}

/// Thrown by a plugin's constructor: the set cannot be done, and what() is the sentence the person reads.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace knead::sdk
