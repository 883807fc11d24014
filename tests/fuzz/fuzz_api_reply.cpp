// SPDX-License-Identifier: Apache-2.0
// A line a daemon sends, perhaps one of another version: a client takes what it knows and is not upset by the rest
// (daemon/api/messages.hpp).
#include <variant>

#include "daemon/api/json_rpc.hpp"
#include "daemon/api/messages.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"
#include "tests/fuzz/same_json.hpp"

using namespace knead;
using fuzz::must;

namespace {

/// What was understood once is understood the same when it is sent on.
template <class T>
void settles(T (*from)(const boost::json::object&), const boost::json::object& json) {
  const boost::json::object understood = api::to_json(from(json));
  must(fuzz::same_json(understood, api::to_json(from(understood))), "a message comes back as it went out");
}

void read_as_everything(const boost::json::object& json) {
  settles(api::ball_status_from, json);
  settles(api::daemon_status_from, json);
  settles(api::run_reply_from, json);
  settles(api::live_update_from, json);
  static_cast<void>(api::cue_from(json));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = api::parse_from_daemon(fuzz::text_of(data, size));
  if (!message) {
    must(message.error().code == Errc::kProtocol, "what is no message is a breach of protocol");
    must(!message.error().context.empty(), "R9: it is said why");
    return 0;
  }
  if (const auto* notification = std::get_if<api::Notification>(&*message)) {
    read_as_everything(notification->params);
    return 0;
  }
  const auto& result = std::get<api::Reply>(*message).result;
  if (result && result->is_object()) read_as_everything(result->get_object());
  if (!result) must(api::errc_from(to_string(result.error().code)) == result.error().code, "an error has a name");
  return 0;
}
