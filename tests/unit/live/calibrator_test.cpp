// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/calibrator.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "daemon/live/daemon.hpp"
#include "daemon/record/store.hpp"
#include "hw/sim/sim_bus.hpp"
#include "tests/unit/record/held_disk.hpp"
#include "tests/wrapped_bus.hpp"

namespace knead::live {
namespace {

using record::test::HeldDisk;

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Whatever lies on the ball: as much as the test says.
class Load final : public ball::Person {
 public:
  explicit Load(const std::atomic<double>& newtons) : newtons_(newtons) {}
  Newtons force(DeviceTime /*t*/) override { return {newtons_.load()}; }

 private:
  const std::atomic<double>& newtons_;
};

/// What goes wrong between the daemon and the ball.
struct Failures {
  std::atomic<bool> forgets{false};          ///< the ball says yes to a calibration and keeps the old one
  std::atomic<bool> tare_unanswered{false};  ///< it tares, and the answer is lost
  std::atomic<bool> refuses{false};          ///< it takes no calibration
};

class FailingLink final : public test::WrappedLink {
 public:
  FailingLink(std::unique_ptr<hw::Link> inner, const Failures& failures)
      : WrappedLink(std::move(inner)), failures_(failures) {}
  Result<> control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                       std::chrono::milliseconds timeout) override {
    if (request == protocol::Request::kSetCalibration && failures_.forgets) return {};
    if (request == protocol::Request::kSetCalibration && failures_.refuses)
      return fail(Errc::kTimeout, "the ball does not answer");
    auto done = WrappedLink::control_out(request, value, data, timeout);
    if (done && request == protocol::Request::kTare && failures_.tare_unanswered)
      return fail(Errc::kTimeout, "the ball does not answer");
    return done;
  }

 private:
  const Failures& failures_;
};

/// A ball on a scale, in a daemon. It stands for one on USB where the test says so.
class ScaleBus final : public test::WrappedBus {
 public:
  ScaleBus(const std::atomic<double>& load, const Failures& failures, bool calibrated, bool simulated)
      : ScaleBus(with_ball(load, calibrated), failures, simulated) {}
  /// What the ball itself holds.
  protocol::Calibration held() {
    protocol::Calibration out;
    EXPECT_TRUE(sim_->with_ball("KN-1", [&](ball::PacedBall& ball) { out = ball.ball().calibration(); }));
    return out;
  }
  std::size_t motor_changes() { return sim_->motor_trace("KN-1")->size(); }
  /// Changes what lies on the ball. @return the ball's own time of it: every reading after that one is under the new
  /// load, however late anybody fetches it.
  DeviceTime change_load(std::atomic<double>& load, double newtons) {
    DeviceTime since{};
    EXPECT_TRUE(sim_->with_ball("KN-1", [&](ball::PacedBall& ball) {
      load = newtons;
      since = ball.ball().now();
    }));
    return since;
  }

 private:
  ScaleBus(std::unique_ptr<hw::SimBus> sim, const Failures& failures, bool simulated)
      : WrappedBus(*sim,
                   [&failures](std::unique_ptr<hw::Link> link) {
                     return std::make_unique<FailingLink>(std::move(link), failures);
                   }),
        sim_(std::move(sim)),
        simulated_(simulated) {}
  static std::unique_ptr<hw::SimBus> with_ball(const std::atomic<double>& load, bool calibrated) {
    std::vector<hw::SimBallConfig> balls;
    balls.push_back({.ball = {.serial = "KN-1", .calibrated = calibrated}, .person = std::make_unique<Load>(load)});
    return hw::SimBus::create(std::move(balls)).value();
  }
  void on_arrived(hw::BallInfo ball) override {
    ball.simulated = simulated_;
    WrappedBus::on_arrived(std::move(ball));
  }

