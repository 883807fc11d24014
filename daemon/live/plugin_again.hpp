// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/host/plugin_process.hpp"
#include "daemon/live/conductor.hpp"
#include "daemon/live/replay.hpp"
#include "daemon/session/input.hpp"

namespace knead::live {

/// A stored session's plugin, asked again: told of each event in lockstep, its answers kept until the record comes to
/// the place where they took effect, and held against what is stored there. The guarantee is with replay().
class PluginAgain final : public PluginPort {
 public:
  /// @p inputs all of the session's.
  PluginAgain(host::PluginProcess& process, const std::vector<session::Input>& inputs);

  void deliver(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
               std::vector<session::input::PluginActed>& answers) override;
  /// The record comes to @p stored. @return what the plugin did now, if it is the same.
  std::optional<Difference> meet(const session::input::PluginActed& stored);
  /// The record comes to the plugin's end: it is asked no more.
  void end() noexcept { over_ = true; }
  /// The record is at its end: what the plugin did beyond it. @p whole: the session ended, it was not cut off.
  std::optional<Difference> rest(bool whole);

 private:
  void drop_withdrawn();

  host::PluginProcess& process_;
  std::set<SessionTime> skipped_;
  std::optional<std::uint64_t> heard_;  ///< empty: every call (in lockstep)
  bool failed_then_ = false;
  std::deque<session::input::PluginActed> waiting_;
  std::uint64_t number_ = 0;                ///< of the actions on record so far
  std::optional<std::uint64_t> withdrawn_;  ///< the call that has lost its say over the motor
  std::optional<std::string> failure_;
  bool over_ = false;
};

}  // namespace knead::live
