// SPDX-License-Identifier: Apache-2.0
// Balls inside the daemon, for demos and tests: `kneadd --sim compliant,speed=10`.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "daemon/live/daemon.hpp"
#include "hw/sim/sim_bus.hpp"

namespace knead::live {

/// @p specs each "PERSON[,serial=S][,speed=N][,seed=N]"; PERSON is a name that ball::make_person knows, or the path of
/// a force trace. Errors: kInvalidInput, which names the part that is wrong; as of the trace.
Result<std::unique_ptr<hw::SimBus>> make_sim_balls(std::span<const std::string> specs);

/// The persons of virtual balls hear the cues of their session.
class PersonsListen final : public SessionListener {
 public:
  explicit PersonsListen(hw::SimBus& bus) : bus_(bus) {}
  void on_session_event(const std::string& serial, const session::Event& event) override;
  void on_session_ended(std::int64_t, const session::SessionReport&) override {}
  void on_discomfort_cue(const std::string& serial, const session::Cue& cue) override;

 private:
  hw::SimBus& bus_;
};

}  // namespace knead::live
