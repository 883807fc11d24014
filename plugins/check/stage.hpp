// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/sample_ring.hpp"
#include "daemon/host/plugin_process.hpp"
#include "plugins/check/subject.hpp"

namespace knead::check {

/// Everything a plugin did, in order.
struct Account {
  struct Doing {
    SessionTime t;
    session::PluginAction action;
  };
  /// The host answered one or more calls of one callback with a status.
  struct Misuse {
    SessionTime t;
    std::string last;  ///< "cue() was called in the wrong state"
    std::uint32_t count;
    std::string event;  ///< that was being handled
    bool paused;        ///< between pause and resume
    bool over;          ///< after a stop or the end
  };
  /// An event, and how long the plugin took over it.
  struct Call {
    SessionTime t;
    std::string event;
    HostClock::duration took;
  };
  struct Failure {
    SessionTime t;
    std::string event;
    Error error;
  };
  std::vector<Doing> doings;
  std::vector<Misuse> misuses;
  std::vector<Call> calls;
  std::optional<Failure> failure;  ///< the plugin's early end

  [[nodiscard]] bool finished() const;
  [[nodiscard]] int reps() const;
};

/// "at 61.2 s, on tick"
std::string place_of(SessionTime t, const std::string& event);
/// In words, for a sentence: "cue rep_up \"Up\"".
std::string describe(const session::PluginAction& action);

/// A fresh plugin in its real sandboxed process, and a ring that samples are written to: what the plugin is told and
/// what it does, without a session around it. Owned by one thread, the main thread.
class Stage {
 public:
  struct Options {
    std::uint64_t ring_slots = 1 << 13;
    /// What the computer's clock showed at session time 0; the plugin sees it in its samples.
    HostTime began{std::chrono::hours(1)};
  };
  static Result<std::unique_ptr<Stage>> open(const Subject& subject, const Options& options);
  static Result<std::unique_ptr<Stage>> open(const Subject& subject) { return open(subject, Options{}); }

  /// The ball measured this at @p t. @p lost: as many before it never arrived.
  Sample sample(SessionTime t, Newtons force, Quality quality, std::uint64_t lost = 0);
  /// Hands the event over and notes what comes of it. Nothing once the plugin has failed.
  std::vector<session::PluginAction> tell(const session::Event& event);
  /// Ends the plugin as its session's end does, with destroy().
  void close();

  [[nodiscard]] bool failed() const noexcept { return account_.failure.has_value(); }
  [[nodiscard]] const Account& account() const noexcept { return account_; }
  [[nodiscard]] const host::PluginInfo& info() const noexcept { return process_->info(); }
  /// Memory that belongs to the plugin's process alone, in bytes; 0 when the system does not say.
  [[nodiscard]] std::uint64_t private_memory() const;

 private:
  Stage(SampleRing ring, HostTime began) : ring_(std::move(ring)), began_(began) {}
  void fail(SessionTime t, std::string event, Error error);

  SampleRing ring_;
  HostTime began_;
  std::unique_ptr<host::PluginProcess> process_;
  std::uint64_t next_seq_ = 1;
  SessionTime last_{};
  std::uint32_t misuses_ = 0;
  bool paused_ = false;
  bool over_ = false;
  Account account_;
};

}  // namespace knead::check