  std::unique_ptr<hw::SimBus> sim_;
  bool simulated_;
};

class CalibratorTest : public testing::Test {
 protected:
  CalibratorTest() {
    std::string name = (std::filesystem::temp_directory_path() / "knead-calibrator-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    config_.config.realtime = {.priority = 0, .lock_memory = false};
    config_.config.record.database = path("knead.db");
  }
  ~CalibratorTest() override {
    daemon_.reset();
    recorder_.reset();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path(const std::string& file) const { return (folder_ / file).string(); }

  void start(bool calibrated = true, bool simulated = true, std::optional<std::uint64_t> most_bytes = std::nullopt) {
    auto store = record::Store::open(path("knead.db")).value();
    if (most_bytes) {
      ASSERT_TRUE(store.limit_size(*most_bytes));
    }
    recorder_.emplace(std::move(store));
    bus_.emplace(load_, failures_, calibrated, simulated);
    daemon_ = Daemon::start(io_, config_, {}, *bus_, *recorder_).value();
    ASSERT_TRUE(run_until([&] { return rest().has_value(); }));
  }
  bool run_until(const std::function<bool()>& condition) {
    for (int n = 0; n < 30'000; ++n) {
      if (condition()) return true;
      io_.run_for(1ms);
    }
    return false;
  }
  Station& station() { return **daemon_->choose_idle_station(""); }
  Result<session::Rest> rest() {
    const auto here = daemon_->choose_station("");
    if (!here) return std::unexpected(here.error());
    return (*here)->at_rest();
  }
  /// Puts @p newtons on the ball and waits until it lies still.
  session::KnownForce under(double newtons) {
    const DeviceTime since = bus_->change_load(load_, newtons);
    session::Rest at{};
    EXPECT_TRUE(run_until([&] {
      const auto now = rest();
      if (now) at = *now;
      return now && at.from > since;
    }));
    return {.force = {newtons}, .raw = at.raw, .spread_raw = at.spread_raw};
  }
  /// What @p begin is told in the end.
  Result<Calibrator::Done> told(const std::function<void(Calibrator::Told)>& begin) {
    std::optional<Result<Calibrator::Done>> said;
    begin([&](const Result<Calibrator::Done>& done) { said = done; });
    EXPECT_TRUE(run_until([&] { return said.has_value(); }));
    return said.value_or(std::unexpected(Error{}));
  }
  Result<Calibrator::Done> calibrate(const std::vector<session::KnownForce>& points) {
    return told([&](const auto& t) { daemon_->calibrator().calibrate(station(), points, false, t); });
  }
  Result<Calibrator::Done> undo() {
    return told([&](const auto& t) { daemon_->calibrator().undo(station(), t); });
  }
  /// A tare, tried again for as long as nothing but the moment is in its way: a starved machine loses readings.
  Result<Calibrator::Done> tare() {
    Result<Calibrator::Done> done;
    EXPECT_TRUE(run_until([&] {
      done = told([&](const auto& t) { daemon_->calibrator().tare(station(), t); });
      return done || done.error().code != Errc::kRefused ||
             done.error().context.find("press on the ball") != std::string::npos;
    }));
    return done;
  }
  /// The sampling thread has taken what it was given.
  void let_it_take() {
    const auto now = station().counters().reports.load();
    ASSERT_TRUE(run_until([&] { return station().counters().reports.load() > now + 1; }));
  }
  std::vector<record::StoredCalibration> journal() {
    const auto store = record::Store::open_read_only(path("knead.db")).value();
    return record::Calibrations(store).journal("KN-1").value();
  }

  std::filesystem::path folder_;
  LoadedConfig config_;
  boost::asio::io_context io_;
  std::atomic<double> load_{0.0};
  Failures failures_;
  std::optional<record::Recorder> recorder_;
  std::optional<ScaleBus> bus_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(CalibratorTest, KnownWeightsBecomeTheBallsCalibrationAndAreOnRecord) {
  start(false);
  EXPECT_FALSE(station().calibration().calibrated);
  const std::vector points{under(0.0), under(19.6), under(49.0)};
  const auto done = calibrate(points);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->record_problem, "");
  EXPECT_EQ(bus_->held(), done->calibration) << "it is in the ball";
  EXPECT_NEAR(done->calibration.newtons_per_count(), 1.0 / 20'000.0, 1e-9);
  ASSERT_TRUE(done->by_weights && done->by_weights->residual_pct);
  EXPECT_LT(*done->by_weights->residual_pct, 0.01);
  load_ = 30.0;
  EXPECT_TRUE(run_until([&] {
    const auto newest = station().newest(HostClock::now(), 1s);
    return newest && usable(newest->quality) && std::abs(newest->force.value - 30.0) < 0.05;
  })) << "and counts from the next reading on";

  const auto kept = journal();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].means, record::Means::kFound);
  EXPECT_FALSE(kept[0].calibration.calibrated);
  EXPECT_EQ(kept[1].means, record::Means::kWeights);
  EXPECT_EQ(kept[1].calibration, done->calibration);
  EXPECT_EQ(kept[1].points.size(), 3U);
  EXPECT_EQ(bus_->motor_changes(), 0U) << "the motor was off throughout";
}

TEST_F(CalibratorTest, AnUndoPutsBackWhatTheBallHadToTheCount) {
  start();
  const protocol::Calibration factory = bus_->held();
  const std::vector points{under(0.0), under(50.0)};
  ASSERT_TRUE(calibrate(points));
  ASSERT_NE(bus_->held(), factory);
  let_it_take();
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().message();
  EXPECT_EQ(bus_->held(), factory);
  EXPECT_EQ(station().calibration(), factory);
  const auto kept = journal();
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_TRUE(kept[1].undone_at);
  EXPECT_EQ(kept[2].means, record::Means::kUndo);
  let_it_take();
  const auto nothing = undo();
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::kNotFound);
  EXPECT_EQ(bus_->held(), factory);
}

TEST_F(CalibratorTest, R9_ACalibrationThatTheBallDoesNotKeepIsNotSaidToBeDone) {
  start();
  const protocol::Calibration factory = bus_->held();
  const std::vector points{under(0.0), under(50.0)};
  failures_.forgets = true;
  const auto done = calibrate(points);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::kProtocol);
  EXPECT_THAT(done.error().context, HasSubstr("did not keep the calibration"));
  EXPECT_EQ(station().calibration(), factory);
  EXPECT_EQ(journal().size(), 1U) << "nothing but what was found";
}

