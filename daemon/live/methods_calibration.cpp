// SPDX-License-Identifier: Apache-2.0
// The methods around a ball's calibration (daemon/api/API.md).
#include "daemon/api/calibration_messages.hpp"
#include "daemon/api/params.hpp"
#include "daemon/live/methods.hpp"

namespace knead::live {

namespace {

using boost::json::object;
using boost::json::value;

constexpr std::chrono::milliseconds kFreshForce{200};

Result<std::string> only_ball(const object& params) {
  api::Params p(params);
  std::string serial = p.text("ball").value_or("");
  if (auto ok = p.finish(); !ok) return std::unexpected(std::move(ok.error()));
  return serial;
}

api::CalibrateReply reply_of(const Station& station, const Calibrator::Done& done) {
  api::CalibrateReply reply{.serial = station.serial(), .calibration = done.calibration};
  reply.record_problem = done.record_problem;
  if (!done.by_weights) return reply;
  reply.residuals_n = done.by_weights->residuals_n;
  reply.residual_pct = done.by_weights->residual_pct;
  reply.change_pct = done.by_weights->change_pct;
  reply.notice = done.by_weights->notice;
  return reply;
}

}  // namespace

void Methods::offer_calibration() {
  server_.on("ball.measure", [this](const object& params, api::Connection&) -> Result<value> {
    const auto serial = only_ball(params);
    if (!serial) return std::unexpected(serial.error());
    const auto station = daemon_.choose_station(*serial);
    if (!station) return std::unexpected(station.error());
    const auto rest = (*station)->at_rest();
    if (!rest) return std::unexpected(rest.error());
    api::MeasureReply reply{.serial = (*station)->serial(), .rest = *rest};
    if (const protocol::Calibration& c = (*station)->calibration(); c.calibrated) {
      reply.force_n = (rest->raw - c.tare_raw) * c.newtons_per_count();
      reply.force_from_reference_n = (rest->raw - c.reference_raw) * c.newtons_per_count();
    }
    return to_json(reply);
  });
  server_.on("ball.calibrate", [this](const object& params, api::Connection&) -> Result<value> {
    const auto request = api::calibrate_request_from(params);
    if (!request) return std::unexpected(request.error());
    const auto station = daemon_.choose_idle_station(request->ball);
    if (!station) return std::unexpected(station.error());
    const auto done = daemon_.calibrator().calibrate(**station, request->points, request->accept_change);
    if (!done) return std::unexpected(done.error());
    return to_json(reply_of(**station, *done));
  });
  server_.on("ball.undo_calibration", [this](const object& params, api::Connection&) -> Result<value> {
    const auto serial = only_ball(params);
    if (!serial) return std::unexpected(serial.error());
    const auto station = daemon_.choose_idle_station(*serial);
    if (!station) return std::unexpected(station.error());
    const auto done = daemon_.calibrator().undo(**station);
    if (!done) return std::unexpected(done.error());
    return to_json(reply_of(**station, *done));
  });
  server_.on("ball.tare", [this](const object& params, api::Connection&) -> Result<value> {
    const auto serial = only_ball(params);
    if (!serial) return std::unexpected(serial.error());
    const auto station = daemon_.choose_idle_station(*serial);
    if (!station) return std::unexpected(station.error());
    const auto done = daemon_.calibrator().tare(**station);
    if (!done) return std::unexpected(done.error());
    const protocol::Calibration& now = done->calibration;
    const auto newest = (*station)->newest(HostClock::now(), kFreshForce);
    return object{{"serial", (*station)->serial()},
                  {"force_n", newest ? now.force(newest->raw).value : 0.0},
                  {"from_reference_n", now.force_from_reference(now.tare_raw).value},
                  {"record_problem", done->record_problem}};
  });
}

}  // namespace knead::live
