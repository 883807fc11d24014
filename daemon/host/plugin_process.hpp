// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/finding.hpp"
#include "daemon/core/units.hpp"
#include "daemon/host/parameters.hpp"
#include "daemon/session/event.hpp"
#include "daemon/session/input.hpp"
#include "daemon/session/plugin_action.hpp"
#include "daemon/session/routine.hpp"

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): Asio's name
}

namespace knead::host {

class Connection;
class LiveLink;

struct PluginLaunch {
  std::string plugin_file;
  std::string host_program;  ///< knead-plugin-host; see find_host_program()
  session::Activation activation;
  session::Side side = session::Side::kRight;
  std::string routine_file{};  ///< names the place of a parameter that does not fit; empty: the plugin's file is named
  int ring_fd = -1;            ///< SampleRing::read_only_descriptor(); taken over by launch(), whatever comes of it
  std::string state{};         ///< what the plugin kept, see knead/ext/state.h
  bool only_describe = false;  ///< see PluginProcess::describe()
};

/// Who a plugin says it is.
struct PluginInfo {
  std::string id;
  std::string name;
  std::string version;
  std::string vendor;
  std::string summary;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::vector<std::string> extensions;  ///< that it asked for
  std::vector<ParameterInfo> parameters;
};

struct PluginStatistics {
  std::uint64_t events = 0;      ///< acknowledged
  std::uint64_t actions = 0;     ///< taken from it
  std::uint64_t slow_calls = 0;  ///< live: over 50 ms
  std::uint32_t misuses = 0;     ///< calls that were answered with a status
  std::string last_misuse;       ///< "request_motor() was called in the wrong state"
  std::string ended;             ///< why it was ended before its time: "the plugin crashed (SIGSEGV)"
};

/// One plugin in a process of its own, for one session. Talks to it in one of two ways over the same frames: exchange()
/// waits for each event's answer (simulate, replay, check), attach() and post() never wait (the daemon). Not both.
///
/// Owned by one thread; PR_SET_PDEATHSIG ties the plugin's process to the thread that called launch(), so that thread
/// must outlive it: use the main thread. On destruction the process is killed and reaped.
class PluginProcess {
 public:
  /// Starts the process, loads the plugin, creates it. Waits at most 2 s.
  /// Errors: kNotFound, no such file; kInvalidInput, not a plugin, or it refuses the routine; kProtocol, another ABI
  /// major; kTimeout; kDisconnected, it crashed.
  static Result<std::unique_ptr<PluginProcess>> launch(const PluginLaunch& launch);
  /// Who the plugin in @p file is, without creating it: loads it in a process of its own and ends that. Errors: as of
  /// launch().
  static Result<PluginInfo> describe(const std::string& file, const std::string& host_program);
  using LaunchHandler = std::function<void(Result<std::unique_ptr<PluginProcess>>)>;
  /// The same without waiting: @p on_ready is called from @p io, once, not within this call.
  static void launch(boost::asio::io_context& io, const PluginLaunch& launch, LaunchHandler on_ready);

  /// Whether the plugin takes the routine: it is created and let go again. Errors: as of launch().
  struct Refusal {
    Error error;
    std::optional<Finding> finding;  ///< the place in the routine, when it is a parameter that does not fit
  };
  static std::expected<PluginInfo, Refusal> examine(const PluginLaunch& launch);

  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;
  ~PluginProcess();

  [[nodiscard]] const PluginInfo& info() const noexcept;
  /// Its file, as it was launched.
  [[nodiscard]] const std::string& file() const noexcept;
  [[nodiscard]] const PluginStatistics& statistics() const noexcept;
  [[nodiscard]] pid_t pid() const noexcept;

  /// Hands over the event, waits for the answer and returns what the plugin did, in order. Events that plugins are not
  /// told of cost nothing. The plugin sees the samples below @p ring_head, on the session's time by @p epoch, the
  /// ball's time at session time 0. Errors (the plugin is dead then, and stays so): kTimeout after 5 s; kDisconnected,
  /// it crashed; kProtocol, it forged frames; kRefused, it misused the interface too often.
  Result<std::vector<session::PluginAction>> exchange(const session::Event& event, std::uint64_t ring_head,
                                                      DeviceTime epoch);
  /// The same, each with the call in which the plugin did it, added to @p answers; on an error what it did before.
  Result<> exchange(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
                    std::vector<session::input::PluginActed>& answers);

  /// The session is over: lets the plugin run its destroy() and waits until the process has ended by itself, up to
  /// @p limit. Not needed for order: destruction kills what is left. Errors: kTimeout, kDisconnected, kRefused.
  Result<> close(std::chrono::milliseconds limit);

  using ActionHandler = std::function<void(const session::PluginAction&)>;
  using FailureHandler = std::function<void(std::string)>;
  /// From now on actions arrive from @p io. A call that takes over 50 ms is counted; after 200 ms @p on_action gets a
  /// motor request of level 0 in the plugin's name, and motor requests of that call are dropped; after 1 s the plugin
  /// is killed. @p on_failed gets the reason in a sentence for the person, once; the plugin is dead then. Either may
  /// destroy this object.
  void attach(boost::asio::io_context& io, ActionHandler on_action, FailureHandler on_failed);
  /// Within on_action: which call of the plugin (from 1) the action answers, and whether it is the host that withdraws
  /// the motor request in its name.
  struct Answering {
    std::uint64_t call = 0;
    bool by_host = false;
  };
  [[nodiscard]] Answering answering() const noexcept;
  /// @p on_skipped is called within post() with the time of each tick that the plugin will not hear of, because it is
  /// busy and a later one is there. Once, after attach().
  void on_tick_skipped(std::function<void(SessionTime)> on_skipped);
  /// Never blocks. Nothing after a failure.
  void post(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch);

 private:
  explicit PluginProcess(std::shared_ptr<Connection> connection);
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<LiveLink> live_;
  std::uint64_t calls_ = 0;  ///< by exchange()
};

}  // namespace knead::host
