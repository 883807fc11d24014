// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/live/station.hpp"
#include "daemon/record/calibrations.hpp"
#include "daemon/record/recorder.hpp"
#include "daemon/session/calibration.hpp"

namespace knead::live {

/// Changes the calibration of balls and keeps each change on record, so that it can be undone:
///
///   keep what is in force ── the record refuses ──▶ nothing is changed
///      └──▶ write to the ball, read back ── differs ──▶ the one before is put back
///              └──▶ keep the new one ── the record refuses ──▶ it stands, and who asked is told
///
/// Main thread, and only while no session runs: it waits for the ball and for the disk. What a ball came with is kept
/// without waiting.
class Calibrator {
 public:
  /// Both outlive it.
  Calibrator(boost::asio::io_context& io, record::Recorder& recorder) : io_(io), recorder_(recorder) {}

  /// Returns at once.
  void ball_came(const Station& station);

  struct Done {
    protocol::Calibration calibration{};
    std::optional<session::CalibrationResult> by_weights{};
    std::string record_problem{};  ///< why the record does not have it; empty: it has
  };
  /// Errors: as session::calibrate(), Station::write_calibration() and the record.
  Result<Done> calibrate(Station& station, std::span<const session::KnownForce> known, bool accept_change);
  /// Errors: as Station::tare().
  Result<Done> tare(Station& station);
  /// Puts back what was in force before the scale in force. Errors: kNotFound, the record has nothing before it; as
  /// Station::write_calibration() and the record.
  Result<Done> undo(Station& station);

  /// What the record says of a ball's calibration; null before it has said anything.
  [[nodiscard]] const record::InForce* known(const std::string& serial) const;

 private:
  using Journal = std::vector<record::StoredCalibration>;
  using Book = std::map<std::string, record::InForce, std::less<>>;
  /// Keeps what is in the ball now. @return its journal. Errors: of the record.
  Result<Journal> keep_present(const Station& station);
  Result<Journal> on_record(std::function<Result<Journal>(record::Calibrations&)> what);
  /// Keeps a change that was made, and fills in done.record_problem where that fails.
  void keep(const Station& station, record::CalibrationChange change, Done& done);

  boost::asio::io_context& io_;
  record::Recorder& recorder_;
  std::shared_ptr<Book> book_ = std::make_shared<Book>();
};

}  // namespace knead::live
