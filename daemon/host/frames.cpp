// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/frames.hpp"

#include <knead/plugin.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "daemon/host/text.hpp"

namespace knead::host {
namespace {

enum class Tag : std::uint8_t { kStart = 1, kEvent, kHello, kRefused, kAction, kAck, kViolation };
enum class ActionTag : std::uint8_t { kCue = 1, kMotor, kRep, kNote, kRelease, kState, kFinish };

constexpr std::size_t kMaxName = KNEAD_MAX_KEY;
constexpr std::size_t kMaxSentence = KNEAD_MAX_NOTE_TEXT;
constexpr int kHighestRep = 999;  // far above any dose; the session holds the real bound

class Writer {
 public:
  explicit Writer(std::span<std::byte> out) noexcept : out_(out) {}

  template <std::unsigned_integral T>
  void number(T value) noexcept {
    for (std::size_t i = 0; i < sizeof(T); ++i) byte(static_cast<std::byte>((std::uint64_t{value} >> (8 * i)) & 0xFFU));
  }
  template <std::signed_integral T>
  void number(T value) noexcept {
    number(static_cast<std::make_unsigned_t<T>>(value));
  }
  void number(double value) noexcept { number(std::bit_cast<std::uint64_t>(value)); }
  template <class E>
    requires std::is_enum_v<E>
  void enumerator(E value) noexcept {
    number(static_cast<std::uint8_t>(value));
  }
  void flag(bool value) noexcept { number(static_cast<std::uint8_t>(value ? 1 : 0)); }
  void text(std::string_view value) noexcept {
    if (value.size() > std::numeric_limits<std::uint16_t>::max()) {
      overflow_ = true;
      return;
    }
    number(static_cast<std::uint16_t>(value.size()));
    for (const char c : value) byte(static_cast<std::byte>(c));
  }

  /// Bytes of any value, where text() is for what is_plain_text().
  void bytes(std::string_view value) noexcept { text(value); }

  [[nodiscard]] std::span<const std::byte> done() const noexcept {
    return overflow_ ? std::span<const std::byte>{} : out_.first(used_);
  }

 private:
  void byte(std::byte value) noexcept {
    if (used_ == out_.size()) {
      overflow_ = true;
      return;
    }
    out_[used_++] = value;
  }

  std::span<std::byte> out_;
  std::size_t used_ = 0;
  bool overflow_ = false;
};

/// Reads until the first thing that is wrong; from then on every value is 0 or empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) noexcept : in_(in) {}

