// SPDX-License-Identifier: Apache-2.0
// Numbers computed from a finished session (EVIDENCE.md, "Numbers worth showing", 1). Pure, streaming, constant memory.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/core/sample.hpp"
#include "daemon/session/routine.hpp"

namespace knead::session {

// Every sum runs over intervals dt between two samples that follow each other with nothing lost between them. An
// interval is in contact where both its ends are usable and above the contact force, and in band where both its ends
// are also within lo..hi (no hysteresis: this is what the force was, not what the timer forgave). Its force is the mean
// of its ends.
struct Measures {
  std::optional<double> time_in_band_pct;  ///< 100 * sum dt in band / sum dt in contact; empty without contact
  double dose_ns = 0.0;                    ///< sum F dt in contact, newton seconds
  std::optional<double> steadiness_cv;     ///< SD / mean of F in contact, weighted by dt; empty under 1 s of contact
  std::optional<double> mean_force_n;      ///< dose / contact; empty without contact
  double contact_s = 0.0;                  ///< sum dt in contact
  double lost_samples_pct = 0.0;           ///< 100 * lost / (received + lost), of the whole session
};

/// Feed every sample of the release in order, then take the result.
class MeasuresAccumulator {
 public:
  /// A sample after a gap, or that cannot be used, begins anew by itself.
  void feed(SessionTime t, const Sample& sample, const Band& band, Newtons contact) noexcept;
  /// What lies between the last sample and the next counts for nothing: pause, unplug, loss.
  void break_interval() noexcept;
  /// Adds to the counts.
  void count_samples(std::uint64_t received, std::uint64_t lost) noexcept;
  [[nodiscard]] Measures result() const noexcept;

 private:
  struct End {
    SessionTime t{};
    Newtons force{};
    bool in_band = false;
  };
  std::optional<End> last_;  // the last sample, where it was in contact
  double contact_s_ = 0.0;
  double in_band_s_ = 0.0;
  double mean_ = 0.0;     // of F, weighted by dt (West's incremental form, which does not cancel)
  double squares_ = 0.0;  // sum of dt * (F - mean)^2
  std::uint64_t received_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace knead::session
