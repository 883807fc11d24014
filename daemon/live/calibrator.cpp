// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/calibrator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace knead::live {

namespace {

record::WallTime now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

}  // namespace

struct Calibrator::Change {
  std::string serial;
  Told told;
  Result<Done> when_late;  ///< what is told when the record has not answered in time
  boost::asio::steady_timer patience;
};

void Calibrator::on_record(const std::string& serial, record::Recorder::For whom,
                           std::function<Result<Journal>(record::Calibrations&)> what,
                           const std::function<void(const Result<Journal>&)>& then) {
  // The answer finds the book, or nobody: then the daemon is gone. Answers come in the order of asking, so the book
  // ends with the newest.
  const auto ask = [&io = io_, weak = std::weak_ptr(book_), serial, what = std::move(what),
                    then](record::Store& store) {
    record::Calibrations calibrations(store);
    boost::asio::post(io, [weak, serial, then, journal = what(calibrations)] {
      const auto book = weak.lock();
      if (!book) return;
      const auto in_force = journal ? record::in_force(*journal) : std::nullopt;
      if (in_force) book->insert_or_assign(serial, *in_force);
      then(journal);
    });
  };
  if (const auto queued = recorder_.with_store(ask, whom); !queued) then(std::unexpected(queued.error()));
}

void Calibrator::ball_came(const Station& station) {
  const std::string& serial = station.serial();
  on_record(
      serial, record::Recorder::For::kRecord,
      [serial, firmware = station.info().firmware, found = station.calibration()](record::Calibrations& calibrations) {
        return calibrations.ball_came(serial, firmware, now(), found);
      },
      [serial](const Result<Journal>& journal) {
        if (!journal) spdlog::warn("that ball {} came is not on record: {}", serial, journal.error().message());
      });
}

const record::InForce* Calibrator::known(const std::string& serial) const {
  const auto found = book_->find(serial);
  return found == book_->end() ? nullptr : &found->second;
}

Result<std::shared_ptr<Calibrator::Change>> Calibrator::begin_change(const std::string& serial, const Told& told) {
  const auto [place, begun] = under_way_.try_emplace(serial);
  if (!begun) {
    return fail(Errc::kBusy, fmt::format("the calibration of ball {} is being changed already", serial),
                "look at it when that is done");
  }
  auto change = std::make_shared<Change>(
      Change{.serial = serial,
             .told = told,
             .when_late = fail(Errc::kTimeout, "the record is slow to be written, and nothing was changed",
                               "check the disk and try again"),
             .patience = boost::asio::steady_timer(io_, kRecordPatience)});
  place->second = change;
  change->patience.async_wait([this, weak = std::weak_ptr(change)](const boost::system::error_code& ended) {
    const auto late = weak.lock();
    if (!ended && late) end_change(*late, late->when_late);
  });
  return change;
}

void Calibrator::end_change(const Change& change, const Result<Done>& done) {
  const auto ended = under_way_.extract(change.serial);
  if (!ended.empty()) ended.mapped()->told(done);
}

void Calibrator::change(const Station& station, Make make, const Told& told) {
  const std::string& serial = station.serial();
  if (auto may = station.check_calibration_may_change(); !may) return told(std::unexpected(std::move(may.error())));
  auto begun = begin_change(serial, told);
  if (!begun) return told(std::unexpected(std::move(begun.error())));
  const protocol::Calibration present = station.calibration();
  // What could not be undone is not done.
  on_record(
      serial, record::Recorder::For::kClient,
      [serial, firmware = station.info().firmware, present](record::Calibrations& calibrations) {
        return calibrations.ball_came(serial, firmware, now(), present);
      },
      [this, serial, firmware = station.info().firmware, present, make = std::move(make),
       begun = std::weak_ptr(*begun)](const Result<Journal>& journal) {
        const auto change = begun.lock();
        if (!change) return;  // too late: who asked was told that nothing was changed
        auto made = make_it(serial, present, journal, make);
        if (!made) return end_change(*change, std::unexpected(std::move(made.error())));
        keep(change, firmware, present, *std::move(made));
      });
}