TEST_F(CalibratorTest, WhatCouldNotBeUndoneIsNotDone) {
  start(true, true, 1);  // the disk takes nothing more
  const std::vector points{under(0.0), under(50.0)};
  Result<Calibrator::Done> done;
  protocol::Calibration before;
  for (int n = 0; n < 300; ++n) {
    before = bus_->held();
    done = calibrate(points);
    if (!done || !done->record_problem.empty()) break;
    let_it_take();
  }
  // Either the record could not keep the old one, and nothing was changed, or not the new one, and that is said.
  if (!done) {
    EXPECT_EQ(done.error().code, Errc::kStorage);
    EXPECT_THAT(done.error().context, HasSubstr("the record cannot keep the calibration in force"));
  } else {
    EXPECT_THAT(done->record_problem, HasSubstr("the disk is full"));
  }
  if (!done) {
    EXPECT_EQ(bus_->held(), before);
  }
}

TEST_F(CalibratorTest, ATareIsTakenUnloadedAndKept) {
  start();
  const protocol::Calibration factory = bus_->held();
  under(1.5);
  const auto tared = tare();
  ASSERT_TRUE(tared) << tared.error().message();
  EXPECT_NEAR(factory.force_from_reference(tared->calibration.tare_raw).value, 1.5, 0.01);
  EXPECT_EQ(tared->calibration.reference_raw, factory.reference_raw);
  const auto kept = journal();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[1].means, record::Means::kTare);
  EXPECT_EQ(kept[1].calibration, bus_->held());
}

TEST_F(CalibratorTest, R4_AfterATareThatIsNotAnsweredTheBallHasTheZeroThatItHadBefore) {
  start();
  const protocol::Calibration factory = bus_->held();
  under(1.5);
  failures_.tare_unanswered = true;
  const auto tared = tare();
  ASSERT_FALSE(tared);
  EXPECT_EQ(tared.error().code, Errc::kTimeout);
  EXPECT_EQ(bus_->held(), factory) << "it was tared, and is put back";
  EXPECT_EQ(station().calibration(), factory);
  EXPECT_EQ(journal().size(), 1U) << "nothing but what was found";
}

TEST_F(CalibratorTest, R4_ABallOfWhichNobodyKnowsWhatItHoldsIsNotCalibrated) {
  start();
  const protocol::Calibration factory = bus_->held();
  under(1.5);
  failures_.tare_unanswered = true;
  failures_.refuses = true;  // nor can it be put back
  const auto tared = tare();
  ASSERT_FALSE(tared);
  EXPECT_NE(bus_->held(), factory);
  EXPECT_THAT(tared.error().context, HasSubstr("what it has now is not known"));
  EXPECT_FALSE(station().calibration().calibrated) << "so no session begins";
  failures_.refuses = false;
  const auto refused = calibrate(
      {{.force = {0.0}, .raw = 0.0, .spread_raw = 1.0}, {.force = {50.0}, .raw = 1'000'000.0, .spread_raw = 1.0}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("plug it in again")) << "nothing is built upon what nobody knows";
  EXPECT_EQ(journal().size(), 1U) << "nor does the record say that it was found without a calibration";
  const auto again = told([&](const auto& t) { daemon_->calibrator().tare(station(), t); });
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("plug it in again"));
  EXPECT_TRUE(run_until([&] { return station().trips().has(sampling::Trip::kUncalibrated); })) << "and no motor runs";
}

