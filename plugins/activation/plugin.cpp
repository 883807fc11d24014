// SPDX-License-Identifier: Apache-2.0
// The first-party plugin: leads through the activation set. Between the C interface and SetCoach; knows Knead by its
// public header only.
#include <knead/ext/log.h>
#include <knead/ext/samples.h>
#include <knead/plugin.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "plugins/activation/exercise.hpp"
#include "plugins/activation/set_coach.hpp"

namespace {

using activation::Reading;
using activation::SetPlan;

std::int64_t microseconds(const knead_host_t* host, const char* key, std::int64_t otherwise) {
  double seconds = 0.0;
  if (host->get_number(host, key, &seconds) != KNEAD_OK || !(seconds >= 0.0)) return otherwise;
  return std::llround(seconds * 1e6);
}

/// The routine's plan; none, and the reason told, when there is no such exercise.
std::optional<SetPlan> plan_of(const knead_host_t* host) {
  SetPlan plan;
  const char* name = activation::exercises().front().id.data();
  (void)host->get_text(host, "exercise", &name);
  const activation::Exercise* const exercise = activation::find_exercise(name);
  if (exercise == nullptr) {
    std::string reason =
        "there is no exercise called \"" + std::string(name).substr(0, KNEAD_MAX_KEY) + "\"; there is:";
    for (const activation::Exercise& known : activation::exercises()) reason += " " + std::string(known.id);
    (void)host->refuse(host, reason.c_str());
    return std::nullopt;
  }
  plan.exercise = *exercise;
  double reps = plan.reps;
  (void)host->get_number(host, "reps", &reps);
  plan.reps = static_cast<int>(reps);
  plan.up_us = microseconds(host, "tempo_s.up", plan.up_us);
  plan.hold_us = microseconds(host, "tempo_s.hold", plan.hold_us);
  plan.down_us = microseconds(host, "tempo_s.down", plan.down_us);
  plan.rest_us = microseconds(host, "tempo_s.rest", plan.rest_us);
  const char* detect = "press";
  (void)host->get_text(host, "detect", &detect);
  plan.by_press = std::string_view(detect) != "tempo";
  (void)host->get_number(host, "press_n", &plan.press_n);
  (void)host->get_number(host, "ceiling_n", &plan.ceiling_n);
  return plan;
}

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
  ActivationPlugin(const knead_host_t* host, const SetPlan& plan)
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
    feed();
    switch (event.kind) {
      case KNEAD_EVENT_PAUSE:
        coach_.pause();
        break;
      case KNEAD_EVENT_RESUME:
        coach_.resume(event.session_us);
        break;
      case KNEAD_EVENT_TICK:
        coach_.tick(event.session_us);
        break;
      default:
        break;
    }
  }

  void feed() {
    std::uint32_t count = 0;
    do {
      std::uint64_t lost = 0;
      if (samples_->read(host_, batch_.data(), kBatch, &count, &lost) != KNEAD_OK) return;
      for (std::uint32_t i = 0; i < count; ++i) {
        Reading reading = to_reading(batch_[i]);
        if (i == 0 && lost > 0) reading.connected = false;
        coach_.feed(reading);
      }
    } while (count == kBatch);
  }

  void cue(std::uint32_t kind, std::string_view text, std::uint32_t urgency, int count) override {
    const std::string copy(text);
    const knead_cue_t cue{sizeof cue, kind, copy.c_str(), urgency, count};
    (void)host_->cue(host_, &cue);
  }

  void rep(int n, const activation::Rep& rep, bool too_hard) override {
    const knead_rep_t row{sizeof row,       n, rep.start_us, rep.duration_us, rep.peak_n, rep.mean_n, rep.impulse_ns,
                          too_hard ? 1 : 0, 0};
    (void)log_->rep(host_, &row);
    ++reps_;
    too_hard_ += too_hard ? 1 : 0;
    peaks_n_ += rep.peak_n;
    impulse_ns_ += rep.impulse_ns;
  }

  void finish(bool completed) override {
    (void)log_->measure(host_, "set_mean_peak", peaks_n_ / reps_, "N");
    (void)log_->measure(host_, "set_impulse", impulse_ns_, "N s");
    (void)log_->measure(host_, "set_too_hard", too_hard_, "");
    (void)host_->finish(host_, completed ? 1 : 0);
  }

  knead_plugin_t plugin_{};
  const knead_host_t* host_;
  const knead_samples_t* samples_;
  const knead_log_t* log_;
  activation::SetCoach coach_;
  std::array<knead_sample_t, kBatch> batch_{};
  int reps_ = 0;
  int too_hard_ = 0;
  double peaks_n_ = 0.0;
  double impulse_ns_ = 0.0;
};

const knead_plugin_t* create(const knead_host_t* host) {
  const auto plan = plan_of(host);
  if (!plan) return nullptr;
  auto* const plugin = new ActivationPlugin(host, *plan);  // destroy() deletes it
  if (plugin->can_work()) return plugin->abi();
  (void)host->refuse(host, "this Knead offers no samples or no log");
  plugin->abi()->destroy(plugin->abi());
  return nullptr;
}

constexpr knead_descriptor_t kDescriptor{sizeof(knead_descriptor_t),
                                         0,
                                         "activation",
                                         "Activation set",
                                         KNEAD_VERSION,
                                         "Knead",
                                         "Cues a set of fewer than ten very light reps, counts and logs them.",
                                         nullptr};
constexpr knead_factory_t kFactory{sizeof(knead_factory_t), 0, &kDescriptor, create};

}  // namespace

extern "C" {
extern KNEAD_EXPORT const knead_entry_t knead_entry;
const knead_entry_t knead_entry = {sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, &kFactory};
}
