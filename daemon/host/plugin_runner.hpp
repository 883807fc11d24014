// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/ext/log.h>
#include <knead/ext/samples.h>
#include <knead/ext/state.h>
#include <knead/plugin.h>
#include <pthread.h>

#include <atomic>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/sample_ring.hpp"
#include "daemon/host/action_budget.hpp"
#include "daemon/host/frames.hpp"
#include "daemon/host/plugin_module.hpp"

namespace knead::host {

/// The host side of knead/plugin.h: calls the plugin, answers its calls, and holds it to the tags of the header.
///
///   [created] ─ session start ─▶ [waiting] ─ activation start ─▶ [active] ─ finish, stop, end ─▶ [done]
///                                    │ ▲                              │                               ▲
///                                    │ └───── a further release ──────┘                               │
///                                    └───────────── stop, end ────────────────────────────────────────┘
///   paused between pause and resume, in [waiting] and [active]
///
/// Owned by the plugin thread, which is the process's only one. Does no I/O of its own: frames leave through @p send.
class PluginRunner {
 public:
  using Send = std::function<void(const FromPlugin&)>;
  /// @p state what the plugin kept.
  PluginRunner(RingReader samples, std::vector<Parameter> parameters, std::string state, Send send);
  ~PluginRunner();
  PluginRunner(const PluginRunner&) = delete;
  PluginRunner& operator=(const PluginRunner&) = delete;

  /// Who the plugin is and what a routine may set for it. What it returns goes to the daemon.
  static std::expected<HelloFrame, RefusedFrame> describe(const PluginModule& module);
  /// Creates the plugin. As describe(), with the extensions that it asked for.
  std::expected<HelloFrame, RefusedFrame> create(const PluginModule& module);
  /// Hands the event to the plugin; its actions and then the acknowledgement are sent.
  void handle(const EventFrame& event);

 private:
  enum class State : std::uint8_t { kCreated, kWaiting, kActive, kDone };

  // The functions of the header, and what they do once the caller is known to be the plugin thread.
  static knead_status_t on_cue(const knead_host_t* host, const knead_cue_t* cue) noexcept;
  static knead_status_t on_request_motor(const knead_host_t* host, const knead_motor_request_t* request) noexcept;
  static knead_status_t on_get_number(const knead_host_t* host, const char* key, double* value) noexcept;
  static knead_status_t on_get_text(const knead_host_t* host, const char* key, const char** text) noexcept;
  static knead_status_t on_finish(const knead_host_t* host, int32_t completed) noexcept;
  static knead_status_t on_refuse(const knead_host_t* host, const char* reason) noexcept;
  static const void* on_get_extension(const knead_host_t* host, const char* id) noexcept;
  static knead_status_t on_request_release(const knead_host_t* host, int64_t credit_us) noexcept;
  static knead_status_t on_read_samples(const knead_host_t* host, knead_sample_t* out, uint32_t capacity,
                                        uint32_t* count, uint64_t* lost) noexcept;
  static knead_status_t on_log_rep(const knead_host_t* host, const knead_rep_t* rep) noexcept;
  static knead_status_t on_measure(const knead_host_t* host, const char* key, double value, const char* unit) noexcept;
  static knead_status_t on_load_state(const knead_host_t* host, void* out, uint32_t capacity, uint32_t* count) noexcept;
  static knead_status_t on_save_state(const knead_host_t* host, const void* data, uint32_t count) noexcept;
  static knead_status_t on_annotate(const knead_host_t* host, const char* key, const char* text) noexcept;

  knead_status_t cue(const knead_cue_t* cue);
  knead_status_t request_motor(const knead_motor_request_t* request);
  knead_status_t get_number(const char* key, double* value);
  knead_status_t get_text(const char* key, const char** text);
  knead_status_t finish(int32_t completed);
  knead_status_t refuse(const char* reason);
  knead_status_t request_release(int64_t credit_us);
  knead_status_t read_samples(knead_sample_t* out, uint32_t capacity, uint32_t* count, uint64_t* lost);
  knead_status_t log_rep(const knead_rep_t* rep);
  knead_status_t load_state(void* out, uint32_t capacity, uint32_t* count);
  knead_status_t save_state(const void* data, uint32_t count);
  knead_status_t note(const char* key, double value, const char* unit, const char* text);

  template <class Call>
  static knead_status_t guarded(const knead_host_t* host, const char* function, Call&& call) noexcept;
  knead_status_t counted(const char* function, knead_status_t status);
  knead_status_t act(session::PluginAction action);
  void acknowledge();
  [[nodiscard]] const Parameter* parameter(const char* key) const;
  [[nodiscard]] bool in_session() const noexcept { return state_ == State::kWaiting || state_ == State::kActive; }
  void enter(const EventFrame& event);

  knead_host_t host_{};
  knead_samples_t samples_extension_{};
  knead_log_t log_extension_{};
  knead_state_t state_extension_{};
  pthread_t thread_ = ::pthread_self();
  RingReader samples_;
  std::vector<Parameter> parameters_;
  std::string kept_;  ///< what the plugin saved last, in this session or before
  Send send_;
  const knead_plugin_t* plugin_ = nullptr;

  State state_ = State::kCreated;
  bool paused_ = false;
  bool creating_ = false;
  std::optional<std::string> refusal_;
  std::vector<std::string> extensions_;
  EventFrame event_{};
  SessionTime activation_start_{};
  int last_rep_ = 0;
  std::int64_t release_asked_us_ = 0;
  int releases_asked_ = 0;
  int saves_ = 0;
  std::uint64_t lost_told_ = 0;
  ActionBudget budget_;
  std::atomic<std::uint32_t> misuses_ = 0;  // a thread that should not be there may be the one to misuse
  std::string last_misuse_;
};

}  // namespace knead::host
