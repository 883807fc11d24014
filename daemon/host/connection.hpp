// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>

#include "daemon/core/finding.hpp"
#include "daemon/host/action_budget.hpp"
#include "daemon/host/event_mapper.hpp"
#include "daemon/host/frames.hpp"
#include "daemon/host/plugin_process.hpp"
#include "daemon/host/spawn.hpp"
#include "daemon/host/unique_fd.hpp"

namespace knead::host {

/// The daemon's end of one plugin: its process, its socket, and the suspicion with which each frame is met. Blocks only
/// where told to. After the first failure the process is dead and every call returns that failure.
class Connection {
 public:
  static Result<std::shared_ptr<Connection>> open(const PluginLaunch& launch);

  enum class Wait : std::uint8_t {
    kNo,   ///< only what is there already
    kYes,  ///< up to wait_limit()
  };
  struct Nothing {};  ///< kNo, and nothing is there
  struct Acknowledged {};
  using Received = std::variant<Nothing, Acknowledged, session::PluginAction>;

  /// The first frame: the plugin is created, or why not. Nothing yet: false.
  Result<bool> receive_hello(Wait wait);
  /// How long kYes waits for one frame.
  Result<> wait_limit(std::chrono::milliseconds limit);
  [[nodiscard]] std::vector<EventFrame> map(const session::Event& event) { return mapper_.map(event); }
  /// Precondition: the event before is acknowledged.
  Result<> send(EventFrame event);
  Result<Received> receive(Wait wait);
  /// Lets the plugin be destroyed and its process end by itself. Waits up to @p limit. Errors: how it ended otherwise.
  Result<> close(std::chrono::milliseconds limit);
  /// Ends the process because of @p code; @p reason follows "the plugin".
  std::unexpected<Error> end(Errc code, const std::string& reason);

  [[nodiscard]] int socket() const noexcept { return socket_.get(); }
  [[nodiscard]] pid_t pid() const noexcept { return child_.pid(); }
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  [[nodiscard]] const PluginInfo& info() const noexcept { return info_; }
  [[nodiscard]] PluginStatistics& statistics() noexcept { return statistics_; }
  /// The routine's line that made the plugin refuse it, where there is one.
  [[nodiscard]] const std::optional<Finding>& finding() const noexcept { return finding_; }
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

 private:
  Connection(const PluginLaunch& launch, ChildProcess child, UniqueFd socket);
  Result<> send_start(const PluginLaunch& launch);
  Result<> send_frame(const ToPlugin& frame);
  Result<std::optional<FromPlugin>> receive_frame(Wait wait);
  Result<Received> accept(ActionFrame frame);
  Result<Received> accept(const AckFrame& frame);
  std::unexpected<Error> refused(const RefusedFrame& frame);
  std::unexpected<Error> closed();
  [[nodiscard]] Finding parameter_finding(const RefusedFrame& frame) const;
  [[nodiscard]] Error refusal(const RefusedFrame& frame) const;

  std::string file_;
  std::string routine_file_;
  std::vector<session::PluginParameter> parameters_;
  int activation_line_;
  int activation_column_;
  int reps_;
  ChildProcess child_;
  UniqueFd socket_;
  PluginInfo info_;
  PluginStatistics statistics_;
  EventMapper mapper_;
  ActionBudget budget_;
  std::uint32_t serial_ = 0;
  bool unacknowledged_ = false;
  bool finished_ = false;
  int last_rep_ = 0;
  int saves_ = 0;
  std::optional<Error> failure_;
  std::optional<Finding> finding_;
};

}  // namespace knead::host
