// SPDX-License-Identifier: Apache-2.0
// A session as BDF+ (the 24-bit form of EDF+), for EDFbrowser, MNE and whatever else reads biosignals.
//
// Written here and not by EDFlib, whose writer cuts an annotation after 40 characters, drops those beyond one for each
// second, rounds their times to 100 us, and wants a file it can seek in: a cue has up to 120 bytes, and nothing is lost
// silently (R6). Its reader is the judge of ours in the tests.
//
// Specifications: https://www.edfplus.info/specs/edfplus.html,
// https://www.teuniz.net/edfbrowser/bdfplus%20format%20description.html
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string_view>

#include "daemon/core/error.hpp"
#include "daemon/core/units.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

/// Signals of the file, in order; each at the session's rate.
enum class BdfSignal : std::uint8_t {
  kForce,    ///< newtons in steps of 0.1 mN, a third of the sensor's noise
  kRaw,      ///< the converter's counts, exact
  kMotor,    ///< level the ball applied, 0..255
  kQuality,  ///< bits of knead::Quality
  kSeq,      ///< low 23 bits of the ball's reading counter; -1: no sample at this place
};
constexpr std::size_t kBdfSignals = 5;

/// What kForce holds where there is no force: no sample, or no calibration. No force reaches it.
constexpr std::int32_t kBdfNoForce = -8'000'000;
/// Counts of kForce in a newton.
constexpr double kBdfForceScale = 10'000.0;
constexpr std::int32_t kBdfNoSample = -1;
constexpr std::int32_t kBdfSeqMask = 0x7F'FFFF;

/// Puts samples on a grid of one place for each period of the rate, by session time, so that a gap does not shift what
/// comes after it. Samples that share a place (after a silence they may) go one place on each. Pure.
class BdfGrid {
 public:
  explicit BdfGrid(std::int64_t rate_hz) : rate_hz_(rate_hz) {}
  /// From 0, rising.
  std::int64_t place(SessionTime t) noexcept;

 private:
  std::int64_t rate_hz_;
  std::int64_t last_ = -1;
};

/// The session, its events, gaps and reps as annotations with times to the microsecond. Streams, in two passes: BDF
/// says how long it is before it says what it holds. Errors: those of the store; kInvalidInput when the session has no
/// rate, or times beyond a day; kStorage when @p out takes no more.
Result<> export_bdf(const Store& store, std::int64_t id, std::ostream& out);

}  // namespace knead::record
