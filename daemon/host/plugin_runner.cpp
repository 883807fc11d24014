// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/plugin_runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

#include "daemon/host/text.hpp"

namespace knead::host {
namespace {

// The codec and the header must agree on the numbers; a cast is then a conversion.
static_assert(static_cast<int>(session::CueKind::kWarning) == KNEAD_CUE_WARNING);
static_assert(static_cast<int>(session::CueKind::kRepUp) == KNEAD_CUE_REP_UP);
static_assert(static_cast<int>(session::Urgency::kHigh) == KNEAD_URGENCY_HIGH);
static_assert(static_cast<int>(protocol::Pattern::kWave) == KNEAD_PATTERN_WAVE);
static_assert(static_cast<int>(session::Side::kRight) == KNEAD_SIDE_RIGHT);
static_assert(static_cast<int>(EventKind::kTick) == KNEAD_EVENT_TICK);
static_assert(static_cast<int>(EventKind::kActivationStart) == KNEAD_EVENT_ACTIVATION_START);
static_assert(static_cast<int>(Quality::kButton) == KNEAD_QUALITY_BUTTON);
static_assert(static_cast<int>(Quality::kSaturated | Quality::kUncalibrated | Quality::kSensorFault |
                               Quality::kStuck) == KNEAD_QUALITY_UNUSABLE);
static_assert(session::kMaxFurtherSteps == KNEAD_MAX_RELEASES);
static_assert(std::chrono::microseconds(session::kMinFurtherCredit).count() == KNEAD_MIN_RELEASE_US);
static_assert(session::kMaxStateBytes == KNEAD_MAX_STATE_BYTES);
static_assert(session::kMaxStateSaves == KNEAD_MAX_STATE_SAVES);
static_assert(sizeof(knead_sample_t) == 56, "frozen with knead.samples/1");

constexpr std::uint32_t kHighestFrequencyHz = 250;

const char* name_of(knead_status_t status) noexcept {
  switch (status) {
    case KNEAD_WRONG_THREAD:
      return "called on another thread than the plugin's";
    case KNEAD_WRONG_STATE:
      return "called in the wrong state";
    case KNEAD_NULL:
      return "given a null pointer";
    case KNEAD_BAD_SIZE:
      return "given a struct whose size is too small";
    case KNEAD_OUT_OF_RANGE:
      return "given a number out of range";
    case KNEAD_BAD_TEXT:
      return "given a text that is too long or not plain UTF-8";
    case KNEAD_FLOOD:
      return "called too often";
    default:
      return "misused";
  }
}

/// The text when it is plain and short enough.
std::optional<std::string_view> take_text(const char* text, std::size_t longest) noexcept {
  const std::string_view view(text, ::strnlen(text, longest + 1));
  return is_plain_text(view, longest) ? std::optional(view) : std::nullopt;
}

PluginRunner* of(const knead_host_t* host) noexcept {
  return host == nullptr ? nullptr : static_cast<PluginRunner*>(host->host_data);
}

HelloFrame hello_of(const PluginModule& module, std::span<const DeclaredParameter> declared) {
  HelloFrame hello = module.hello();
  for (const DeclaredParameter& each : declared) {
    hello.parameters.push_back({each.key, each.summary, to_plain_text(describe_values(each), KNEAD_MAX_NOTE_TEXT),
                                to_plain_text(describe_default(each), KNEAD_MAX_NOTE_TEXT), ends_of(each)});
  }
  return hello;
}

knead_sample_t to_abi(const Sample& sample, DeviceTime epoch) noexcept {
  knead_sample_t out{};
  out.seq = sample.seq;
  out.device_us = sample.device_time.time_since_epoch().count();
  out.session_us = (sample.device_time - epoch).count();
  out.host_ns = sample.host_time.time_since_epoch().count();
  out.force_n = sample.force.value;
  out.motor = sample.motor.fraction();
  out.raw = sample.raw;
  out.quality = static_cast<std::uint32_t>(sample.quality);
  return out;
}

}  // namespace

PluginRunner::PluginRunner(RingReader samples, std::vector<Parameter> parameters, std::string state, Send send)
    : samples_(std::move(samples)),
      parameters_(std::move(parameters)),
      kept_(std::move(state)),
      send_(std::move(send)) {
  host_.size = sizeof host_;
  host_.abi_major = KNEAD_ABI_MAJOR;
  host_.abi_minor = KNEAD_ABI_MINOR;
  host_.host_data = this;
  host_.cue = on_cue;
  host_.request_motor = on_request_motor;
  host_.get_number = on_get_number;
  host_.get_text = on_get_text;
  host_.finish = on_finish;
  host_.refuse = on_refuse;
  host_.get_extension = on_get_extension;
  host_.request_release = on_request_release;
  samples_extension_.size = sizeof samples_extension_;
  samples_extension_.read = on_read_samples;
  log_extension_.size = sizeof log_extension_;
  log_extension_.rep = on_log_rep;
  log_extension_.measure = on_measure;
  log_extension_.annotate = on_annotate;
  state_extension_.size = sizeof state_extension_;
  state_extension_.load = on_load_state;
  state_extension_.save = on_save_state;
}

PluginRunner::~PluginRunner() {
  if (plugin_ != nullptr) plugin_->destroy(plugin_);
}

std::expected<HelloFrame, RefusedFrame> PluginRunner::describe(const PluginModule& module) {
  const auto declared = read_declarations(*module.factory().descriptor);
  if (!declared) return std::unexpected(RefusedFrame{RefusedFrame::Reason::kNotAPlugin, declared.error()});
  return hello_of(module, *declared);
}

std::expected<HelloFrame, RefusedFrame> PluginRunner::create(const PluginModule& module) {
  using Reason = RefusedFrame::Reason;
  const auto declared = read_declarations(*module.factory().descriptor);
  if (!declared) return std::unexpected(RefusedFrame{Reason::kNotAPlugin, declared.error()});
  if (const auto fault = settle(parameters_, *declared)) {
    return std::unexpected(
        RefusedFrame{Reason::kParameter, to_plain_text(fault->text, KNEAD_MAX_NOTE_TEXT), fault->key});
  }
  creating_ = true;
  const knead_plugin_t* const plugin = module.factory().create(&host_);
  creating_ = false;
  if (plugin == nullptr) {
    return std::unexpected(RefusedFrame{Reason::kByPlugin, refusal_.value_or("it gave no reason")});
  }
  if (plugin->size < sizeof(knead_plugin_t) || plugin->on_event == nullptr || plugin->destroy == nullptr) {
    return std::unexpected(
        RefusedFrame{Reason::kNotAPlugin, "its create() returned a plugin without on_event() or destroy()"});
  }
  plugin_ = plugin;
  HelloFrame hello = hello_of(module, *declared);
  hello.extensions = extensions_;
  return hello;
}

void PluginRunner::enter(const EventFrame& event) {
  event_ = event;
  budget_.on_event(event.t);
  switch (event.kind) {
    case EventKind::kSessionStart:
      state_ = State::kWaiting;
      samples_.seek(event.ring_head);
      break;
    case EventKind::kActivationStart:
      state_ = State::kActive;
      activation_start_ = event.t;
      break;
    case EventKind::kPause:
      paused_ = true;
      break;
    case EventKind::kResume:
      paused_ = false;
      break;
    case EventKind::kStop:
    case EventKind::kEnd:
      state_ = State::kDone;
      break;
    case EventKind::kSide:
    case EventKind::kReleaseProgress:
    case EventKind::kReleaseDone:
    case EventKind::kTick:
      break;
  }
}

void PluginRunner::handle(const EventFrame& event) {
  enter(event);
  knead_event_t out{};
  out.size = sizeof out;
  out.kind = static_cast<std::uint32_t>(event.kind);
  out.session_us = event.t.time_since_epoch().count();
  out.side = static_cast<std::int32_t>(event.side);
  out.step = event.step;
  out.completed = event.completed ? 1 : 0;
  out.credited_us = event.credited.count();
  out.elapsed_us = event.elapsed.count();
  plugin_->on_event(plugin_, &out);
  acknowledge();
}

void PluginRunner::acknowledge() { send_(AckFrame{event_.serial, misuses_, std::exchange(last_misuse_, {})}); }

// ---- Calls of the plugin -------------------------------------------------------------------------------------------

template <class Call>
knead_status_t PluginRunner::guarded(const knead_host_t* host, const char* function, Call&& call) noexcept {
  PluginRunner* const self = of(host);
  if (self == nullptr) return KNEAD_NULL;
  if (::pthread_equal(self->thread_, ::pthread_self()) == 0) {
    ++self->misuses_;  // no more: nothing else here is made for a second thread
    return KNEAD_WRONG_THREAD;
  }
  return self->counted(function, call(*self));
}

knead_status_t PluginRunner::counted(const char* function, knead_status_t status) {
  if (status < KNEAD_WRONG_THREAD || status > KNEAD_FLOOD) return status;
  last_misuse_ = std::string(function) + "() was " + name_of(status);
  if (++misuses_ > KNEAD_MAX_MISUSES) {  // do not wait for the callback to return: it may go on like this forever
    acknowledge();
    ::_exit(1);
  }
  return status;
}

knead_status_t PluginRunner::act(session::PluginAction action) {
  if (!budget_.take()) return KNEAD_FLOOD;
  send_(ActionFrame{event_.serial, std::move(action)});
  return KNEAD_OK;
}

knead_status_t PluginRunner::on_cue(const knead_host_t* host, const knead_cue_t* cue) noexcept {
  return guarded(host, "cue", [&](PluginRunner& self) { return self.cue(cue); });
}
knead_status_t PluginRunner::on_request_motor(const knead_host_t* host, const knead_motor_request_t* request) noexcept {
  return guarded(host, "request_motor", [&](PluginRunner& self) { return self.request_motor(request); });
}
knead_status_t PluginRunner::on_get_number(const knead_host_t* host, const char* key, double* value) noexcept {
  return guarded(host, "get_number", [&](PluginRunner& self) { return self.get_number(key, value); });
}
knead_status_t PluginRunner::on_get_text(const knead_host_t* host, const char* key, const char** text) noexcept {
  return guarded(host, "get_text", [&](PluginRunner& self) { return self.get_text(key, text); });
}
knead_status_t PluginRunner::on_finish(const knead_host_t* host, int32_t completed) noexcept {
  return guarded(host, "finish", [&](PluginRunner& self) { return self.finish(completed); });
}
knead_status_t PluginRunner::on_refuse(const knead_host_t* host, const char* reason) noexcept {
  return guarded(host, "refuse", [&](PluginRunner& self) { return self.refuse(reason); });
}
knead_status_t PluginRunner::on_request_release(const knead_host_t* host, int64_t credit_us) noexcept {
  return guarded(host, "request_release", [&](PluginRunner& self) { return self.request_release(credit_us); });
}
knead_status_t PluginRunner::on_read_samples(const knead_host_t* host, knead_sample_t* out, uint32_t capacity,
                                             uint32_t* count, uint64_t* lost) noexcept {
  return guarded(host, "samples.read",
                 [&](PluginRunner& self) { return self.read_samples(out, capacity, count, lost); });
}
knead_status_t PluginRunner::on_log_rep(const knead_host_t* host, const knead_rep_t* rep) noexcept {
  return guarded(host, "log.rep", [&](PluginRunner& self) { return self.log_rep(rep); });
}
knead_status_t PluginRunner::on_measure(const knead_host_t* host, const char* key, double value,
                                        const char* unit) noexcept {
  return guarded(host, "log.measure",
                 [&](PluginRunner& self) { return self.note(key, value, unit == nullptr ? "" : unit, ""); });
}
knead_status_t PluginRunner::on_annotate(const knead_host_t* host, const char* key, const char* text) noexcept {
  return guarded(host, "log.annotate",
                 [&](PluginRunner& self) { return text == nullptr ? KNEAD_NULL : self.note(key, 0.0, "", text); });
}

knead_status_t PluginRunner::on_load_state(const knead_host_t* host, void* out, uint32_t capacity,
                                           uint32_t* count) noexcept {
  return guarded(host, "state.load", [&](PluginRunner& self) { return self.load_state(out, capacity, count); });
}
knead_status_t PluginRunner::on_save_state(const knead_host_t* host, const void* data, uint32_t count) noexcept {
  return guarded(host, "state.save", [&](PluginRunner& self) { return self.save_state(data, count); });
}

const void* PluginRunner::on_get_extension(const knead_host_t* host, const char* id) noexcept {
  const void* found = nullptr;
  guarded(host, "get_extension", [&](PluginRunner& self) -> knead_status_t {
    if (id == nullptr) return KNEAD_NULL;
    const std::string_view wanted(id, ::strnlen(id, KNEAD_MAX_KEY + 1));
    if (wanted == KNEAD_EXT_SAMPLES) found = &self.samples_extension_;
    if (wanted == KNEAD_EXT_LOG) found = &self.log_extension_;
    if (wanted == KNEAD_EXT_STATE) found = &self.state_extension_;
    const bool known = std::find(self.extensions_.begin(), self.extensions_.end(), wanted) != self.extensions_.end();
    if (!known && self.extensions_.size() < kMaxExtensions && is_plain_text(wanted, KNEAD_MAX_KEY)) {
      self.extensions_.emplace_back(wanted);
    }
    return KNEAD_OK;
  });
  return found;
}

knead_status_t PluginRunner::cue(const knead_cue_t* cue) {
  if (!in_session()) return KNEAD_WRONG_STATE;
  if (cue == nullptr) return KNEAD_NULL;
  if (cue->size < sizeof(knead_cue_t)) return KNEAD_BAD_SIZE;
  if (cue->text == nullptr) return KNEAD_NULL;
  if (cue->kind > KNEAD_CUE_WARNING || cue->urgency > KNEAD_URGENCY_HIGH) return KNEAD_OUT_OF_RANGE;
  const auto text = take_text(cue->text, KNEAD_MAX_CUE_TEXT);
  if (!text || text->empty()) return KNEAD_BAD_TEXT;
  session::Cue out;
  out.kind = static_cast<session::CueKind>(cue->kind);
  out.text = *text;
  out.urgency = static_cast<session::Urgency>(cue->urgency);
  if (cue->count != KNEAD_NO_COUNT) out.count = cue->count;
  return act(session::action::ShowCue{std::move(out)});
}

knead_status_t PluginRunner::request_motor(const knead_motor_request_t* request) {
  if (state_ != State::kActive || paused_) return KNEAD_WRONG_STATE;
  if (request == nullptr) return KNEAD_NULL;
  if (request->size < sizeof(knead_motor_request_t)) return KNEAD_BAD_SIZE;
  // A level above 1 is a mistake of the plugin, not a wish for all there is: refused, not clamped.
  const bool level_ok = request->level >= 0.0 && request->level <= 1.0;  // false for NaN
  if (!level_ok || request->pattern > KNEAD_PATTERN_WAVE || request->frequency_hz > kHighestFrequencyHz) {
    return KNEAD_OUT_OF_RANGE;
  }
  if (request->duration_ms == 0 && request->level > 0.0) return KNEAD_OUT_OF_RANGE;
  session::action::RequestMotor out{};
  out.request.level = Level::from_fraction(request->level);
  out.request.pattern = static_cast<protocol::Pattern>(request->pattern);
  out.request.frequency_hz = static_cast<std::uint16_t>(request->frequency_hz);
  out.duration = std::chrono::milliseconds(std::min<std::uint32_t>(request->duration_ms, KNEAD_MAX_MOTOR_MS));
  return act(out);
}

const Parameter* PluginRunner::parameter(const char* key) const {
  const std::string_view wanted(key, ::strnlen(key, KNEAD_MAX_KEY + 1));
  const auto at =
      std::find_if(parameters_.begin(), parameters_.end(), [&](const Parameter& p) { return p.key == wanted; });
  return at == parameters_.end() ? nullptr : &*at;
}

knead_status_t PluginRunner::get_number(const char* key, double* value) {
  if (key == nullptr || value == nullptr) return KNEAD_NULL;
  const Parameter* const found = parameter(key);
  if (found == nullptr) return KNEAD_NOT_FOUND;
  if (const auto* const number = std::get_if<double>(&found->value)) {
    *value = *number;
  } else if (const auto* const on = std::get_if<bool>(&found->value)) {
    *value = *on ? 1.0 : 0.0;
  } else {
    return KNEAD_WRONG_TYPE;
  }
  return KNEAD_OK;
}

knead_status_t PluginRunner::get_text(const char* key, const char** text) {
  if (key == nullptr || text == nullptr) return KNEAD_NULL;
  const Parameter* const found = parameter(key);
  if (found == nullptr) return KNEAD_NOT_FOUND;
  const auto* const value = std::get_if<std::string>(&found->value);
  if (value == nullptr) return KNEAD_WRONG_TYPE;
  *text = value->c_str();
  return KNEAD_OK;
}

knead_status_t PluginRunner::finish(int32_t completed) {
  if (state_ != State::kActive) return KNEAD_WRONG_STATE;
  if (completed != 0 && completed != 1) return KNEAD_OUT_OF_RANGE;
  const knead_status_t status = act(session::action::Finish{completed == 1});
  if (status == KNEAD_OK) state_ = State::kDone;
  return status;
}

knead_status_t PluginRunner::refuse(const char* reason) {
  if (!creating_) return KNEAD_WRONG_STATE;
  if (reason == nullptr) return KNEAD_NULL;
  const auto text = take_text(reason, KNEAD_MAX_NOTE_TEXT);
  if (!text) return KNEAD_BAD_TEXT;
  refusal_ = *text;
  return KNEAD_OK;
}

knead_status_t PluginRunner::request_release(int64_t credit_us) {
  if (!in_session() || paused_ || last_rep_ > 0) return KNEAD_WRONG_STATE;
  double granted_s = 0.0;
  (void)get_number("further_release_s", &granted_s);
  const std::int64_t left = std::llround(granted_s * 1e6) - release_asked_us_;
  if (credit_us < KNEAD_MIN_RELEASE_US || credit_us > left || releases_asked_ == session::kMaxFurtherSteps) {
    return KNEAD_OUT_OF_RANGE;
  }
  const knead_status_t status = act(session::action::RequestRelease{std::chrono::microseconds(credit_us)});
  if (status != KNEAD_OK) return status;
  release_asked_us_ += credit_us;
  ++releases_asked_;
  state_ = State::kWaiting;
  return KNEAD_OK;
}

knead_status_t PluginRunner::read_samples(knead_sample_t* out, uint32_t capacity, uint32_t* count, uint64_t* lost) {
  if (out == nullptr || count == nullptr) return KNEAD_NULL;
  *count = 0;
  if (lost != nullptr) *lost = 0;
  if (state_ == State::kCreated) return KNEAD_OK;
  std::array<Sample, 256> batch;
  while (*count < capacity) {
    const auto room = std::min<std::size_t>(batch.size(), capacity - *count);
    const std::size_t got = samples_.read(std::span(batch).first(room), event_.ring_head);
    if (got == 0) break;
    for (std::size_t i = 0; i < got; ++i) out[(*count)++] = to_abi(batch.at(i), event_.epoch);
  }
  if (lost != nullptr) *lost = samples_.lost() - std::exchange(lost_told_, samples_.lost());
  return KNEAD_OK;
}

knead_status_t PluginRunner::log_rep(const knead_rep_t* rep) {
  if (state_ != State::kActive) return KNEAD_WRONG_STATE;
  if (rep == nullptr) return KNEAD_NULL;
  if (rep->size < sizeof(knead_rep_t)) return KNEAD_BAD_SIZE;
  double reps = 0.0;
  (void)get_number("reps", &reps);
  const bool number_ok = rep->n == last_rep_ + 1 && rep->n <= static_cast<int>(reps);
  const std::int64_t now = event_.t.time_since_epoch().count();
  const bool time_ok = rep->start_us >= activation_start_.time_since_epoch().count() && rep->start_us <= now &&
                       rep->duration_us > 0 && rep->duration_us <= now - rep->start_us;
  const bool force_ok = std::isfinite(rep->peak_n) && std::isfinite(rep->mean_n) && std::isfinite(rep->impulse_ns);
  if (!number_ok || !time_ok || !force_ok || rep->too_hard < 0 || rep->too_hard > 1) return KNEAD_OUT_OF_RANGE;
  session::Rep out;
  out.n = rep->n;
  out.start = SessionTime(std::chrono::microseconds(rep->start_us));
  out.duration = std::chrono::microseconds(rep->duration_us);
  out.peak = Newtons{rep->peak_n};
  out.mean = Newtons{rep->mean_n};
  out.impulse_ns = rep->impulse_ns;
  out.too_hard = rep->too_hard == 1;
  const knead_status_t status = act(session::action::LogRep{out});
  if (status == KNEAD_OK) last_rep_ = rep->n;
  return status;
}

knead_status_t PluginRunner::load_state(void* out, uint32_t capacity, uint32_t* count) {
  if (count == nullptr) return KNEAD_NULL;
  *count = static_cast<uint32_t>(kept_.size());
  if (kept_.empty()) return KNEAD_OK;
  if (out == nullptr) return KNEAD_NULL;
  if (capacity < kept_.size()) return KNEAD_OUT_OF_RANGE;
  std::memcpy(out, kept_.data(), kept_.size());
  return KNEAD_OK;
}

knead_status_t PluginRunner::save_state(const void* data, uint32_t count) {
  if (!in_session()) return KNEAD_WRONG_STATE;
  if (data == nullptr && count > 0) return KNEAD_NULL;
  if (count > KNEAD_MAX_STATE_BYTES) return KNEAD_OUT_OF_RANGE;
  if (saves_ == KNEAD_MAX_STATE_SAVES) return KNEAD_FLOOD;
  std::string bytes(static_cast<const char*>(data), count);
  const knead_status_t status = act(session::action::SaveState{bytes});
  if (status != KNEAD_OK) return status;
  ++saves_;
  kept_ = std::move(bytes);
  return KNEAD_OK;
}

knead_status_t PluginRunner::note(const char* key, double value, const char* unit, const char* text) {
  if (!in_session()) return KNEAD_WRONG_STATE;
  if (key == nullptr) return KNEAD_NULL;
  if (!std::isfinite(value)) return KNEAD_OUT_OF_RANGE;
  const auto name = take_text(key, KNEAD_MAX_KEY);
  const auto in = take_text(unit, KNEAD_MAX_UNIT);
  const auto words = take_text(text, KNEAD_MAX_NOTE_TEXT);
  if (!name || name->empty() || !in || !words) return KNEAD_BAD_TEXT;
  return act(session::action::Note{std::string(*name), value, std::string(*in), std::string(*words)});
}

}  // namespace knead::host
