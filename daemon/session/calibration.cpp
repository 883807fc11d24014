// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace knead::session {

namespace {

/// Fewer than so many of the readings that the window should hold, and the rest may hide anything.
constexpr double kLeastShare = 0.9;
/// Two hundred-thousandths of a 24-bit converter's range: the noise of a good one, and no movement.
constexpr double kQuietCounts = 64.0;
/// By how much of its spread a reading may move from the first half of the window to the second: noise moves by a few
/// hundredths, a ramp by half.
constexpr double kWanderShare = 0.25;
/// A weight has to move the reading by more than this, or it is not on the ball.
constexpr double kLeastCounts = 100.0;
constexpr double kLeastSpreads = 4.0;
constexpr double kMillinewtons = 1000.0;
/// Of a ball that does not say its rating: no hand-sized load cell bears more.
constexpr double kMostNewtons = 1000.0;

std::unexpected<Error> not_yet(std::string what, std::string remedy) {
  return fail(Errc::kRefused, std::move(what), std::move(remedy));
}

constexpr const char* kTakeOff = "take everything off the ball; when that does not help, it needs repair";
constexpr const char* kLeaveIt = "let go of the ball, wait a second and try again";

/// What makes a single reading useless.
Result<> check_readings(std::span<const Sample> samples) {
  for (const Sample& s : samples) {
    if (has(s.quality, Quality::kSensorFault)) return not_yet("the ball's sensor is not connected", kTakeOff);
    if (s.motor.value != 0) return not_yet("the ball vibrates", "wait until it rests and try again");
    if (has(s.quality, Quality::kButton)) return not_yet("the ball's button is down", kLeaveIt);
    if (has(s.quality, Quality::kReanchored)) return not_yet("the ball has only just come", "try again in a second");
  }
  const auto [low, high] = std::ranges::minmax(samples, {}, &Sample::raw);
  if (low.raw == high.raw) {
    return not_yet(fmt::format("the ball's sensor repeats one value, {}", low.raw),
                   "unplug the ball and plug it in again; when that does not help, it needs repair");
  }
  return {};
}

std::vector<double> without_spikes(std::span<const Sample> samples) {
  std::vector<double> raw;
  raw.reserve(samples.size());
  for (std::size_t i = 1; i + 1 < samples.size(); ++i) {
    const auto [a, b, c] = std::tuple(samples[i - 1].raw, samples[i].raw, samples[i + 1].raw);
    raw.push_back(std::max(std::min(a, b), std::min(std::max(a, b), c)));
  }
  return raw;
}

double mean_of(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

Result<Rest> at_rest(std::span<const Sample> samples, std::optional<double> slope) {
  if (samples.empty()) return not_yet("the ball sends no readings", "plug it in again");
  const Sample& last = samples.back();
  const auto begins = std::ranges::find_if(samples.rbegin(), samples.rend(), [&](const Sample& s) {
    return s.device_time <= last.device_time - kRestWindow;
  });
  const auto window = samples.subspan(begins == samples.rend() ? 0 : static_cast<std::size_t>(samples.rend() - begins));
  const auto span = last.device_time - window.front().device_time;
  const double expected = static_cast<double>(last.seq - window.front().seq) + 1.0;
  constexpr std::size_t kFewest = 8;
  if (window.size() < kFewest || to_seconds(span) < kLeastShare * to_seconds(kRestWindow)) {
    return not_yet("the ball has not sent a whole second of readings yet", "try again in a second");
  }
  if (auto sound = check_readings(window); !sound) return std::unexpected(std::move(sound.error()));
  if (static_cast<double>(window.size()) < kLeastShare * expected) {
    return not_yet(fmt::format("of {:.0f} readings {:.0f} did not arrive", expected,
                               expected - static_cast<double>(window.size())),
                   "plug the ball into another port, without a hub");
  }

  const std::vector<double> raw = without_spikes(window);
  const auto [low, high] = std::ranges::minmax(raw);
  if (high >= protocol::kRawMax || low <= protocol::kRawMin) {
    return not_yet("the ball's sensor is at the end of its range", kTakeOff);
  }
  Rest rest{.raw = mean_of(raw),
            .spread_raw = high - low,
            .readings = window.size(),
            .from = window.front().device_time,
            .to = last.device_time};
  if (slope && rest.spread_raw * std::abs(*slope) > kSteadiness.value) {
    return not_yet(
        fmt::format("the ball is not at rest: its readings spread over {:.2f} N, and at most {} N are steady",
                    rest.spread_raw * std::abs(*slope), kSteadiness.value),
        kLeaveIt);
  }
  const auto half = raw.size() / 2;
  const double drift = mean_of(std::span(raw).subspan(half)) - mean_of(std::span(raw).first(half));
  if (rest.spread_raw > kQuietCounts && std::abs(drift) > kWanderShare * rest.spread_raw) {
    return not_yet("the ball's reading has not settled yet", kLeaveIt);
  }
  return rest;
}

// ---- Calibration --------------------------------------------------------------------------------------------------

namespace {

Result<> check_forces(std::span<const KnownForce> known, double full_scale) {
  if (known.size() < 2 || known.size() > kMaxKnownForces) {
    return fail(Errc::kInvalidInput, fmt::format("{} known forces are given", known.size()),
                fmt::format("give the unloaded ball and 1 to {} weights", kMaxKnownForces - 1));
  }
  for (const KnownForce& k : known) {
    if (!std::isfinite(k.force.value) || k.force.value < 0.0) {
      return fail(Errc::kInvalidInput, "a known force is no force", "give newtons, 0 for the unloaded ball");
    }
    if (!(k.raw > protocol::kRawMin && k.raw < protocol::kRawMax) || !(k.spread_raw >= 0.0) ||
        !std::isfinite(k.spread_raw)) {
      return fail(Errc::kInvalidInput, fmt::format("the reading under {:.2f} N is none", k.force.value),
                  "give the counts that ball.measure says");
    }
    if (k.force.value > (full_scale > 0.0 ? full_scale : kMostNewtons)) {
      return fail(Errc::kInvalidInput,
                  fmt::format("{:.1f} N are above the ball's rating of {:.0f} N", k.force.value,
                              full_scale > 0.0 ? full_scale : kMostNewtons),
                  "use a lighter weight");
    }
    const auto same = std::ranges::count(known, k.force, &KnownForce::force);
    if (same > 1) {
      return fail(Errc::kInvalidInput, fmt::format("{:.2f} N are given {} times", k.force.value, same),
                  "use weights that differ");
    }
  }
  if (std::ranges::none_of(known, [](const KnownForce& k) { return k.force.value == 0.0; })) {
    return fail(Errc::kInvalidInput, "the unloaded ball is missing", "begin with nothing on the ball");
  }
  return {};
}

}  // namespace

Result<CalibrationResult> calibrate(std::span<const KnownForce> known, const CalibrationTask& task) {
  if (auto right = check_forces(known, task.full_scale_n); !right) return std::unexpected(std::move(right.error()));
  const KnownForce& zero = *std::ranges::min_element(known, {}, &KnownForce::force);
  const KnownForce& most = *std::ranges::max_element(known, {}, &KnownForce::force);
  if (most.force < kLightestCalibration) {
    return fail(Errc::kInvalidInput,
                fmt::format("{:.2f} N are too little to calibrate with: a small error would be a large one at the "
                            "forces that people press with",
                            most.force.value),
                fmt::format("use at least {:.0f} N, better 20 N (2 kg)", kLightestCalibration.value));
  }
  const double moved = std::abs(most.raw - zero.raw);
  if (moved < kLeastCounts || moved < kLeastSpreads * std::max(most.spread_raw, zero.spread_raw)) {
    return fail(Errc::kRefused, fmt::format("the weight of {:.2f} N hardly changed the reading", most.force.value),
                "put it on the ball so that nothing else carries it, and begin again");
  }

  CalibrationResult out;
  protocol::Calibration& c = out.calibration;
  c = {.calibrated = true,
       .point_a_raw = static_cast<std::int32_t>(std::lround(zero.raw)),
       .point_a_mn = 0,
       .point_b_raw = static_cast<std::int32_t>(std::lround(most.raw)),
       .point_b_mn = static_cast<std::int32_t>(std::lround(most.force.value * kMillinewtons)),
       .tare_raw = static_cast<std::int32_t>(std::lround(zero.raw)),
       .reference_raw = static_cast<std::int32_t>(std::lround(zero.raw))};
  const double slope = c.newtons_per_count();
  double worst = 0.0;
  const KnownForce* worst_at = &zero;
  for (const KnownForce& k : known) {
    if (const double spread = k.spread_raw * std::abs(slope); spread > kSteadiness.value) {
      return fail(Errc::kRefused,
                  fmt::format("under {:.2f} N the ball was not at rest: its readings spread over {:.2f} N, and at most "
                              "{} N are steady",
                              k.force.value, spread, kSteadiness.value),
                  "let the weight lie still, touch nothing, and begin again");
    }
    const double residual = (k.raw - c.tare_raw) * slope - k.force.value;
    out.residuals_n.push_back(residual);
    if (std::abs(residual) > std::abs(worst)) {
      worst = residual;
      worst_at = &k;
    }
  }
  if (known.size() > 2) {
    const double full_scale = task.full_scale_n > 0 ? task.full_scale_n : most.force.value;
    out.residual_pct = 100.0 * std::abs(worst) / full_scale;
    if (*out.residual_pct > kResidualLimitPct) {
      return fail(
          Errc::kRefused,
          fmt::format("the weights do not lie on a line: under {:.2f} N the ball would say {:.2f} N, {:.1f} % of "
                      "its range beside, and at most {:.0f} % are taken",
                      worst_at->force.value, worst_at->force.value + worst, *out.residual_pct, kResidualLimitPct),
          "check what the weights weigh and that nothing else carries them, and begin again");
    }
    if (*out.residual_pct > kResidualNoticePct) {
      out.notice = fmt::format(
          "under {:.2f} N the ball says {:.2f} N, {:.1f} % of its range beside: good enough to train with, but check "
          "the weights",
          worst_at->force.value, worst_at->force.value + worst, *out.residual_pct);
    }
  }
  if (!task.before.calibrated || task.before.newtons_per_count() == 0.0) return out;
  out.change_pct = 100.0 * (slope / task.before.newtons_per_count() - 1.0);
  if (task.accept_change) return out;
  constexpr const char* kOnPurpose =
      "check the weights; when the ball was changed or repaired, say so with --accept-change";
  if (std::abs(out.change_pct) > kLikelyChangePct) {
    return fail(Errc::kRefused,
                fmt::format("the same push would count {:.0f} % {} than by the calibration in force",
                            std::abs(out.change_pct), out.change_pct > 0 ? "more" : "less"),
                kOnPurpose);
  }
  const double offset = (zero.raw - task.before.reference_raw) * task.before.newtons_per_count();
  if (std::abs(offset) > kUnloaded.value) {
    return fail(
        Errc::kRefused,
        fmt::format("by the calibration in force {:.1f} N pressed on the ball when it was to be unloaded", offset),
        kOnPurpose);
  }
  return out;
}

// ---- Tare ---------------------------------------------------------------------------------------------------------

Result<> check_unloaded(double raw, const protocol::Calibration& calibration) {
  const double force = (raw - calibration.reference_raw) * calibration.newtons_per_count();
  if (std::abs(force) <= kUnloaded.value) return {};
  return fail(Errc::kRefused,
              fmt::format("{:.1f} N press on the ball, counted from its calibration, and a ball is tared only within "
                          "{:.0f} N of it",
                          force, kUnloaded.value),
              "take everything off the ball and try again; when nothing is on it, `knead calibrate` makes a new zero");
}

}  // namespace knead::session
