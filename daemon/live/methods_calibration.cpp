// SPDX-License-Identifier: Apache-2.0
// The methods around a ball's calibration (daemon/api/API.md).
#include "daemon/api/calibration_messages.hpp"
#include "daemon/live/method_params.hpp"
#include "daemon/live/methods.hpp"

namespace knead::live {

namespace {

using boost::json::object;
using boost::json::value;

/// Tells the client what was done.
Calibrator::Told to_client(const api::Server::Reply& reply) {
  return [reply](const Result<Calibrator::Done>& done) {
    if (!done) return reply.send(std::unexpected(done.error()));
    api::CalibrateReply out{.serial = done->serial, .calibration = done->calibration};
    out.record_problem = done->record_problem;
    if (done->by_weights) {
      out.residuals_n = done->by_weights->residuals_n;
      out.residual_pct = done->by_weights->residual_pct;
      out.change_pct = done->by_weights->change_pct;
      out.notice = done->by_weights->notice;
    }
    reply.send(to_json(out));
  };
}

object json_of(const Calibrator::Done& tared, const Result<Station*>& station) {
  const protocol::Calibration& now = tared.calibration;
  object out{{"serial", tared.serial},
             {"force_n", nullptr},
             {"from_reference_n", now.force_from_reference(now.tare_raw).value},
             {"record_problem", tared.record_problem}};
  if (!station) return out;
  const auto newest = (*station)->newest(HostClock::now(), kFreshForce);
  if (newest && usable(newest->quality)) out["force_n"] = now.force(newest->raw).value;
  return out;
}

}  // namespace

void Methods::offer_calibration() {
  server_.on("ball.measure", [this](const object& params, api::Connection&) -> Result<value> {
    const auto serial = ball_param(params);
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
  server_.on_late("ball.calibrate", [this](const object& params, api::Connection&, const api::Server::Reply& reply) {
    auto request = api::calibrate_request_from(params);
    if (!request) return reply.send(std::unexpected(request.error()));
    const auto station = daemon_.choose_idle_station(request->ball);
    if (!station) return reply.send(std::unexpected(station.error()));
    daemon_.calibrator().calibrate(**station, std::move(request->points), request->accept_change, to_client(reply));
  });
  server_.on_late("ball.undo_calibration",
                  [this](const object& params, api::Connection&, const api::Server::Reply& reply) {
                    const auto serial = ball_param(params);
                    if (!serial) return reply.send(std::unexpected(serial.error()));
                    const auto station = daemon_.choose_idle_station(*serial);
                    if (!station) return reply.send(std::unexpected(station.error()));
                    daemon_.calibrator().undo(**station, to_client(reply));
                  });
  server_.on_late("ball.tare", [this](const object& params, api::Connection&, const api::Server::Reply& reply) {
    const auto serial = ball_param(params);
    if (!serial) return reply.send(std::unexpected(serial.error()));
    const auto station = daemon_.choose_idle_station(*serial);
    if (!station) return reply.send(std::unexpected(station.error()));
    daemon_.calibrator().tare(**station, [&daemon = daemon_, reply](const Result<Calibrator::Done>& tared) {
      if (!tared) return reply.send(std::unexpected(tared.error()));
      reply.send(json_of(*tared, daemon.choose_station(tared->serial)));
    });
  });
}

}  // namespace knead::live
