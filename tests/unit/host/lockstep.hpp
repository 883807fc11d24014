// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/unit/host/plugin_bench.hpp"

namespace knead::host {

/// A plugin, and what it did so far.
class Lockstep : public PluginBench {
 public:
  explicit Lockstep(const std::string& file = {}) {
    if (!file.empty()) start(file);
  }
  void start(const std::string& file) { plugin_ = take(launch(file)); }
  void start_fixture(const std::string& does) { plugin_ = take(launch_fixture(does)); }

  Result<> tell(decltype(session::Event::what) event_of_now) {
    auto actions = plugin_->exchange(event(std::move(event_of_now)), head(), kEpoch);
    if (!actions) return std::unexpected(actions.error());
    for (const auto& action : *actions) did.take(action);
    return {};
  }
  /// The session up to the set.
  Result<> begin_set() {
    if (auto ok = tell(session::event::SessionStarted{}); !ok) return ok;
    return tell(session::event::ActivationStarted{});
  }
  /// Presses with @p force_n for @p time, with the ticks that fall into it.
  void hold(double force_n, std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= kTick) {
      press(force_n, std::min<std::chrono::milliseconds>(time, kTick));
      if (!did.finished.empty()) continue;  // the session would be over
      ASSERT_TRUE(tell(session::event::Tick{}).has_value());
    }
  }
  PluginProcess& plugin() { return *plugin_; }
  Doings did;

 private:
  static constexpr std::chrono::milliseconds kTick{50};
  static std::unique_ptr<PluginProcess> take(Result<std::unique_ptr<PluginProcess>> launched) {
    if (!launched) throw std::runtime_error(launched.error().message());
    return std::move(*launched);
  }
  std::unique_ptr<PluginProcess> plugin_;
};

inline std::string failure_of(Lockstep& set) {
  const auto result = set.begin_set();
  return result ? "none" : result.error().context;
}

}  // namespace knead::host
