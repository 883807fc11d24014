// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/profile_methods.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "daemon/api/profile_messages.hpp"

namespace knead::live {

ProfileMethods::ProfileMethods(boost::asio::io_context& io, api::Server& server, record::Recorder& recorder,
                               Newtons hard_limit) {
  server.on_late("profile.set", [&io, &recorder, hard_limit](const boost::json::object& params, api::Connection&,
                                                             const api::Server::Reply& reply) {
    auto change = api::profile_change_from(params);
    if (!change) return reply.send(std::unexpected(change.error()));
    const auto queued =
        recorder.with_store([&io, hard_limit, reply, change = *std::move(change)](record::Store& store) {
          const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
          auto changed = record::change_profile(store, change, hard_limit, now);
          boost::asio::post(io, [reply, changed = std::move(changed)] {
            if (!changed) return reply.send(std::unexpected(changed.error()));
            reply.send(api::to_json(*changed));
          });
        });
    if (!queued) reply.send(std::unexpected(queued.error()));
  });
}

}  // namespace knead::live
