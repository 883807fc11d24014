// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/discomfort_methods.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "daemon/live/method_params.hpp"
#include "daemon/record/profiles.hpp"

namespace knead::live {

namespace {

using boost::json::object;
using boost::json::value;

constexpr std::chrono::milliseconds kUpdateEvery{50};  // as often as a session's live line

/// @p written: the set's number in the record.
void tell_end(api::Server& server, std::int64_t number, const record::DiscomfortSet& set,
              const Result<std::int64_t>& written) {
  api::DiscomfortEnd end{.set = number, .set_id = written.value_or(0), .outcome = set.outcome, .reason = set.reason};
  if (!written) end.problem = written.error().message();
  if (!written) spdlog::error("{}", end.problem);
  if (set.result) {
    end.mean_n = set.result->mean_n;
    end.sd_n = set.result->sd_n;
  }
  server.notify_event("discomfort_ended", to_json(end));
}

}  // namespace

DiscomfortMethods::DiscomfortMethods(boost::asio::io_context& io, api::Server& server, Daemon& daemon,
                                     record::Recorder& recorder)
    : io_(io), server_(server), daemon_(daemon), recorder_(recorder), timer_(io) {
  offer();
  daemon_.listen(*this);
}

void DiscomfortMethods::offer() {
  server_.on("discomfort.begin", [this](const object& params, api::Connection& from) -> Result<value> {
    const auto request = api::discomfort_request_from(params);
    if (!request) return std::unexpected(request.error());
    if (auto begun = daemon_.begin_discomfort(request->profile, request->side, request->ball); !begun) {
      return std::unexpected(std::move(begun.error()));
    }
    owner_ = from.id();
    schedule();
    const LiveDiscomfort& set = *daemon_.discomfort();
    return to_json(api::DiscomfortBegun{.ball = set.station().serial(), .set = set.number()});
  });
  server_.on("discomfort.press", [this](const object& params, api::Connection&) -> Result<value> {
    if (auto ok = no_params(params); !ok) return ok;
    if (auto done = daemon_.press_discomfort(); !done) return std::unexpected(std::move(done.error()));
    return object{{"pressed", true}};
  });
  server_.on("discomfort.stop", [this](const object&, api::Connection&) -> Result<value> {
    daemon_.stop_discomfort();
    return object{{"stopped", true}};
  });
  server_.on_disconnect([this](api::ConnectionId connection) {
    // Not from here: a client may be dropped in the middle of a notification.
    boost::asio::post(io_, [this, connection] {
      if (owner_ == connection) daemon_.stop_discomfort();
    });
  });
}

void DiscomfortMethods::schedule() {
  timer_.expires_after(kUpdateEvery);
  timer_.async_wait([this](const boost::system::error_code& error) {
    const LiveDiscomfort* set = daemon_.discomfort();
    if (error || set == nullptr) return;
    schedule();
    if (server_.has_live_subscribers()) server_.notify_live("discomfort", to_json(update(*set)));
  });
}

api::DiscomfortUpdate DiscomfortMethods::update(const LiveDiscomfort& live) const {
  const session::Discomfort& set = live.set();
  return {.set = live.number(),
          .phase = std::string(to_string(set.phase())),
          .attempts = static_cast<int>(set.trials().size()),
          .good = set.good(),
          .trials = set.protocol().trials,
          .force_n = set.force().value,
          .stop_n = set.protocol().stop.value,
          .rate_n_per_s = set.rate_n_per_s(),
          .target_n_per_s = set.protocol().rate_n_per_s,
          .rate_tolerance = set.protocol().rate_tolerance,
          .rest_left_s = to_seconds(set.rest_left()),
          .cue = last_cue_};
}

void DiscomfortMethods::on_discomfort_cue(const std::string&, const session::Cue& cue) { last_cue_ = cue.text; }

void DiscomfortMethods::on_discomfort_ended(const LiveDiscomfort& live) {
  owner_.reset();
  last_cue_.clear();  // the next set's first one comes while it is begun
  timer_.cancel();
  const record::DiscomfortSet set = live.record();
  // The main thread does not wait for the disk; whoever watches hears of the end when it is on record.
  // The recorder outlives these methods, so its thread is given what outlives both.
  const auto keep = [&io = io_, &server = server_, number = live.number(), set](record::Store& store) {
    boost::asio::post(io, [&server, number, set, written = record::add_discomfort_set(store, set)] {
      tell_end(server, number, set, written);
    });
  };
  if (const auto queued = recorder_.with_store(keep, record::Recorder::For::kRecord); !queued)
    tell_end(server_, live.number(), set, std::unexpected(queued.error()));
}

}  // namespace knead::live
