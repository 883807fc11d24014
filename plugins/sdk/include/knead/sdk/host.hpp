// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/ext/log.h>
#include <knead/ext/state.h>
#include <knead/plugin.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event.hpp"
#include "parameter.hpp"
#include "status.hpp"

namespace knead::sdk {

enum class CueKind : std::uint32_t {
  kInfo = KNEAD_CUE_INFO,
  kPress = KNEAD_CUE_PRESS,
  kHarder = KNEAD_CUE_HARDER,
  kLighter = KNEAD_CUE_LIGHTER,
  kHold = KNEAD_CUE_HOLD,
  kLetGo = KNEAD_CUE_LET_GO,
  kSide = KNEAD_CUE_SIDE,
  kCountdown = KNEAD_CUE_COUNTDOWN,
  kRepUp = KNEAD_CUE_REP_UP,
  kRepHold = KNEAD_CUE_REP_HOLD,
  kRepDown = KNEAD_CUE_REP_DOWN,
  kRest = KNEAD_CUE_REST,
  kDone = KNEAD_CUE_DONE,
  kWarning = KNEAD_CUE_WARNING
};

enum class Urgency : std::uint32_t {
  kLow = KNEAD_URGENCY_LOW,
  kNormal = KNEAD_URGENCY_NORMAL,
  kHigh = KNEAD_URGENCY_HIGH
};

/// Text is short and ready to be spoken.
struct Cue {
  CueKind kind = CueKind::kInfo;
  std::string_view text;
  Urgency urgency = Urgency::kNormal;
  std::optional<int> count{};  ///< seconds of a countdown, the number of a rep
};

enum class Pattern : std::uint32_t {
  kSteady = KNEAD_PATTERN_STEADY,
  kPulse = KNEAD_PATTERN_PULSE,
  kWave = KNEAD_PATTERN_WAVE
};

struct Motor {
  double level = 0.0;  ///< 0 (off) .. 1 (all that the limits allow)
  std::chrono::milliseconds duration{KNEAD_MAX_MOTOR_MS};
  Pattern pattern = Pattern::kSteady;
  unsigned frequency_hz = 0;  ///< 0: the motor's own
};

struct Rep {
  int n = 0;  ///< from 1
  SessionTime start{};
  std::chrono::microseconds duration{};
  double peak_n = 0.0;
  double mean_n = 0.0;
  double impulse_ns = 0.0;
  bool too_hard = false;
};

/// The states of plugin.h, as the plugin has learnt of them.
enum class State : std::uint8_t { kCreated, kWaiting, kActive, kDone };

namespace detail {
template <class T>
class Instance;
}

/// What a plugin asks of Knead. Belongs to the plugin thread, lives as long as the plugin, and throws only what making a
/// string throws. Each function's state is that of its namesake in plugin.h.
class Host {
 public:
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool paused() const noexcept { return paused_; }

  Status cue(const Cue& cue) {
    const std::string text(cue.text);
    const knead_cue_t plain{sizeof plain, static_cast<std::uint32_t>(cue.kind), text.c_str(),
                            static_cast<std::uint32_t>(cue.urgency), cue.count.value_or(KNEAD_NO_COUNT)};
    return Status{abi_.cue(&abi_, &plain)};
  }

  /// It lapses: ask again before it does.
  Status request_motor(const Motor& motor) {
    const auto duration = motor.duration.count();
    const knead_motor_request_t plain{sizeof plain, static_cast<std::uint32_t>(motor.pattern), motor.level,
                                      duration < 0                    ? 0U
                                      : duration > KNEAD_MAX_MOTOR_MS ? std::uint32_t{KNEAD_MAX_MOTOR_MS}
                                                                      : static_cast<std::uint32_t>(duration),
                                      motor.frequency_hz};
    return Status{abi_.request_motor(&abi_, &plain)};
  }
  Status stop_motor() { return request_motor(Motor{}); }