  template <std::unsigned_integral T>
  T number() noexcept {
    const auto bytes = take(sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value = static_cast<T>(value | (static_cast<T>(std::to_integer<std::uint8_t>(bytes[i])) << (8 * i)));
    }
    return value;
  }
  template <std::signed_integral T>
  T number() noexcept {
    return static_cast<T>(number<std::make_unsigned_t<T>>());
  }
  double real() noexcept {
    const auto value = std::bit_cast<double>(number<std::uint64_t>());
    if (!std::isfinite(value)) ok_ = false;
    return ok_ ? value : 0.0;
  }
  template <class E>
    requires std::is_enum_v<E>
  E enumerator(E first, E last) noexcept {
    const auto value = number<std::uint8_t>();
    if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) {
      ok_ = false;
      return first;
    }
    return static_cast<E>(value);
  }
  bool flag() noexcept {
    const auto value = number<std::uint8_t>();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  std::string bytes(std::size_t longest) {
    const auto taken = take(number<std::uint16_t>());
    if (taken.size() > longest) ok_ = false;
    std::string value(ok_ ? taken.size() : 0, '\0');
    if (!value.empty()) std::memcpy(value.data(), taken.data(), taken.size());
    return value;
  }
  std::string text(std::size_t longest) {
    std::string value = bytes(longest);
    if (!is_plain_text(value, longest)) {
      ok_ = false;
      value.clear();
    }
    return value;
  }
  template <std::integral T>
  T within(T value, std::type_identity_t<T> lowest, std::type_identity_t<T> highest) noexcept {
    if (value < lowest || value > highest) ok_ = false;
    return ok_ ? value : lowest;
  }

  /// Everything was there and nothing is left over.
  [[nodiscard]] bool done() const noexcept { return ok_ && in_.empty(); }
  [[nodiscard]] bool ok() const noexcept { return ok_; }

 private:
  std::span<const std::byte> take(std::size_t count) noexcept {
    if (!ok_ || in_.size() < count) {
      ok_ = false;
      return {};
    }
    const auto taken = in_.first(count);
    in_ = in_.subspan(count);
    return taken;
  }

  std::span<const std::byte> in_;
  bool ok_ = true;
};

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

void write(Writer& w, const ParameterValue& value) noexcept {
  w.number(static_cast<std::uint8_t>(value.index()));
  std::visit(Overloaded{[&](double number) { w.number(number); }, [&](const std::string& text) { w.text(text); },
                        [&](bool on) { w.flag(on); }},
             value);
}

ParameterValue read_value(Reader& r) {
  switch (r.within(r.number<std::uint8_t>(), 0, std::variant_size_v<ParameterValue> - 1)) {
    case 0:
      return r.real();
    case 1:
      return r.text(kMaxSentence);
    default:
      return r.flag();
  }
}

void write(Writer& w, const StartFrame& frame) noexcept {
  w.enumerator(Tag::kStart);
  w.text(frame.build);
  w.flag(frame.only_describe);
  w.bytes(frame.state);
  w.number(static_cast<std::uint8_t>(frame.parameters.size()));
  for (const Parameter& parameter : frame.parameters) {
    w.text(parameter.key);
    write(w, parameter.value);
  }
}

StartFrame read_start(Reader& r) {
  StartFrame frame;
  frame.build = r.text(kMaxName);
  frame.only_describe = r.flag();
  frame.state = r.bytes(session::kMaxStateBytes);
  const auto count = r.within(r.number<std::uint8_t>(), 0, kMaxParameters);
  for (std::size_t i = 0; i < count && r.ok(); ++i) {
    Parameter& parameter = frame.parameters.emplace_back();
    parameter.key = r.text(kMaxName);
    parameter.value = read_value(r);
  }
  return frame;
}

void write(Writer& w, const EventFrame& frame) noexcept {
  w.enumerator(Tag::kEvent);
  w.number(frame.serial);
  w.enumerator(frame.kind);
  w.number(frame.t.time_since_epoch().count());
  w.number(frame.ring_head);
  w.number(frame.epoch.time_since_epoch().count());
  w.enumerator(frame.side);
  w.number(frame.step);
  w.flag(frame.completed);
  w.number(frame.credited.count());
  w.number(frame.elapsed.count());
}

EventFrame read_event(Reader& r) noexcept {
  EventFrame frame;
  frame.serial = r.number<std::uint32_t>();
  frame.kind = r.enumerator(EventKind::kSessionStart, EventKind::kTick);
  frame.t = SessionTime(std::chrono::microseconds(r.number<std::int64_t>()));
  frame.ring_head = r.number<std::uint64_t>();
  frame.epoch = DeviceTime(std::chrono::microseconds(r.number<std::int64_t>()));
  frame.side = r.enumerator(session::Side::kLeft, session::Side::kRight);
  frame.step = r.number<std::int32_t>();
  frame.completed = r.flag();
  frame.credited = std::chrono::microseconds(r.number<std::int64_t>());
  frame.elapsed = std::chrono::microseconds(r.number<std::int64_t>());
  return frame;
}

void write(Writer& w, const HelloFrame& frame) noexcept {
  w.enumerator(Tag::kHello);
  w.text(frame.build);
  w.number(frame.abi_major);
  w.number(frame.abi_minor);
  w.text(frame.id);
  w.text(frame.name);
  w.text(frame.version);
  w.text(frame.vendor);
  w.text(frame.summary);
  w.number(static_cast<std::uint8_t>(frame.extensions.size()));
  for (const std::string& id : frame.extensions) w.text(id);
  w.number(static_cast<std::uint8_t>(frame.parameters.size()));
  for (const ParameterInfo& parameter : frame.parameters) {
    w.text(parameter.key);
    w.text(parameter.summary);
    w.text(parameter.values);
    w.text(parameter.fallback);
    w.number(static_cast<std::uint8_t>(parameter.ends.size()));
    for (const ParameterValue& end : parameter.ends) write(w, end);
  }
}

HelloFrame read_hello(Reader& r) {
  HelloFrame frame;
  frame.build = r.text(kMaxName);
  frame.abi_major = r.number<std::uint32_t>();
  frame.abi_minor = r.number<std::uint32_t>();
  frame.id = r.text(kMaxName);
  frame.name = r.text(kMaxName);
  frame.version = r.text(kMaxName);
  frame.vendor = r.text(kMaxName);
  frame.summary = r.text(kMaxSentence);
  const auto count = r.within(r.number<std::uint8_t>(), 0, kMaxExtensions);
  for (std::size_t i = 0; i < count && r.ok(); ++i) frame.extensions.push_back(r.text(kMaxName));
  const auto parameters = r.within(r.number<std::uint8_t>(), 0, KNEAD_MAX_PARAMETERS);
  for (std::size_t i = 0; i < parameters && r.ok(); ++i) {
    ParameterInfo& parameter = frame.parameters.emplace_back();
    parameter.key = r.text(kMaxName);
    parameter.summary = r.text(kMaxSentence);
    parameter.values = r.text(kMaxSentence);
    parameter.fallback = r.text(kMaxSentence);
    constexpr std::size_t kEnds = 2;
    const auto ends = r.within(r.number<std::uint8_t>(), 0, kEnds);
    for (std::size_t end = 0; end < ends && r.ok(); ++end) parameter.ends.push_back(read_value(r));
  }
  return frame;
}

void write(Writer& w, const RefusedFrame& frame) noexcept {
  w.enumerator(Tag::kRefused);
  w.enumerator(frame.reason);
  w.text(frame.text);
  w.text(frame.key);
}

RefusedFrame read_refused(Reader& r) {
  RefusedFrame frame;
  frame.reason = r.enumerator(RefusedFrame::Reason::kNotAPlugin, RefusedFrame::Reason::kParameter);
  frame.text = r.text(kMaxSentence);
  frame.key = r.text(kMaxName);
  return frame;
}

void write(Writer& w, const ActionFrame& frame) noexcept {
  w.enumerator(Tag::kAction);
  w.number(frame.serial);
  std::visit(Overloaded{[&](const session::action::ShowCue& a) {
                          w.enumerator(ActionTag::kCue);
                          w.enumerator(a.cue.kind);
                          w.text(a.cue.text);
                          w.enumerator(a.cue.urgency);
                          w.flag(a.cue.count.has_value());
                          w.number(static_cast<std::int32_t>(a.cue.count.value_or(0)));
                        },
                        [&](const session::action::RequestMotor& a) {
                          w.enumerator(ActionTag::kMotor);
                          w.number(a.request.level.value);
                          w.enumerator(a.request.pattern);
                          w.number(a.request.frequency_hz);
                          w.number(static_cast<std::uint16_t>(a.duration.count()));
                        },
                        [&](const session::action::LogRep& a) {
                          w.enumerator(ActionTag::kRep);
                          w.number(static_cast<std::int32_t>(a.rep.n));
                          w.number(a.rep.start.time_since_epoch().count());
                          w.number(a.rep.duration.count());
                          w.number(a.rep.peak.value);
                          w.number(a.rep.mean.value);
                          w.number(a.rep.impulse_ns);
                          w.flag(a.rep.too_hard);
                        },
                        [&](const session::action::Note& a) {
                          w.enumerator(ActionTag::kNote);
                          w.text(a.key);
                          w.number(a.value);
                          w.text(a.unit);
                          w.text(a.text);
                        },
                        [&](const session::action::RequestRelease& a) {
                          w.enumerator(ActionTag::kRelease);
                          w.number(a.credit.count());
                        },
                        [&](const session::action::SaveState& a) {
                          w.enumerator(ActionTag::kState);
                          w.bytes(a.bytes);
                        },
                        [&](const session::action::Finish& a) {
                          w.enumerator(ActionTag::kFinish);
                          w.flag(a.completed);
                        }},
             frame.action);
}

session::PluginAction read_cue(Reader& r) {
  session::Cue cue;
  cue.kind = r.enumerator(session::CueKind::kInfo, session::CueKind::kWarning);
  cue.text = r.text(KNEAD_MAX_CUE_TEXT);
  cue.urgency = r.enumerator(session::Urgency::kLow, session::Urgency::kHigh);
  const bool counted = r.flag();
  const auto count = r.number<std::int32_t>();
  if (counted) {
    cue.count = count;
  } else {
    r.within(count, 0, 0);
  }
  return session::action::ShowCue{std::move(cue)};
}

session::PluginAction read_motor(Reader& r) noexcept {
  session::MotorRequest request;
  request.level = Level{r.number<std::uint8_t>()};
  request.pattern = r.enumerator(protocol::Pattern::kSteady, protocol::Pattern::kWave);
  request.frequency_hz = r.number<std::uint16_t>();
  const auto ms = r.within(r.number<std::uint16_t>(), 0, KNEAD_MAX_MOTOR_MS);
  return session::action::RequestMotor{request, std::chrono::milliseconds(ms)};
}

session::PluginAction read_rep(Reader& r) noexcept {
  session::Rep rep;
  rep.n = r.within(r.number<std::int32_t>(), 1, kHighestRep);
  rep.start = SessionTime(std::chrono::microseconds(r.number<std::int64_t>()));
  rep.duration = std::chrono::microseconds(r.within(r.number<std::int64_t>(), 1, INT64_MAX));
  rep.peak = Newtons{r.real()};
  rep.mean = Newtons{r.real()};
  rep.impulse_ns = r.real();
  rep.too_hard = r.flag();
  return session::action::LogRep{rep};
}

session::PluginAction read_note(Reader& r) {
  session::action::Note note{};
  note.key = r.text(kMaxName);
  note.value = r.real();
  note.unit = r.text(KNEAD_MAX_UNIT);
  note.text = r.text(kMaxSentence);
  return note;
}

ActionFrame read_action(Reader& r) {
  ActionFrame frame;
  frame.serial = r.number<std::uint32_t>();
  switch (r.enumerator(ActionTag::kCue, ActionTag::kFinish)) {
    case ActionTag::kCue:
      frame.action = read_cue(r);
      break;
    case ActionTag::kMotor:
      frame.action = read_motor(r);
      break;
    case ActionTag::kRep:
      frame.action = read_rep(r);
      break;
    case ActionTag::kNote:
      frame.action = read_note(r);
      break;
    case ActionTag::kRelease:
      frame.action = session::action::RequestRelease{
          std::chrono::microseconds(r.within(r.number<std::int64_t>(), KNEAD_MIN_RELEASE_US, INT64_MAX))};
      break;
    case ActionTag::kState:
      frame.action = session::action::SaveState{r.bytes(session::kMaxStateBytes)};
      break;
    case ActionTag::kFinish:
      frame.action = session::action::Finish{r.flag()};
      break;
  }
  return frame;
}

void write(Writer& w, const AckFrame& frame) noexcept {
  w.enumerator(Tag::kAck);
  w.number(frame.serial);
  w.number(frame.misuses);
  w.text(frame.last_misuse);
}

AckFrame read_ack(Reader& r) {
  AckFrame frame;
  frame.serial = r.number<std::uint32_t>();
  frame.misuses = r.number<std::uint32_t>();
  frame.last_misuse = r.text(kMaxSentence);
  return frame;
}

void write(Writer& w, const ViolationFrame& frame) noexcept {
  w.enumerator(Tag::kViolation);
  w.text(frame.call);
}

ViolationFrame read_violation(Reader& r) { return {r.text(kMaxName)}; }

template <class Frame>
std::span<const std::byte> encode_any(const Frame& frame, FrameBuffer& buffer) noexcept {
  Writer w(buffer);
  std::visit([&](const auto& f) { write(w, f); }, frame);
  return w.done();
}

std::unexpected<Error> malformed() { return fail(Errc::kProtocol, "a malformed frame between daemon and plugin"); }

}  // namespace

