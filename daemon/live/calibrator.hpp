// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
/// the room that the record keeps for what has happened. Who asked is told within kRecordPatience, whatever the disk
/// does: after that a change that waits for its leave is not made, and one that is made stands.
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
  /// under way; kBusy, kNoBall: no longer idle, not there any more, or changed meanwhile; kTimeout, the record gave no
  /// leave within kRecordPatience. After an error nothing is changed, unless it says so.
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

  /// A change under way: from begin_change() until who asked is told, by the record's answer or for want of it.
  struct Change;
  /// Until it is ended no other change of ball @p serial begins. Error: kBusy.
  Result<std::shared_ptr<Change>> begin_change(const std::string& serial, const Told& told);
  void end_change(const Change& change, const Result<Done>& done);
  /// Keeps what is in force, then calls @p make, then keeps what that made.
  void change(const Station& station, Make make, const Told& told);
  /// What comes when the record has answered: is it still as it was asked for?
  [[nodiscard]] Result<Made> make_it(const std::string& serial, const protocol::Calibration& present,
                                     const Result<Journal>& journal, const Make& make);
  /// Keeps a change that was made to a ball that had @p before, and ends it.
  void keep(const std::shared_ptr<Change>& change, std::uint16_t firmware, const protocol::Calibration& before,
            Made made);
  /// Asks the record for @p what. What it says of ball @p serial goes into the book, and then to @p then.
  void on_record(const std::string& serial, record::Recorder::For whom,
                 std::function<Result<Journal>(record::Calibrations&)> what,
                 const std::function<void(const Result<Journal>&)>& then);

  boost::asio::io_context& io_;
  record::Recorder& recorder_;
  Idle idle_;
  std::map<std::string, std::shared_ptr<Change>> under_way_;  ///< by serial
  std::shared_ptr<Book> book_ = std::make_shared<Book>();
};

}  // namespace knead::live