Result<Calibrator::Made> Calibrator::make_it(const std::string& serial, const protocol::Calibration& present,
                                             const Result<Journal>& journal, const Make& make) {
  if (!journal) {
    Error error = journal.error();
    error.context = "the record cannot keep the calibration in force: " + error.context;
    return std::unexpected(std::move(error));
  }
  const auto station = idle_(serial);
  if (!station) return std::unexpected(station.error());
  if ((*station)->calibration() != present) {
    return fail(Errc::kBusy, fmt::format("the calibration of ball {} was changed meanwhile", serial),
                "look at it again");
  }
  return make(**station, *journal);
}

void Calibrator::keep(const std::shared_ptr<Change>& change, std::uint16_t firmware,
                      const protocol::Calibration& before, Made made) {
  const std::string& serial = change->serial;
  made.done.serial = serial;
  made.change.ball_serial = serial;
  made.change.at = now();
  made.change.calibration = made.done.calibration;
  Done late = made.done;
  late.record_problem = "the record is slow to be written; it may have it later";
  change->when_late = std::move(late);
  book_->erase(serial);  // what it says is no longer in force, and the disk may be slow to say what is
  on_record(
      serial, record::Recorder::For::kRecord,
      [serial, firmware, before,
       change = std::move(made.change)](record::Calibrations& calibrations) -> Result<Journal> {
        if (auto kept = calibrations.ball_came(serial, firmware, change.at, before); !kept) return kept;
        return calibrations.add(change);
      },
      [this, serial, done = std::move(made.done), begun = std::weak_ptr(change)](const Result<Journal>& journal) {
        Done out = done;
        if (!journal) {
          out.record_problem = journal.error().message();
          book_->erase(serial);
          spdlog::warn("a new calibration of ball {} is not on record: {}", serial, out.record_problem);
        }
        if (const auto waiting = begun.lock()) end_change(*waiting, out);
      });
}

void Calibrator::calibrate(const Station& station, std::vector<session::KnownForce> known, bool accept_change,
                           const Told& told) {
  auto result = session::calibrate(
      known,
      {.full_scale_n = station.info().full_scale_n, .before = station.calibration(), .accept_change = accept_change});
  if (!result) return told(std::unexpected(std::move(result.error())));
  change(
      station,
      [result = *std::move(result), known = std::move(known)](Station& here, const Journal&) -> Result<Made> {
        if (auto written = here.write_calibration(result.calibration); !written)
          return std::unexpected(std::move(written.error()));
        spdlog::info("ball {} is calibrated anew", here.serial());
        Made made{.done = {.serial = {}, .calibration = result.calibration, .by_weights = result},
                  .change = {.means = record::Means::kWeights, .residual_pct = result.residual_pct}};
        for (std::size_t i = 0; i < known.size(); ++i) {
          made.change.points.push_back({.force_n = known[i].force.value,
                                        .raw = known[i].raw,
                                        .spread_raw = known[i].spread_raw,
                                        .residual_n = result.residuals_n[i]});
        }
        return made;
      },
      told);
}

void Calibrator::tare(Station& station, const Told& told) {
  const auto begun = begin_change(station.serial(), told);
  if (!begun) return told(std::unexpected(begun.error()));
  const protocol::Calibration before = station.calibration();
  const auto tared = station.tare();
  if (!tared) return end_change(**begun, std::unexpected(tared.error()));
  Made made{.done = {.serial = station.serial(), .calibration = *tared}, .change = {.means = record::Means::kTare}};
  if (*tared == before) return end_change(**begun, made.done);
  keep(*begun, station.info().firmware, before, std::move(made));
}

void Calibrator::undo(const Station& station, const Told& told) {
  change(
      station,
      [](Station& here, const Journal& journal) -> Result<Made> {
        const auto in_force = record::in_force(journal);
        if (!in_force || !in_force->before) {
          return fail(Errc::kNotFound,
                      fmt::format("no calibration of ball {} before this one is on record", here.serial()),
                      "make a new one with `knead calibrate`");
        }
        if (auto written = here.write_calibration(*in_force->before); !written)
          return std::unexpected(std::move(written.error()));
        spdlog::info("the calibration of ball {} from {} is undone", here.serial(), in_force->scale.at);
        return Made{.done = {.serial = {}, .calibration = *in_force->before},
                    .change = {.means = record::Means::kUndo, .undoes = in_force->scale.id}};
      },
      told);
}

}  // namespace knead::live
