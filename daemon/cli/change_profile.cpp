// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/change_profile.hpp"

#include <chrono>

#include "daemon/api/profile_messages.hpp"

namespace knead::cli {

Result<boost::json::value> change_profile(const Context& context, const record::ProfileChange& change) {
  auto answer = context.ask("profile.set", api::to_json(change));
  if (answer || answer.error().code != Errc::kNoDaemon) return answer;
  const auto loaded = context.config();
  if (!loaded) return std::unexpected(loaded.error());
  auto store = record::Store::open(loaded->config.record.database);
  if (!store) return std::unexpected(store.error());
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto changed = record::change_profile(*store, change, loaded->config.interlock.hard_limit, now);
  if (!changed) return std::unexpected(changed.error());
  return api::to_json(*changed);
}

}  // namespace knead::cli
