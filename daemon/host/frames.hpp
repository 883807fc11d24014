// SPDX-License-Identifier: Apache-2.0
// Frames between the daemon and knead-plugin-host: one frame, one packet of a SOCK_SEQPACKET socket. Private to one
// build (the first frame carries the build's id), so there is no version to negotiate and the layout is free to change.
//
//   daemon                          plugin host
//     ── Start ──────────────────────▶  load, create
//     ◀───────────── Hello | Refused ──
//     ── Event n ────────────────────▶  on_event
//     ◀──────────────────── Action n ──  zero or more, in order
//     ◀─────────────────────── Ack n ──
//
// The plugin host runs a stranger's code, so the daemon trusts no byte of it: decode() checks every length, enumerator,
// number and text. Pure; integers are little endian, a text is a 16-bit length and its bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "daemon/host/parameters.hpp"
#include "daemon/session/plugin_action.hpp"
#include "daemon/session/routine.hpp"

namespace knead::host {

/// Same for both ends of one build only.
std::string_view build_id() noexcept;

constexpr std::size_t kMaxFrameBytes = 16384;
constexpr std::size_t kMaxParameters = 32;
constexpr std::size_t kMaxExtensions = 16;

/// daemon → host, once.
struct StartFrame {
  std::string build;
  std::vector<Parameter> parameters;
  std::string state{};         ///< what the plugin kept, bytes of any value, at most session::kMaxStateBytes
  bool only_describe = false;  ///< load it, say who it is, and end: create() is not called
  bool operator==(const StartFrame&) const = default;
};

/// The kinds of knead/plugin.h, with its numbers.
enum class EventKind : std::uint8_t {
  kSessionStart = 1,
  kSide = 2,
  kReleaseProgress = 3,
  kReleaseDone = 4,
  kActivationStart = 5,
  kPause = 6,
  kResume = 7,
  kStop = 8,
  kEnd = 9,
  kTick = 10,
};

/// daemon → host. What a kind does not use is 0.
struct EventFrame {
  std::uint32_t serial = 0;
  EventKind kind = EventKind::kTick;
  SessionTime t{};
  std::uint64_t ring_head = 0;  ///< the plugin sees the samples below
  DeviceTime epoch{};           ///< the ball's time at session time 0
  session::Side side = session::Side::kLeft;
  std::int32_t step = 0;
  bool completed = false;
  std::chrono::microseconds credited{};
  std::chrono::microseconds elapsed{};
  bool operator==(const EventFrame&) const = default;
};

/// host → daemon: the plugin is loaded and, unless it was only to be described, created.
struct HelloFrame {
  std::string build;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::string id;
  std::string name;
  std::string version;
  std::string vendor;
  std::string summary;
  std::vector<std::string> extensions;  ///< that it asked for in create()
  std::vector<ParameterInfo> parameters{};
  bool operator==(const HelloFrame&) const = default;
};

/// host → daemon: it is not, and the host ends.
struct RefusedFrame {
  enum class Reason : std::uint8_t { kNotAPlugin, kOtherAbi, kOtherBuild, kByPlugin, kSandbox, kParameter };
  Reason reason = Reason::kNotAPlugin;
  std::string text;
  std::string key{};  ///< of kParameter: which of [activation.parameters]
  bool operator==(const RefusedFrame&) const = default;
};

/// host → daemon, between an event and its acknowledgement.
struct ActionFrame {
  std::uint32_t serial = 0;
  session::PluginAction action;
};

/// host → daemon: the callback returned.
struct AckFrame {
  std::uint32_t serial = 0;
  std::uint32_t misuses = 0;  ///< since the start
  std::string last_misuse;    ///< empty when there was none since the acknowledgement before
  bool operator==(const AckFrame&) const = default;
};

/// host → daemon: the sandbox caught the plugin; the host ends.
struct ViolationFrame {
  std::string call;  ///< the system call's name
  bool operator==(const ViolationFrame&) const = default;
};

using ToPlugin = std::variant<StartFrame, EventFrame>;
using FromPlugin = std::variant<HelloFrame, RefusedFrame, ActionFrame, AckFrame, ViolationFrame>;

using FrameBuffer = std::array<std::byte, kMaxFrameBytes>;

/// Writes the frame into @p buffer and returns the part that is filled. Precondition: texts and lists within their
/// bounds; the empty span when the frame does not fit.
std::span<const std::byte> encode(const ToPlugin& frame, FrameBuffer& buffer) noexcept;
std::span<const std::byte> encode(const FromPlugin& frame, FrameBuffer& buffer) noexcept;

/// Errors: kProtocol, for anything encode() would not have written.
Result<ToPlugin> decode_to_plugin(std::span<const std::byte> bytes);
Result<FromPlugin> decode_from_plugin(std::span<const std::byte> bytes);

}  // namespace knead::host
