// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/calibrator.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace knead::live {

namespace {

// How long the main thread waits for the disk; no motor runs meanwhile.
constexpr std::chrono::milliseconds kRecordPatience{2000};

record::WallTime now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

}  // namespace

void Calibrator::ball_came(const Station& station) {
  // The answer finds the book, or nobody: then the daemon is gone.
  const auto keep_it = [&io = io_, weak = std::weak_ptr(book_), serial = station.serial(),
                        firmware = station.info().firmware, found = station.calibration()](record::Store& store) {
    auto journal = record::Calibrations(store).ball_came(serial, firmware, now(), found);
    boost::asio::post(io, [weak, serial, journal = std::move(journal)] {
      const auto book = weak.lock();
      if (!book) return;
      if (!journal) {
        spdlog::warn("that ball {} came is not on record: {}", serial, journal.error().message());
      } else if (const auto in_force = record::in_force(*journal)) {
        book->insert_or_assign(serial, *in_force);
      }
    });
  };
  if (const auto queued = recorder_.with_store(keep_it, record::Recorder::For::kRecord); !queued)
    spdlog::warn("that ball {} came is not on record: {}", station.serial(), queued.error().message());
}

const record::InForce* Calibrator::known(const std::string& serial) const {
  const auto found = book_->find(serial);
  return found == book_->end() ? nullptr : &found->second;
}

Result<Calibrator::Journal> Calibrator::on_record(std::function<Result<Journal>(record::Calibrations&)> what) {
  const auto journal = std::make_shared<Journal>();
  const auto done = recorder_.with_store(
      [what = std::move(what), journal](record::Store& store) -> Result<> {
        record::Calibrations calibrations(store);
        auto got = what(calibrations);
        if (!got) return std::unexpected(std::move(got.error()));
        *journal = std::move(*got);
        return {};
      },
      kRecordPatience);
  if (!done) return std::unexpected(done.error());
  return std::move(*journal);
}

Result<Calibrator::Journal> Calibrator::keep_present(const Station& station) {
  auto journal = on_record([serial = station.serial(), firmware = station.info().firmware,
                            found = station.calibration()](record::Calibrations& calibrations) {
    return calibrations.ball_came(serial, firmware, now(), found);
  });
  if (journal) return journal;
  Error error = std::move(journal.error());
  error.context = "the record cannot keep the calibration in force: " + error.context;
  return std::unexpected(std::move(error));
}

void Calibrator::keep(const Station& station, record::CalibrationChange change, Done& done) {
  change.ball_serial = station.serial();
  change.at = now();
  change.calibration = done.calibration;
  const auto journal =
      on_record([change = std::move(change)](record::Calibrations& calibrations) { return calibrations.add(change); });
  if (!journal) {
    done.record_problem = journal.error().message();
    book_->erase(station.serial());
    spdlog::warn("a new calibration of ball {} is not on record: {}", station.serial(), done.record_problem);
  } else if (const auto in_force = record::in_force(*journal)) {
    book_->insert_or_assign(station.serial(), *in_force);
  }
}

Result<Calibrator::Done> Calibrator::calibrate(Station& station, std::span<const session::KnownForce> known,
                                               bool accept_change) {
  auto result = session::calibrate(
      known,
      {.full_scale_n = station.info().full_scale_n, .before = station.calibration(), .accept_change = accept_change});
  if (!result) return std::unexpected(std::move(result.error()));
  // What could not be undone is not done.
  if (auto kept = keep_present(station); !kept) return std::unexpected(std::move(kept.error()));
  if (auto written = station.write_calibration(result->calibration); !written)
    return std::unexpected(std::move(written.error()));
  record::CalibrationChange change{.means = record::Means::kWeights, .residual_pct = result->residual_pct};
  for (std::size_t i = 0; i < known.size(); ++i) {
    change.points.push_back({.force_n = known[i].force.value,
                             .raw = known[i].raw,
                             .spread_raw = known[i].spread_raw,
                             .residual_n = result->residuals_n[i]});
  }
  Done done{.calibration = result->calibration, .by_weights = std::move(*result)};
  keep(station, std::move(change), done);
  spdlog::info("ball {} is calibrated anew", station.serial());
  return done;
}

Result<Calibrator::Done> Calibrator::tare(Station& station) {
  // Nothing that could not be done again: it waits for no disk's leave.
  const auto kept = keep_present(station);
  const protocol::Calibration before = station.calibration();
  const auto tared = station.tare();
  if (!tared) return std::unexpected(tared.error());
  Done done{.calibration = *tared};
  if (!kept) {
    done.record_problem = kept.error().message();
  } else if (*tared != before) {
    keep(station, {.means = record::Means::kTare}, done);
  }
  return done;
}

Result<Calibrator::Done> Calibrator::undo(Station& station) {
  const auto journal = keep_present(station);
  if (!journal) return std::unexpected(journal.error());
  const auto in_force = record::in_force(*journal);
  if (!in_force || !in_force->before) {
    return fail(Errc::kNotFound,
                fmt::format("no calibration of ball {} before this one is on record", station.serial()),
                "make a new one with `knead calibrate`");
  }
  if (auto written = station.write_calibration(*in_force->before); !written)
    return std::unexpected(std::move(written.error()));
  Done done{.calibration = *in_force->before};
  keep(station, {.means = record::Means::kUndo, .undoes = in_force->scale.id}, done);
  spdlog::info("the calibration of ball {} from {} is undone", station.serial(), in_force->scale.at);
  return done;
}

}  // namespace knead::live