TEST_F(CalibratorTest, ABallUnderLoadIsNotTaredHoweverOftenItWasBefore) {
  start();
  double load = 0.0;
  for (; load < 20.0; load += 1.0) {
    under(load);
    if (!tare()) break;
  }
  EXPECT_EQ(load, 4.0) << "3 N from the reference, and no further";
  const auto refused = tare();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kRefused);
  EXPECT_THAT(refused.error().context, HasSubstr("4.0 N press on the ball, counted from its calibration"));
  EXPECT_FALSE(refused.error().remedy.empty());
}

TEST_F(CalibratorTest, NothingIsChangedWhileASessionRuns) {
  std::ofstream(path("alone.toml")) << "[routine]\nid = \"alone\"\ntitle = \"Release alone\"\nmethod = \"custom\"\n"
                                       "[[release]]\nmuscle = \"upper_trapezius\"\nside = \"chosen\"\ncredit_s = 60\n"
                                       "max_elapsed_s = 90\nband_n = [15.0, 40.0]\n";
  start();
  bool begun = false;
  daemon_->run({.routine = path("alone.toml"), .profile = "", .ball = ""},
               [&](const Result<const LiveSession*>& session) {
                 EXPECT_TRUE(session) << session.error().message();
                 begun = true;
               });
  ASSERT_TRUE(begun);
  const auto busy = daemon_->choose_idle_station("");
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Errc::kBusy);
  EXPECT_TRUE(daemon_->choose_station("")) << "looking is allowed";
}

TEST_F(CalibratorTest, ACalibrationThatWaitedForTheDiskIsNotMadeInASessionThatHasBegunMeanwhile) {
  std::ofstream(path("alone.toml")) << "[routine]\nid = \"alone\"\ntitle = \"Release alone\"\nmethod = \"custom\"\n"
                                       "[[release]]\nmuscle = \"upper_trapezius\"\nside = \"chosen\"\ncredit_s = 60\n"
                                       "max_elapsed_s = 90\nband_n = [15.0, 40.0]\n";
  start();
  const protocol::Calibration factory = bus_->held();
  const std::vector points{under(0.0), under(50.0)};
  HeldDisk disk(*recorder_);
  const auto refused = told([&](const auto& t) {
    daemon_->calibrator().calibrate(station(), points, false, t);  // and returns, for it waits for no disk
    daemon_->run({.routine = path("alone.toml"), .profile = "", .ball = ""},
                 [](const Result<const LiveSession*>& session) { EXPECT_TRUE(session) << session.error().message(); });
    disk.let_go();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBusy);
  EXPECT_EQ(bus_->held(), factory);
}

TEST_F(CalibratorTest, ABallIsChangedOnceAtATime) {
  start();
  const std::vector points{under(0.0), under(50.0)};
  const std::vector others{points[0], under(25.0)};
  under(0.0);
  HeldDisk disk(*recorder_);
  std::optional<Result<Calibrator::Done>> first;
  daemon_->calibrator().calibrate(station(), points, false, [&](const auto& done) { first = done; });
  const auto expect_busy = [](const Result<Calibrator::Done>& done) {
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::kBusy);
    EXPECT_THAT(done.error().context, HasSubstr("is being changed already"));
  };
  // And neither waits for the disk to say so.
  expect_busy(calibrate(others));
  expect_busy(told([&](const auto& t) { daemon_->calibrator().tare(station(), t); }));
  EXPECT_FALSE(first);
  disk.let_go();
  EXPECT_TRUE(run_until([&] { return first.has_value(); }));
  ASSERT_TRUE(*first) << first->error().message();
  EXPECT_EQ(bus_->held(), (*first)->calibration);
  EXPECT_EQ(journal().back().calibration, bus_->held());
  let_it_take();
  EXPECT_TRUE(undo()) << "and when that is done the next may";
}

TEST_F(CalibratorTest, WhatIsNoLongerInForceWhenTheDiskHasAnsweredIsNotBuiltUpon) {
  start();
  const std::vector points{under(0.0), under(50.0)};
  protocol::Calibration other = bus_->held();
  other.tare_raw += 5000;
  const auto refused = told([&](const auto& t) {
    HeldDisk disk(*recorder_);
    daemon_->calibrator().calibrate(station(), points, false, t);
    // As when it was plugged in elsewhere meanwhile, and is back.
    EXPECT_TRUE(station().write_calibration(other));
  });
  ASSERT_FALSE(refused) << "an undo would put back what it did not have";
  EXPECT_EQ(refused.error().code, Errc::kBusy);
  EXPECT_EQ(bus_->held(), other);
}

