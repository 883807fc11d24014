// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/input_json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace knead::session {
namespace {

using namespace std::chrono_literals;

Input acted(PluginAction action) { return {7, input::PluginActed{.call = 41, .action = std::move(action)}}; }

TEST(InputJson, ReadsBackWhatItWroteToTheBit) {
  const Rep rep{.n = 3,
                .start = SessionTime(91'234'567us),
                .duration = 1'700'001us,
                .peak = {0.1 + 0.2},
                .mean = {std::numeric_limits<double>::denorm_min()},
                .impulse_ns = 1.0 / 3.0,
                .too_hard = true};
  const std::vector<Input> inputs{
      {0, input::RingLost{12}},
      {std::numeric_limits<std::int64_t>::max(), input::TripBegan{"over_force", "too \"hard\" (61 N)\n", true}},
      {1, input::TripCleared{"gap"}},
      {2, input::Silence{HostTime(123'456'789'012'345'678ns)}},
      {3, input::BallLost{HostTime(1ns)}},
      {4, input::BallBack{HostTime(-5ns)}},
      acted(action::ShowCue{{CueKind::kRepUp, "Up \xC3\xA4\xFF", Urgency::kHigh, 3}}),
      acted(action::ShowCue{{CueKind::kDone, "", Urgency::kLow, std::nullopt}}),
      acted(action::RequestMotor{{Level{255}, protocol::Pattern::kWave, 65'535}, 250ms}),
      acted(action::LogRep{rep}),
      acted(action::Note{"relaxed", -0.0, "%", "so"}),
      acted(action::Note{"far", std::numeric_limits<double>::infinity(), "", ""}),
      acted(action::RequestRelease{7'000'001us}),
      acted(action::SaveState{std::string("\x00\x7F\xFF\n", 4)}),
      acted(action::SaveState{}),
      acted(action::Finish{true}),
      {9, input::PluginActed{.call = 3, .by_host = true, .action = action::RequestMotor{}}},
      {10, input::PluginFailed{"the plugin crashed"}},
      {11, input::Pause{"the ball is silent"}},
      {12, input::Resume{}},
      {13, input::Stop{"cli"}},
      {14, input::TickSkipped{SessionTime(50ms)}},
      {15, input::PluginHeard{977}}};
  for (const Input& input : inputs) {
    const auto back = read_input(input.samples, kind_of(input), input_json(input));
    ASSERT_TRUE(back) << input_json(input);
    EXPECT_EQ(*back, input) << input_json(input);
    EXPECT_EQ(input_json(*back), input_json(input));
  }
}

TEST(InputJson, SaysWhatItCannotRead) {
  EXPECT_EQ(read_input(0, "pause", "{}").error().code, Errc::kStorage);
  EXPECT_EQ(read_input(0, "pause", "{").error().code, Errc::kStorage);
  EXPECT_EQ(read_input(0, "nothing", "{}").error().code, Errc::kStorage);
  EXPECT_EQ(
      read_input(0, "plugin_acted", R"({"call":1,"note":{"key":"a","value":"x","unit":"","text":""}})").error().code,
      Errc::kStorage);
}

}  // namespace
}  // namespace knead::session
