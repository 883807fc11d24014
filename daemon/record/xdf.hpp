// SPDX-License-Identifier: Apache-2.0
// A session as XDF, the file of Lab Streaming Layer: for pyxdf, EEGLAB, SigViewer, and next to other streams.
// Specification: https://github.com/sccn/xdf/wiki/Specifications. Debian has readers only; the format is small.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>

#include "daemon/core/error.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

/// Streams of the file.
enum class XdfStream : std::uint32_t {
  kForce = 1,    ///< double64: newtons; NaN without a calibration
  kRaw = 2,      ///< int32: the converter's counts, bits of knead::Quality
  kMotor = 3,    ///< int32: level the ball applied, 0..255
  kClock = 4,    ///< int64: the ball's reading counter, its clock in us, the host's in ns
  kMarkers = 5,  ///< string: each event as its JSON
};
constexpr std::uint32_t kXdfStreams = 5;

/// Whence a damaged file can be read on.
constexpr std::chrono::seconds kXdfBoundaryEvery{10};
/// How often the host's clock is noted against the ball's, as LSL's recorder does.
constexpr std::chrono::seconds kXdfOffsetEvery{5};

/// Every sample has its own time stamp, in seconds of session time: the ball's clock. The clock offsets are what the
/// host's clock went on beyond it since the first sample, so that a reader that applies them gets the host's time.
/// Streams. Errors: those of the store; kStorage when @p out takes no more.
Result<> export_xdf(const Store& store, std::int64_t id, std::ostream& out);

}  // namespace knead::record