TEST_F(CalibratorTest, WhoAsksAnUnwillingDiskIsToldSoAndTheNextMayTry) {
  start();
  const protocol::Calibration factory = bus_->held();
  const std::vector points{under(0.0), under(50.0)};
  under(1.5);
  HeldDisk disk(*recorder_);
  const auto late = calibrate(points);  // kRecordPatience of waiting
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::kTimeout);
  const auto tared = tare();
  ASSERT_TRUE(tared) << tared.error().message();
  EXPECT_THAT(tared->record_problem, HasSubstr("slow to be written"));
  const protocol::Calibration zeroed = bus_->held();
  EXPECT_NE(zeroed.tare_raw, factory.tare_raw) << "it stands all the same";
  disk.let_go();
  EXPECT_TRUE(run_until([&] {
    const auto* known = daemon_->calibrator().known("KN-1");
    return known != nullptr && known->state.calibration == zeroed;
  }));
  EXPECT_EQ(bus_->held(), zeroed) << "what was told not to be done is not done afterwards";
  EXPECT_EQ(journal().back().calibration, zeroed) << "and the record has it later";
}

TEST_F(CalibratorTest, WhileTheDiskTakesItsTimeNoDateIsGivenForAScaleThatIsNew) {
  start();
  const std::vector points{under(0.0), under(50.0)};
  const protocol::Calibration factory = bus_->held();
  EXPECT_TRUE(run_until([&] { return daemon_->calibrator().known("KN-1") != nullptr; }));
  under(2.0);
  HeldDisk disk(*recorder_);
  std::optional<Result<Calibrator::Done>> tared;
  daemon_->calibrator().tare(station(), [&](const auto& done) { tared = done; });
  ASSERT_NE(bus_->held(), factory) << (tared ? tared->error().message() : "");
  EXPECT_EQ(daemon_->calibrator().known("KN-1"), nullptr) << "nobody knows yet";
  EXPECT_FALSE(tared);
  disk.let_go();
  EXPECT_TRUE(run_until([&] { return tared.has_value(); }));
  ASSERT_TRUE(*tared);
  EXPECT_NE(daemon_->calibrator().known("KN-1"), nullptr);
}

// ---- The safety questions, which stand before a session too ---------------------------------------------------------

TEST_F(CalibratorTest, ASessionOnARealBallBeginsOnlyForWhoHasAnsweredTheSafetyQuestions) {
  std::ofstream(path("alone.toml")) << "[routine]\nid = \"alone\"\ntitle = \"Release alone\"\nmethod = \"custom\"\n"
                                       "[[release]]\nmuscle = \"upper_trapezius\"\nside = \"chosen\"\ncredit_s = 60\n"
                                       "max_elapsed_s = 90\nband_n = [15.0, 40.0]\n";
  start(true, false);
  const auto refusal = [&](const std::string& profile) {
    Error error;
    daemon_->run({.routine = path("alone.toml"), .profile = profile, .ball = ""},
                 [&](const Result<const LiveSession*>& session) {
                   if (!session) error = session.error();
                 });
    daemon_->end_session("test");
    if (error.context.empty()) {
      EXPECT_TRUE(daemon_->clear(""));
      EXPECT_TRUE(run_until([&] { return !station().stop_latched(); }));
    } else {
      EXPECT_EQ(error.code, Errc::kUnanswered);
    }
    return error.message();
  };
  EXPECT_THAT(refusal("anna"), HasSubstr("`knead safety --profile anna`"));
  const auto answered = [&](const std::string& profile, const session::SafetyAnswers& given) {
    std::optional<bool> kept;
    daemon_->safety().answer(profile, given, [&](const auto& newest) { kept = newest.has_value(); });
    return run_until([&] { return kept.has_value(); }) && *kept;
  };
  ASSERT_TRUE(answered("anna", {.version = session::kSafetyQuestionsVersion, .yes = {"pregnancy"}}));
  EXPECT_THAT(refusal("anna"), HasSubstr("ask a clinician first: pregnancy was answered with yes"));
  ASSERT_TRUE(
      answered("anna", {.version = session::kSafetyQuestionsVersion, .yes = {"pregnancy"}, .clinician_asked = true}));
  EXPECT_EQ(refusal("anna"), Error{}.message());
  EXPECT_THAT(refusal("bert"), HasSubstr("not answered yet for profile \"bert\"")) << "one profile's are not another's";
  ASSERT_TRUE(answered("bert", {.version = session::kSafetyQuestionsVersion}));
  EXPECT_EQ(refusal("bert"), Error{}.message());
}

}  // namespace
}  // namespace knead::live
