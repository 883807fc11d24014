// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/reminders.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/core/time_zone.hpp"
#include "daemon/record/profiles.hpp"
#include "daemon/record/trends.hpp"

namespace knead::live {

namespace {
constexpr std::chrono::minutes kLookEvery{1};
}  // namespace

Reminders::Reminders(boost::asio::io_context& io, const Daemon& daemon, Tell tell)
    : daemon_(daemon), tell_(std::move(tell)), timer_(io) {
  schedule();
}

void Reminders::schedule() {
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    schedule();
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto looked = look(daemon_.config().record.database, now, utc_offset);
    if (!looked && looked.error().code == Errc::kBusy) return;  // says nothing of the record
    const std::string problem = looked ? std::string() : looked.error().message();
    if (!problem.empty() && problem != problem_) spdlog::warn("no reminders: {}", problem);
    problem_ = problem;
  });
}

Result<> Reminders::look(const std::string& database, session::UnixTime now, const session::Zone& zone) {
  if (auto idle = daemon_.check_idle(); !idle) return idle;
  const auto store = record::Store::open_read_only(database);
  if (!store) return std::unexpected(store.error());
  const auto profiles = record::list_profiles(*store);
  if (!profiles) return std::unexpected(profiles.error());
  for (const record::Profile& profile : *profiles) {
    if (!profile.plan || !profile.plan->remind) continue;
    std::optional<session::Reminder>& last = last_[profile.name];
    // First without the sessions, which take longer to read and are asked for twice a day.
    if (!session::reminder_due(*profile.plan, now, zone, 0, last)) continue;
    const auto sessions = record::session_points(*store, profile.name);
    if (!sessions) return std::unexpected(sessions.error());
    const auto done = std::ranges::count(record::days_done(*sessions, zone, false), session::local_day(now, zone));
    const auto due = session::reminder_due(*profile.plan, now, zone, static_cast<int>(done), last);
    if (!due) continue;
    last = due;
    tell_(profile.name,
          {.kind = session::CueKind::kInfo,
           .text = fmt::format("It is time for your session{}{}", profile.name.empty() ? "" : ", ", profile.name)});
  }
  return {};
}

}  // namespace knead::live