  /// A number of the routine's [activation] table by its dotted key: "reps", "tempo_s.up".
  [[nodiscard]] double number(const char* key, double otherwise) const noexcept {
    double value = otherwise;
    return ok(Status{abi_.get_number(&abi_, key, &value)}) ? value : otherwise;
  }
  /// The same for text: "exercise". It stays valid as long as the plugin.
  [[nodiscard]] std::string_view text(const char* key, std::string_view otherwise) const noexcept {
    const char* value = nullptr;
    return ok(Status{abi_.get_text(&abi_, key, &value)}) && value != nullptr ? std::string_view(value) : otherwise;
  }
  /// What the routine says for a declared parameter, or its default.
  [[nodiscard]] double value(const NumberParameter& parameter) const {
    return number(dotted(parameter.key).c_str(), parameter.otherwise);
  }
  [[nodiscard]] bool value(const SwitchParameter& parameter) const {
    return number(dotted(parameter.key).c_str(), parameter.otherwise ? 1.0 : 0.0) != 0.0;
  }
  [[nodiscard]] std::string_view value(const TextParameter& parameter) const {
    return text(dotted(parameter.key).c_str(), parameter.otherwise);
  }

  /// Ends the set.
  Status finish(bool completed) noexcept {
    const Status status{abi_.finish(&abi_, completed ? 1 : 0)};
    if (ok(status)) state_ = State::kDone;
    return status;
  }
  /// One more release step; the set, where it has begun, is set aside.
  [[nodiscard]] Status request_release(std::chrono::microseconds credit) noexcept {
    const Status status{abi_.request_release(&abi_, credit.count())};
    if (ok(status)) state_ = State::kWaiting;
    return status;
  }

  /// "knead.log/1" is there. Without it the three functions below return kNotFound.
  [[nodiscard]] bool has_log() const noexcept { return log_ != nullptr; }
  Status log_rep(const Rep& rep) noexcept {
    if (log_ == nullptr) return Status::kNotFound;
    const knead_rep_t row{sizeof row, rep.n,      rep.start.count(), rep.duration.count(),
                          rep.peak_n, rep.mean_n, rep.impulse_ns,    rep.too_hard ? 1 : 0,
                          0};
    return Status{log_->rep(&abi_, &row)};
  }
  Status measure(const char* key, double value, const char* unit = "") noexcept {
    return log_ == nullptr ? Status::kNotFound : Status{log_->measure(&abi_, key, value, unit)};
  }
  Status annotate(const char* key, std::string_view text) {
    return log_ == nullptr ? Status::kNotFound : Status{log_->annotate(&abi_, key, std::string(text).c_str())};
  }

  /// What was saved last, in this session or one before with the same profile; empty when nothing ever was, or without
  /// "knead.state/1".
  [[nodiscard]] std::string load_state() const {
    std::string bytes(KNEAD_MAX_STATE_BYTES, '\0');
    std::uint32_t count = 0;
    const auto* const state = state_extension();
    if (state == nullptr || !ok(Status{state->load(&abi_, bytes.data(), KNEAD_MAX_STATE_BYTES, &count)})) return {};
    bytes.resize(count);
    return bytes;
  }
  /// At most KNEAD_MAX_STATE_BYTES of any value, KNEAD_MAX_STATE_SAVES times; kNotFound without "knead.state/1".
  Status save_state(std::string_view bytes) noexcept {
    const auto* const state = state_extension();
    if (state == nullptr) return Status::kNotFound;
    if (bytes.size() > KNEAD_MAX_STATE_BYTES) return Status::kOutOfRange;
    return Status{state->save(&abi_, bytes.data(), static_cast<std::uint32_t>(bytes.size()))};
  }

  /// An extension that this header has no words for; null when this Knead does not have it.
  [[nodiscard]] const void* extension(const char* id) const noexcept { return abi_.get_extension(&abi_, id); }
  /// For what this header has no words for.
  [[nodiscard]] const knead_host_t* abi() const noexcept { return &abi_; }

 private:
  template <class T>
  friend class detail::Instance;
  explicit Host(const knead_host_t& abi) noexcept
      : abi_(abi), log_(static_cast<const knead_log_t*>(abi.get_extension(&abi, KNEAD_EXT_LOG))) {}

  /// Asked for when it is used: `knead plugin check` lists what a plugin asked for.
  [[nodiscard]] const knead_state_t* state_extension() const noexcept {
    return static_cast<const knead_state_t*>(extension(KNEAD_EXT_STATE));
  }
  static std::string dotted(const char* key) { return std::string(detail::kParameterPrefix) + key; }

  const knead_host_t& abi_;
  const knead_log_t* log_;
  State state_ = State::kCreated;
  bool paused_ = false;
};

}  // namespace knead::sdk
