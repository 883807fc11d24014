// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/event_json.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <limits>
#include <set>

#include "tests/unit/session/rig.hpp"

namespace knead::session::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const Event& event) { return serialize(to_json(event)); }

TEST(EventJson, WritesEachKindWithItsFields) {
  const SessionTime t{1500001us};
  EXPECT_EQ(text_of({t, event::Contact{}}), R"({"t_s":1.500001,"kind":"contact"})");
  EXPECT_EQ(text_of({t, event::StepStarted{0, Side::kLeft}}),
            R"({"t_s":1.500001,"kind":"step_started","step":0,"side":"left"})");
  EXPECT_EQ(text_of({t, event::StepEnded{1, true, 90s, 100500ms}}),
            R"({"t_s":1.500001,"kind":"step_ended","step":1,"completed":true,"credited_s":90,"elapsed_s":100.5})");
  EXPECT_EQ(text_of({t, event::Cued{{CueKind::kRepUp, "Up", Urgency::kHigh, 3}, true}}),
            R"({"t_s":1.500001,"kind":"cued","cue":{"kind":"rep_up","text":"Up","urgency":"high","count":3},)"
            R"("from_plugin":true})");
  EXPECT_EQ(text_of({t, event::Tripped{"silence", "no samples", false}}),
            R"({"t_s":1.500001,"kind":"tripped","trip":"silence","detail":"no samples","fault":false})");
  EXPECT_EQ(text_of({t, event::SessionEnded{Outcome::kStopped, "stopped by cli"}}),
            R"({"t_s":1.500001,"kind":"session_ended","outcome":"stopped","reason":"stopped by cli"})");
  const Rep rep{.n = 1, .start = SessionTime{2s}, .duration = 300ms, .peak = {4.25}, .mean = {3}, .impulse_ns = 0.9};
  EXPECT_EQ(text_of({t, event::RepDone{rep}}),
            R"({"t_s":1.500001,"kind":"rep_done","rep":{"n":1,"start_s":2,"duration_s":0.3,"peak_n":4.25,"mean_n":3,)"
            R"("impulse_ns":0.9,"too_hard":false}})");
}

TEST(EventJson, NamesEveryKindDifferently) {
  const std::vector<Event> each = {{{}, event::SessionStarted{}},
                                   {{}, event::Contact{}},
                                   {{}, event::StepAdded{}},
                                   {{}, event::StepStarted{}},
                                   {{}, event::BandEntered{}},
                                   {{}, event::BandLeft{}},
                                   {{}, event::StepEnded{}},
                                   {{}, event::ActivationStarted{}},
                                   {{}, event::RepDone{}},
                                   {{}, event::ActivationEnded{}},
                                   {{}, event::Cued{}},
                                   {{}, event::Tripped{}},
                                   {{}, event::TripCleared{}},
                                   {{}, event::SamplesLost{}},
                                   {{}, event::Paused{}},
                                   {{}, event::Resumed{}},
                                   {{}, event::BallLost{}},
                                   {{}, event::BallBack{}},
                                   {{}, event::PluginFailed{}},
                                   {{}, event::Noted{}},
                                   {{}, event::Stopped{}},
                                   {{}, event::SessionEnded{}},
                                   {{}, event::Tick{}}};
  EXPECT_EQ(each.size(), std::variant_size_v<decltype(Event::what)>);
  std::set<std::string_view> kinds;
  for (const Event& event : each) kinds.insert(kind_of(event));
  EXPECT_EQ(kinds.size(), each.size());
}

TEST(EventJson, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(serialize({1.5, 90.25, -0.1, true, nullptr, "x\n", 3, boost::json::array{}, boost::json::object{}}),
            R"([1.5,90.25,-0.1,true,null,"x\n",3,[],{}])");
  EXPECT_EQ(text_of({{}, event::Noted{"k", 0.1 + 0.2, "N", ""}}),
            R"({"t_s":0,"kind":"noted","key":"k","value":0.3,"unit":"N","text":""})");
  EXPECT_THAT(text_of({{}, event::Noted{"k", -1e-9, "", ""}}), HasSubstr(R"("value":0,)"));
  EXPECT_THAT(text_of({{}, event::Noted{"k", std::numeric_limits<double>::infinity(), "", ""}}),
              HasSubstr(R"("value":null,)"));
}

TEST(EventJson, ReportsAWholeSessionInTheShapeOfTheContract) {
  Rig rig;
  rig.release();
  rig.session.on_trip(rig.t, "silence", "no samples", false);
  rig.session.on_trip_cleared(rig.t, "silence");
  rig.session.on_samples_lost(rig.t, 2);
  rig.rep();
  rig.rep(9);
  rig.plugin(action::Finish{true});
  rig.collect();
  const auto report = to_json(report_of(rig.session, rig.events, {.on = 60s, .max = {255}}));

  EXPECT_EQ(report.at("routine"), "test");
  EXPECT_EQ(report.at("side"), "right");
  EXPECT_EQ(report.at("outcome"), "completed");
  EXPECT_EQ(report.at("elapsed_s"), 61);
  const auto& release = report.at("release").as_object();
  EXPECT_EQ(release.at("credited_s"), 60);
  EXPECT_EQ(release.at("elapsed_s"), 60);
  EXPECT_EQ(release.at("target_s"), 60);
  EXPECT_EQ(release.at("completed"), true);
  EXPECT_EQ(release.at("steps").as_array().at(0).at("muscle"), "upper_trapezius");
  const auto& activation = report.at("activation").as_object();
  EXPECT_EQ(activation.at("reps").as_array().size(), 2U);
  EXPECT_EQ(activation.at("reps").as_array().at(1).at("too_hard"), true);
  EXPECT_EQ(activation.at("target_reps"), 2);
  EXPECT_EQ(activation.at("completed"), true);
  EXPECT_EQ(report.at("measures").at("time_in_band_pct"), 100);
  EXPECT_EQ(serialize(report.at("trips")), R"([{"t_s":61,"kind":"silence","detail":"no samples","fault":false}])");
  EXPECT_EQ(serialize(report.at("samples")), R"({"count":6100,"lost":2})");
  EXPECT_EQ(serialize(report.at("motor")), R"({"on_s":60,"max_level":1})");
  const std::string text = serialize(report);
  EXPECT_THAT(text, Not(HasSubstr("\"tick\"")));
  EXPECT_EQ(boost::json::parse(text), boost::json::value(report));
}

}  // namespace
}  // namespace knead::session::test
