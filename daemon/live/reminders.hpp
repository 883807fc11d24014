// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/live/daemon.hpp"
#include "daemon/session/cue.hpp"
#include "daemon/session/plan.hpp"

namespace knead::live {

/// Looks at the plans once a minute, and says when it is time (session/plan.hpp decides). Not while
/// somebody has the balls: reading the record would wait for the disk, and they need no reminder.
/// Main thread. The daemon outlives it.
class Reminders {
 public:
  /// For @p profile: "It is time for your session, anna".
  using Tell = std::function<void(const std::string& profile, const session::Cue& cue)>;
  Reminders(boost::asio::io_context& io, const Daemon& daemon, Tell tell);

  /// One look at @p now by @p zone, at the record @p database. What the timer does with the system's
  /// clock. Errors: as of Daemon::check_idle(), for it waits for the disk; of the record.
  Result<> look(const std::string& database, session::UnixTime now, const session::Zone& zone);

 private:
  void schedule();

  const Daemon& daemon_;
  Tell tell_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::optional<session::Reminder>> last_;  ///< by profile
  std::string problem_;                                           ///< told of already
};

}  // namespace knead::live
