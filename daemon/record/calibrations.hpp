// SPDX-License-Identifier: Apache-2.0
// Calibrations: the journal of each ball's calibration. A row is a state that a ball was found in or put into; none is
// ever changed but for the mark that it was undone.
//
//   found ──▶ weights ──▶ tare ──▶ tare ──▶ weights ──▶ undo
//   the ball had it        moves the zero only           the state before the last weights, in force once more
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/record/wall_time.hpp"
#include "hw/protocol/protocol.hpp"

namespace knead::record {

class Store;

/// By what a ball came to its calibration.
enum class Means : std::uint8_t {
  kFound,    ///< it had it when it was plugged in: from the factory, or from another computer
  kWeights,  ///< `knead calibrate`
  kTare,     ///< `knead tare`
  kUndo,     ///< `knead calibrate --undo`
};
std::string_view to_string(Means means) noexcept;
std::optional<Means> means_from(std::string_view name) noexcept;

struct CalibrationPoint {
  double force_n = 0.0;
  double raw = 0.0;
  double spread_raw = 0.0;
  double residual_n = 0.0;  ///< what the line says less what is known
  bool operator==(const CalibrationPoint&) const = default;
};

struct StoredCalibration {
  std::int64_t id = 0;
  std::string ball_serial;
  std::string at;  ///< UTC, ISO 8601
  std::int64_t at_unix_us = 0;
  Means means = Means::kFound;
  protocol::Calibration calibration{};
  std::optional<double> residual_pct;    ///< of full scale; empty where no further weight showed it
  std::vector<CalibrationPoint> points;  ///< with kWeights
  std::string knead_version;
  std::optional<std::string> undone_at;  ///< UTC, ISO 8601
};

/// A change of a ball's calibration, to be kept.
struct CalibrationChange {
  std::string ball_serial{};
  WallTime at{};
  Means means = Means::kFound;
  protocol::Calibration calibration{};
  std::optional<double> residual_pct{};
  std::vector<CalibrationPoint> points{};
  std::optional<std::int64_t> undoes{};  ///< with kUndo: the row that is no longer in force
};

/// The store's tables `balls`, `ball_calibrations` and `ball_calibration_points`. The thread of the store.
class Calibrations {
 public:
  /// @p store outlives it.
  explicit Calibrations(const Store& store) : store_(&store) {}

  /// A ball was plugged in with @p calibration in it: keeps that it was there, and the calibration where the record
  /// does not end with it. @return the ball's whole journal. Errors: kStorage, kBusy, kAccessDenied.
  [[nodiscard]] Result<std::vector<StoredCalibration>> ball_came(const std::string& serial, std::uint16_t firmware,
                                                                 WallTime at, const protocol::Calibration& calibration);
  /// All of it or nothing. @return the ball's whole journal.
  [[nodiscard]] Result<std::vector<StoredCalibration>> add(const CalibrationChange& change);
  /// A ball's journal, oldest first; of every ball where @p serial is empty.
  [[nodiscard]] Result<std::vector<StoredCalibration>> journal(const std::string& serial) const;

 private:
  const Store* store_;
};

/// What a journal says of the calibration in force.
struct InForce {
  StoredCalibration state;  ///< the newest row: what is in the ball
  /// The row that its scale comes from: kFound or kWeights. Its date and residual are the calibration's.
  StoredCalibration scale;
  /// What --undo puts back: the state before that scale; empty where there is none on record.
  std::optional<protocol::Calibration> before;
};

/// Empty for an empty journal. @p journal of one ball, oldest first. Pure.
[[nodiscard]] std::optional<InForce> in_force(const std::vector<StoredCalibration>& journal);

}  // namespace knead::record