std::string_view build_id() noexcept { return "knead " KNEAD_VERSION " frames 1"; }

std::span<const std::byte> encode(const ToPlugin& frame, FrameBuffer& buffer) noexcept {
  return encode_any(frame, buffer);
}
std::span<const std::byte> encode(const FromPlugin& frame, FrameBuffer& buffer) noexcept {
  return encode_any(frame, buffer);
}

Result<ToPlugin> decode_to_plugin(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxFrameBytes) return malformed();
  Reader r(bytes);
  ToPlugin frame;
  switch (r.enumerator(Tag::kStart, Tag::kViolation)) {
    case Tag::kStart:
      frame = read_start(r);
      break;
    case Tag::kEvent:
      frame = read_event(r);
      break;
    default:
      return malformed();
  }
  if (!r.done()) return malformed();
  return frame;
}

Result<FromPlugin> decode_from_plugin(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxFrameBytes) return malformed();
  Reader r(bytes);
  FromPlugin frame;
  switch (r.enumerator(Tag::kStart, Tag::kViolation)) {
    case Tag::kHello:
      frame = read_hello(r);
      break;
    case Tag::kRefused:
      frame = read_refused(r);
      break;
    case Tag::kAction:
      frame = read_action(r);
      break;
    case Tag::kAck:
      frame = read_ack(r);
      break;
    case Tag::kViolation:
      frame = read_violation(r);
      break;
    default:
      return malformed();
  }
  if (!r.done()) return malformed();
  return frame;
}

}  // namespace knead::host
