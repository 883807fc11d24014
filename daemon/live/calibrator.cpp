// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/calibrator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace knead::live {

namespace {

record::WallTime now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

}  // namespace

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

Result<Calibrator::Told> Calibrator::begin_change(const std::string& serial, Told told) {
  if (!under_way_.insert(serial).second) {
    return fail(Errc::kBusy, fmt::format("the calibration of ball {} is being changed already", serial),
                "look at it when that is done");
  }
  return [this, serial, told = std::move(told)](const Result<Done>& done) {
    under_way_.erase(serial);
    told(done);
  };
}

void Calibrator::change(const Station& station, Make make, const Told& told) {
  const std::string& serial = station.serial();
  auto tell = begin_change(serial, told);
  if (!tell) return told(std::unexpected(std::move(tell.error())));
  const protocol::Calibration present = station.calibration();
  // What could not be undone is not done.
  on_record(
      serial, record::Recorder::For::kClient,
      [serial, firmware = station.info().firmware, present](record::Calibrations& calibrations) {
        return calibrations.ball_came(serial, firmware, now(), present);
      },
      [this, serial, firmware = station.info().firmware, present, asked = HostClock::now(), make = std::move(make),
       told = *std::move(tell)](const Result<Journal>& journal) {
        auto made = make_it(serial, present, asked, journal, make);
        if (!made) return told(std::unexpected(std::move(made.error())));
        keep(serial, firmware, present, *std::move(made), told);
      });
}

Result<Calibrator::Made> Calibrator::make_it(const std::string& serial, const protocol::Calibration& present,
                                             HostTime asked, const Result<Journal>& journal, const Make& make) {
  if (!journal) {
    Error error = journal.error();
    error.context = "the record cannot keep the calibration in force: " + error.context;
    return std::unexpected(std::move(error));
  }
  if (HostClock::now() - asked > kRecordPatience) {
    return fail(Errc::kTimeout, "the record is slow to be written, and nothing was changed",
                "check the disk and try again");
  }
  const auto station = idle_(serial);
  if (!station) return std::unexpected(station.error());
  if ((*station)->calibration() != present) {
    return fail(Errc::kBusy, fmt::format("the calibration of ball {} was changed meanwhile", serial),
                "look at it again");
  }
  return make(**station, *journal);
}

void Calibrator::keep(const std::string& serial, std::uint16_t firmware, const protocol::Calibration& before, Made made,
                      Told told) {
  made.done.serial = serial;
  made.change.ball_serial = serial;
  made.change.at = now();
  made.change.calibration = made.done.calibration;
  book_->erase(serial);  // what it says is no longer in force, and the disk may be slow to say what is
  on_record(
      serial, record::Recorder::For::kRecord,
      [serial, firmware, before,
       change = std::move(made.change)](record::Calibrations& calibrations) -> Result<Journal> {
        if (auto kept = calibrations.ball_came(serial, firmware, change.at, before); !kept) return kept;
        return calibrations.add(change);
      },
      [this, serial, done = std::move(made.done), told = std::move(told)](const Result<Journal>& journal) {
        Done out = done;
        if (!journal) {
          out.record_problem = journal.error().message();
          book_->erase(serial);
          spdlog::warn("a new calibration of ball {} is not on record: {}", serial, out.record_problem);
        }
        told(out);
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
  const auto tell = begin_change(station.serial(), told);
  if (!tell) return told(std::unexpected(tell.error()));
  const protocol::Calibration before = station.calibration();
  const auto tared = station.tare();
  if (!tared) return (*tell)(std::unexpected(tared.error()));
  Made made{.done = {.serial = station.serial(), .calibration = *tared}, .change = {.means = record::Means::kTare}};
  if (*tared == before) return (*tell)(made.done);
  keep(station.serial(), station.info().firmware, before, std::move(made), *tell);
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
