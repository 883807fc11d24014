// SPDX-License-Identifier: Apache-2.0
// The first-party plugin: leads through the activation set. Between the C interface and SetCoach; knows Knead by its
// public header only.
#include <knead/ext/log.h>
#include <knead/ext/samples.h>
#include <knead/plugin.h>

#include <array>

#include "plugins/activation/read_plan.hpp"
#include "plugins/activation/set_coach.hpp"

namespace {

using activation::CueKind;
using activation::Reading;
using activation::Urgency;

static_assert(static_cast<int>(CueKind::kInfo) == KNEAD_CUE_INFO);
static_assert(static_cast<int>(CueKind::kLighter) == KNEAD_CUE_LIGHTER);
static_assert(static_cast<int>(CueKind::kLetGo) == KNEAD_CUE_LET_GO);
static_assert(static_cast<int>(CueKind::kCountdown) == KNEAD_CUE_COUNTDOWN);
static_assert(static_cast<int>(CueKind::kRepUp) == KNEAD_CUE_REP_UP);
static_assert(static_cast<int>(CueKind::kRepHold) == KNEAD_CUE_REP_HOLD);
static_assert(static_cast<int>(CueKind::kRepDown) == KNEAD_CUE_REP_DOWN);
static_assert(static_cast<int>(CueKind::kRest) == KNEAD_CUE_REST);
static_assert(static_cast<int>(CueKind::kDone) == KNEAD_CUE_DONE);
static_assert(static_cast<int>(Urgency::kLow) == KNEAD_URGENCY_LOW);
static_assert(static_cast<int>(Urgency::kHigh) == KNEAD_URGENCY_HIGH);

Reading to_reading(const knead_sample_t& sample) {
  Reading reading;
  reading.t_us = sample.session_us;
  reading.force_n = sample.force_n;
  reading.usable = (sample.quality & std::uint32_t{KNEAD_QUALITY_UNUSABLE}) == 0;
  reading.restarted = (sample.quality & std::uint32_t{KNEAD_QUALITY_REANCHORED}) != 0;
  reading.connected = !reading.restarted && (sample.quality & std::uint32_t{KNEAD_QUALITY_GAP_BEFORE}) == 0;
  return reading;
}

class ActivationPlugin final : private activation::SetOutput {
 public:
  ActivationPlugin(const knead_host_t* host, const activation::SetPlan& plan)
      : host_(host),
        samples_(static_cast<const knead_samples_t*>(host->get_extension(host, KNEAD_EXT_SAMPLES))),
        log_(static_cast<const knead_log_t*>(host->get_extension(host, KNEAD_EXT_LOG))),
        coach_(plan, *this) {
    plugin_.size = sizeof plugin_;
    plugin_.plugin_data = this;
    plugin_.on_event = [](const knead_plugin_t* plugin, const knead_event_t* event) {
      static_cast<ActivationPlugin*>(plugin->plugin_data)->on_event(*event);
    };
    plugin_.destroy = [](const knead_plugin_t* plugin) { delete static_cast<ActivationPlugin*>(plugin->plugin_data); };
  }
  [[nodiscard]] const knead_plugin_t* abi() const noexcept { return &plugin_; }
  [[nodiscard]] bool can_work() const noexcept { return samples_ != nullptr && log_ != nullptr; }

 private:
  static constexpr std::uint32_t kBatch = 512;

  void on_event(const knead_event_t& event) {
    // Started first, so that the reading of this very moment is the set's first.
    if (event.kind == KNEAD_EVENT_ACTIVATION_START) coach_.start(event.session_us);
    if (event.kind == KNEAD_EVENT_STOP || event.kind == KNEAD_EVENT_END) return;  // nothing may be logged any more
    feed(event.session_us);
    if (event.kind == KNEAD_EVENT_PAUSE) coach_.pause(event.session_us);
    if (event.kind == KNEAD_EVENT_RESUME) coach_.resume(event.session_us);
    if (event.kind == KNEAD_EVENT_TICK) coach_.tick(event.session_us);
  }

  void feed(std::int64_t now_us) {
    std::uint32_t count = 0;
    do {
      std::uint64_t lost = 0;
      if (samples_->read(host_, batch_.data(), kBatch, &count, &lost) != KNEAD_OK) return;
      for (std::uint32_t i = 0; i < count; ++i) {
        Reading reading = to_reading(batch_[i]);
        if (i == 0 && lost > 0) reading.connected = false;
        coach_.feed(reading, now_us);
      }
    } while (count == kBatch);
  }

  void cue(const activation::Cue& cue) override {
    const knead_cue_t out{sizeof out, static_cast<std::uint32_t>(cue.kind), cue.text.c_str(),
                          static_cast<std::uint32_t>(cue.urgency), cue.count.value_or(KNEAD_NO_COUNT)};
    (void)host_->cue(host_, &out);
  }

  void rep(int n, const activation::Rep& rep, bool too_hard) override {
    const knead_rep_t row{sizeof row,       n, rep.start_us, rep.duration_us, rep.peak_n, rep.mean_n, rep.impulse_ns,
                          too_hard ? 1 : 0, 0};
    (void)log_->rep(host_, &row);
  }

  void haptic_tick() override {
    using Ticks = activation::HapticTicks;
    const knead_motor_request_t request{sizeof request, KNEAD_PATTERN_STEADY, Ticks::kLevel, Ticks::kTickMs, 0};
    (void)host_->request_motor(host_, &request);
  }

  void finish(const activation::SetTotals& totals, bool completed) override {
    (void)log_->measure(host_, "set_reps", totals.reps(), "");
    (void)log_->measure(host_, "set_time_under_load_s", totals.under_load_s(), "s");
    (void)log_->measure(host_, "set_impulse_ns", totals.impulse_ns(), "N s");
    if (totals.reps() > 0) {
      (void)log_->measure(host_, "set_too_hard_pct", totals.too_hard_pct(), "%");
      (void)log_->measure(host_, "set_mean_peak_n", totals.mean_peak_n(), "N");
    }
    (void)host_->finish(host_, completed ? 1 : 0);
  }

  knead_plugin_t plugin_{};
  const knead_host_t* host_;
  const knead_samples_t* samples_;
  const knead_log_t* log_;
  activation::SetCoach coach_;
  std::array<knead_sample_t, kBatch> batch_{};
};

const knead_plugin_t* create(const knead_host_t* host) {
  const auto plan = activation::read_plan(host);
  if (!plan) return nullptr;
  auto* const plugin = new ActivationPlugin(host, *plan);  // destroy() deletes it
  if (plugin->can_work()) return plugin->abi();
  (void)host->refuse(host, "this Knead offers no samples or no log");
  plugin->abi()->destroy(plugin->abi());
  return nullptr;
}

constexpr std::array<const knead_parameter_t*, 2> kParameters{&activation::kHapticsParameter, nullptr};
constexpr knead_descriptor_t kDescriptor{sizeof(knead_descriptor_t),
                                         0,
                                         "activation",
                                         "Activation set",
                                         KNEAD_VERSION,
                                         "Knead",
                                         "Cues a set of fewer than ten very light reps, counts and logs them.",
                                         kParameters.data()};
constexpr knead_factory_t kFactory{sizeof(knead_factory_t), 0, &kDescriptor, create};

}  // namespace

extern "C" {
extern KNEAD_EXPORT const knead_entry_t knead_entry;
const knead_entry_t knead_entry = {sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, &kFactory};
}
