// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/live/station.hpp"
#include "daemon/record/calibrations.hpp"
#include "daemon/record/recorder.hpp"
#include "daemon/session/calibration.hpp"

namespace knead::live {

/// Changes the calibration of balls and keeps each change on record, so that it can be undone:
///
///   keep what is in force ── the record refuses or is slow ──▶ nothing is changed
///      └──▶ nobody has the balls, and it is still in force? ── no ──▶ nothing is changed
///              └──▶ write to the ball, read back ── differs ──▶ the one before is put back
///                      └──▶ keep the new one ── the record refuses ──▶ it stands, and who asked is told
///
/// A tare asks no leave of the record: it can be done again. One change of a ball at a time, so that no client fills
/// the room that the record keeps for what has happened.
///
/// Main thread. It waits for the ball, a few control requests (Station::kControlTimeout each), and never for the disk:
/// each step to the right comes when the recorder's thread has answered.
class Calibrator {
 public:
  /// The ball of that serial, when nobody has the balls: Daemon::choose_idle_station().
  using Idle = std::function<Result<Station*>(const std::string& serial)>;
  /// Both outlive it.
  Calibrator(boost::asio::io_context& io, record::Recorder& recorder, Idle idle)
      : io_(io), recorder_(recorder), idle_(std::move(idle)) {}

  /// Returns at once, as all of these do.
  void ball_came(const Station& station);

  struct Done {
    std::string serial;
    protocol::Calibration calibration{};
    std::optional<session::CalibrationResult> by_weights{};
    std::string record_problem{};  ///< why the record does not have it; empty: it has
  };
  /// Called once: from the call when it is refused, else from the main loop, unless the daemon ends before.
  using Told = std::function<void(const Result<Done>&)>;
  /// Errors: as session::calibrate(), Station::write_calibration() and the record; kBusy, another change is
  /// under way; kBusy, kNoBall: no longer idle, not there any more, or changed meanwhile; kTimeout, the record did not
  /// answer within kRecordPatience. After an error nothing is changed, unless it says so.
  void calibrate(const Station& station, std::vector<session::KnownForce> known, bool accept_change, const Told& told);
  /// Errors: as Station::tare(); kBusy, another change is under way.
  void tare(Station& station, const Told& told);
  /// Puts back what was in force before the scale in force. Errors: kNotFound, the record has nothing before it; else
  /// as calibrate().
  void undo(const Station& station, const Told& told);

  /// Within api::Client::kTimeout: who asked still listens when it is too late.
  static constexpr std::chrono::seconds kRecordPatience{4};

  /// What the record says of a ball's calibration; null before it has said anything.
  [[nodiscard]] const record::InForce* known(const std::string& serial) const;

 private:
  using Journal = std::vector<record::StoredCalibration>;
  using Book = std::map<std::string, record::InForce, std::less<>>;
  /// A change that was made to the ball, and what the record is to have of it.
  struct Made {
    Done done;
    record::CalibrationChange change;
  };
  using Make = std::function<Result<Made>(Station& station, const Journal& journal)>;

  /// Until what it returns is called, which calls @p told, no other change of ball @p serial begins. Error: kBusy.
  Result<Told> begin_change(const std::string& serial, Told told);
  /// Keeps what is in force, then calls @p make, then keeps what that made.
  void change(const Station& station, Make make, const Told& told);
  /// What comes when the record has answered: is it still as it was asked for?
  [[nodiscard]] Result<Made> make_it(const std::string& serial, const protocol::Calibration& present, HostTime asked,
                                     const Result<Journal>& journal, const Make& make);
  /// Keeps a change that was made to a ball that had @p before, and tells.
  void keep(const std::string& serial, std::uint16_t firmware, const protocol::Calibration& before, Made made,
            Told told);
  /// Asks the record for @p what. What it says of ball @p serial goes into the book, and then to @p then.
  void on_record(const std::string& serial, record::Recorder::For whom,
                 std::function<Result<Journal>(record::Calibrations&)> what,
                 const std::function<void(const Result<Journal>&)>& then);

  boost::asio::io_context& io_;
  record::Recorder& recorder_;
  Idle idle_;
  std::set<std::string> under_way_;  ///< serials
  std::shared_ptr<Book> book_ = std::make_shared<Book>();
};

}  // namespace knead::live
