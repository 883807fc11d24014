// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/safety_gate.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace knead::live {

Result<> SafetyGate::may_begin(const std::string& profile, bool simulated) const {
  // Where nobody is asked there is nothing to look up.
  if (session::may_begin(rule_, simulated, profile, std::nullopt)) return {};
  const auto store = record::Store::open_read_only(database_);
  if (!store) return std::unexpected(store.error());
  const auto last = record::SafetyJournal(*store).newest(profile);
  if (!last) return std::unexpected(last.error());
  return session::may_begin(rule_, simulated, profile, *last ? std::optional((*last)->given) : std::nullopt);
}

void SafetyGate::ask(const std::string& profile, const Told& told) {
  look_up([profile](record::SafetyJournal& journal) { return journal.newest(profile); }, told);
}

void SafetyGate::answer(const std::string& profile, const session::SafetyAnswers& given, const Told& told) {
  if (auto right = session::check_answers(given); !right) return told(std::unexpected(std::move(right.error())));
  look_up(
      [profile, given](record::SafetyJournal& journal) -> Newest {
        const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
        if (auto kept = journal.add(profile, given, now); !kept) return std::unexpected(std::move(kept.error()));
        return journal.newest(profile);
      },
      told);
}

void SafetyGate::look_up(std::function<Newest(record::SafetyJournal&)> what, const Told& told) {
  const auto queued = recorder_.with_store([&io = io_, what = std::move(what), told](record::Store& store) {
    record::SafetyJournal journal(store);
    boost::asio::post(io, [told, newest = what(journal)] { told(newest); });
  });
  if (!queued) told(std::unexpected(queued.error()));
}

}  // namespace knead::live
