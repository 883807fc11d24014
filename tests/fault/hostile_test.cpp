// SPDX-License-Identifier: Apache-2.0
// Plugins that do harm, in the middle of a session of the real kneadd. The ball is in this process, and its motor trace
// the witness (R1); the record says whether a sample is missing (R6), and what the plugin's author is told.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <knead/plugin.h>

#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "daemon/record/store.hpp"
#include "tests/fault/accounts.hpp"
#include "tests/fault/world.hpp"

namespace knead::fault {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Matcher;
using Told = Matcher<const std::string&>;

/// R1 for what a plugin asked for.
constexpr auto kLapse = 250ms;
/// A machine that stalls longer than this is to blame for what exceeds a bound by as much; the run is done again.
constexpr auto kStall = 2ms;
constexpr int kAttempts = 5;
/// After the session's end; far more than R1 allows, so that a motor that runs on is seen in the trace as well.
constexpr auto kPatience = 2s;

struct Misdeed {
  std::string what;
  int when = KNEAD_EVENT_ACTIVATION_START;
  Told told{IsEmpty()};  ///< the sentence for the person and the author; empty: it lives, and the set ends as it wants
};

/// For the names of the tests.
std::string name_of(const Misdeed& misdeed) {
  std::string name = fmt::format("{}_at_{}", misdeed.what, misdeed.when);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

/// The motor in its trace.
struct MotorRuns {
  std::chrono::nanoseconds longest{};  ///< of those that have ended
  bool rests = true;                   ///< none is under way
};

/// What a session with the misdeed in it came to.
struct Outcome {
  std::string outcome;
  std::vector<std::string> plugin_failed;
  record::PluginConduct conduct;
  std::vector<record::StoredMeasure> measures;
  std::size_t reps = 0;
  Accounts accounts;
  MotorRuns runs;
  bool disturbed = false;  ///< by the machine
  int exit_code = -1;
  std::string log;
};

std::string write_routine(const Folder& folder, const Misdeed& misdeed) {
  std::string path = folder.path("hostile.toml");
  // The release does not vibrate: when the motor runs, it is the plugin's doing.
  std::ofstream(path) << fmt::format(R"([routine]
id = "hostile"
title = "A plugin does harm"
method = "custom"
[[release]]
muscle = "upper_trapezius"
credit_s = 1
band_n = [15.0, 40.0]
vibration = {{ level = 0.0 }}
[activation]
plugin = "{}"
exercise = "{}"
reps = 2
tempo_s = {{ up = 1, hold = 1, down = 1, rest = 1 }}
detect = "tempo"
[activation.parameters]
when = {}
)",
                                     KNEAD_HOSTILE, misdeed.what, misdeed.when);
  return path;
}

/// What a person does so that the event comes.
void provoke(World& world, int when) {
  if (when == KNEAD_EVENT_PAUSE || when == KNEAD_EVENT_RESUME) world.call("session.pause");
  if (when == KNEAD_EVENT_RESUME) world.call("session.resume");
  if (when == KNEAD_EVENT_STOP) world.call("session.stop");
}

MotorRuns motor_runs(World& world) {
  MotorRuns runs;
  std::optional<HostTime> on;
  for (const auto& event : world.usb().motor_trace(world.device())) {
    const bool turns = event.change.level.value > 0;
    if (turns && !on) on = event.when;
    if (!turns && on) runs.longest = std::max(runs.longest, event.when - *std::exchange(on, std::nullopt));
  }
  runs.rests = !on;
  return runs;
}

Outcome outcome_of(const Misdeed& misdeed) {
  World world({});
  const HostTime began = HostClock::now();
  world.run(write_routine(world.folder(), misdeed));
  provoke(world, misdeed.when);
  Outcome out;
  if (!wait_for([&] {
        const auto status = world.status();
        // Paused because of what was provoked, or because a machine that stalls left the ball silent.
        if (status.session && status.session->paused && misdeed.when != KNEAD_EVENT_RESUME) {
          static_cast<void>(world.try_call("session.resume"));
        }
        return !status.session;
      })) {
    throw std::runtime_error("the session does not end: " + world.daemon().log());
  }
  // The session is over when the main thread says so; the ball hears of it a moment later. Whether that was in time is
  // in the trace.
  static_cast<void>(wait_for([&] { return motor_runs(world).rests; }, kPatience));
  out.runs = motor_runs(world);
  out.disturbed = world.stalls().worst_since(began) > kStall;
  out.exit_code = world.daemon().terminate();
  out.log = world.daemon().log();
  out.accounts = read_accounts(world.daemon().database());
  const auto store = record::Store::open_read_only(world.daemon().database());
  const auto session = store->load_session(1).value();
  out.outcome = session.facts.outcome.value_or("");
  out.measures = session.measures;
  out.reps = session.reps.size();
  for (const auto& event : session.events) {
    if (event.kind == "plugin_failed") out.plugin_failed.push_back(event.json);
  }
  out.conduct = store->list_plugin_runs(1).value().at(0).conduct;
  return out;
}

class HostilePlugin : public testing::TestWithParam<Misdeed> {
 protected:
  /// The same, again where the machine disturbed it.
  static Outcome settled_outcome() {
    Outcome out = outcome_of(GetParam());
    for (int i = 1; i < kAttempts && out.disturbed && (out.runs.longest > kLapse || out.accounts.missing > 0); ++i) {
      out = outcome_of(GetParam());
    }
    return out;
  }
};

TEST_P(HostilePlugin, HarmsNobodyAndItsAuthorLearnsWhy) {
  const Outcome out = settled_outcome();
  EXPECT_LE(out.runs.longest, kLapse) << "R1\n" << out.log;
  EXPECT_TRUE(out.runs.rests) << "R1\n" << out.log;
  EXPECT_EQ(out.accounts.problem, "");
  EXPECT_EQ(out.accounts.missing, 0U) << "R6: samples";
  EXPECT_EQ(out.accounts.unaccounted(), 0U) << "R6";
  EXPECT_EQ(out.exit_code, 0) << out.log;
  EXPECT_THAT(out.outcome, AnyOf("incomplete", "stopped"));
  EXPECT_LE(out.reps, 2U);
  EXPECT_THAT(out.conduct.ended, GetParam().told);
  for (const std::string& event : out.plugin_failed) {
    EXPECT_THAT(event, HasSubstr(out.conduct.ended));
  }
  // At the session's end nobody waits for the plugin any more, so nobody is told.
  if (out.outcome != "stopped" && !out.conduct.ended.empty()) {
    EXPECT_EQ(out.plugin_failed.size(), 1U);
  }
}

Told not_allowed(const std::string& call) { return HasSubstr("called " + call + "(), which plugins may not"); }
const Told kHung = HasSubstr("did not answer for a second");

INSTANTIATE_TEST_SUITE_P(
    InTheSet, HostilePlugin,
    testing::Values(Misdeed{"hang", KNEAD_EVENT_ACTIVATION_START, kHung},
                    Misdeed{"spin", KNEAD_EVENT_ACTIVATION_START, kHung},
                    Misdeed{"crash", KNEAD_EVENT_ACTIVATION_START, HasSubstr("crashed (SIGSEGV)")},
                    Misdeed{"leave", KNEAD_EVENT_ACTIVATION_START, HasSubstr("ended its process (exit status 3)")},
                    Misdeed{"eat-memory", KNEAD_EVENT_ACTIVATION_START, AnyOf(HasSubstr("crashed (SIGSEGV)"), kHung)},
                    Misdeed{"eat-stack", KNEAD_EVENT_ACTIVATION_START, HasSubstr("crashed (SIGSEGV)")},
                    Misdeed{"fork-bomb", KNEAD_EVENT_ACTIVATION_START,
                            AnyOf(not_allowed("clone"), not_allowed("clone3"), not_allowed("fork"))},
                    Misdeed{"run-a-shell", KNEAD_EVENT_ACTIVATION_START, not_allowed("execve")},
                    Misdeed{"flood", KNEAD_EVENT_ACTIVATION_START, HasSubstr("misused its interface")},
                    Misdeed{"flood-each-tick", KNEAD_EVENT_TICK, HasSubstr("misused its interface")},
                    Misdeed{"write-to-ring", KNEAD_EVENT_ACTIVATION_START, IsEmpty()},
                    Misdeed{"read-files", KNEAD_EVENT_ACTIVATION_START, IsEmpty()},
                    Misdeed{"open-a-socket", KNEAD_EVENT_ACTIVATION_START, not_allowed("socket")},
                    Misdeed{"read-the-daemon", KNEAD_EVENT_ACTIVATION_START, not_allowed("process_vm_readv")},
                    Misdeed{"trace-the-daemon", KNEAD_EVENT_ACTIVATION_START, not_allowed("ptrace")},
                    Misdeed{"kill-the-daemon", KNEAD_EVENT_ACTIVATION_START, not_allowed("kill")},
                    Misdeed{"send-garbage", KNEAD_EVENT_ACTIVATION_START, HasSubstr("sent a")},
                    Misdeed{"close-everything", KNEAD_EVENT_ACTIVATION_START, HasSubstr("closed its connection")},
                    Misdeed{"ask-for-level-100", KNEAD_EVENT_ACTIVATION_START, IsEmpty()},
                    Misdeed{"vibrate-after-the-end", KNEAD_EVENT_ACTIVATION_START, IsEmpty()},
                    Misdeed{"claim-1000-reps", KNEAD_EVENT_ACTIVATION_START, HasSubstr("misused its interface")},
                    Misdeed{"lie-about-sizes", KNEAD_EVENT_ACTIVATION_START, IsEmpty()}),
    [](const auto& test) { return name_of(test.param); });

INSTANTIATE_TEST_SUITE_P(
    InEachCallback, HostilePlugin,
    testing::Values(Misdeed{"hang", KNEAD_EVENT_SESSION_START, kHung}, Misdeed{"hang", KNEAD_EVENT_SIDE, kHung},
                    Misdeed{"hang", KNEAD_EVENT_RELEASE_PROGRESS, kHung},
                    Misdeed{"hang", KNEAD_EVENT_RELEASE_DONE, kHung}, Misdeed{"hang", KNEAD_EVENT_TICK, kHung},
                    Misdeed{"hang", KNEAD_EVENT_PAUSE, kHung}, Misdeed{"hang", KNEAD_EVENT_RESUME, kHung},
                    Misdeed{"hang", KNEAD_EVENT_STOP, IsEmpty()},
                    Misdeed{"crash", KNEAD_EVENT_SESSION_START, HasSubstr("crashed (SIGSEGV)")},
                    Misdeed{"crash", KNEAD_EVENT_TICK, HasSubstr("crashed (SIGSEGV)")}),
    [](const auto& test) { return name_of(test.param); });

double measure(const Outcome& out, const std::string& name) {
  for (const auto& m : out.measures) {
    if (m.name == name) return m.value.value_or(-99.0);
  }
  ADD_FAILURE() << "no measure " << name << "\n" << out.log;
  return -99.0;
}

TEST(HostilePluginTries, ToWriteTheRingAndNoPageIsWritten) {
  EXPECT_EQ(measure(outcome_of({"write-to-ring"}), "written"), 0.0);
}

TEST(HostilePluginTries, ToReadAndWriteFilesAndGetsNone) {
  const Outcome out = outcome_of({"read-files"});
  EXPECT_EQ(measure(out, "passwd"), -1.0);
  EXPECT_EQ(measure(out, "ring_by_name"), -1.0);
  EXPECT_EQ(measure(out, "new_file"), -1.0);
}

TEST(HostilePluginTries, ToAskForTooMuchAndIsRefusedWithAStatus) {
  const Outcome out = outcome_of({"ask-for-level-100"});
  EXPECT_EQ(measure(out, "level_100"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(measure(out, "level_minus"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(out.conduct.misuses, 2U);
  EXPECT_THAT(out.conduct.last_misuse, HasSubstr("request_motor() was given a number out of range"));
}

TEST(HostilePluginTries, ToVibrateAfterItsSetAndIsRefusedWithAStatus) {
  const Outcome out = outcome_of({"vibrate-after-the-end"});
  EXPECT_THAT(out.conduct.last_misuse, HasSubstr("request_motor() was called in the wrong state"));
}

TEST(HostilePluginTries, ToPassStructsThatAreNotWhatTheySay) {
  const Outcome out = outcome_of({"lie-about-sizes"});
  EXPECT_EQ(measure(out, "huge"), KNEAD_OK);
  EXPECT_EQ(measure(out, "none"), KNEAD_BAD_SIZE);
  EXPECT_EQ(measure(out, "null"), KNEAD_NULL);
}

TEST(HostilePluginTries, ToHangInCreateAndNoSessionBegins) {
  World world({});
  const auto refused = world.try_run(write_routine(world.folder(), {"hang", 0}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("not ready within 2 s"));
  EXPECT_TRUE(world.ball_is_usable());
  EXPECT_FALSE(world.status().session);
}

TEST(HostilePluginTries, ToHangInCreateAndTheDaemonDoesNotWait) {
  World world({});
  api::Client other = api::Client::connect(world.daemon().socket()).value();
  auto begun = std::async(std::launch::async,
                          [&, routine = write_routine(world.folder(), {"hang", 0})] { return world.try_run(routine); });
  ASSERT_TRUE(wait_for([&] { return world.daemon().plugin().has_value(); }));
  const auto busy = other.call("session.run", {{"routine", "upper-trap"}});
  ASSERT_FALSE(busy);
  EXPECT_THAT(busy.error().message(), HasSubstr("a session of hostile is about to begin"));
  ASSERT_TRUE(other.call("session.stop"));
  const auto refused = begun.get();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("a stop came before the session began"));
  EXPECT_TRUE(wait_for([&] { return !world.daemon().plugin(); })) << "the plugin's process is gone";
}

TEST(HostilePluginTries, ToBeOfAnotherInterfaceAndIsRefusedWithBothNumbers) {
  World world({});
  std::string path = write_routine(world.folder(), {"hang", 0});
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.replace(text.find(KNEAD_HOSTILE), std::string(KNEAD_HOSTILE).size(), KNEAD_OTHER_ABI);
  std::ofstream(path) << text;
  const auto refused = world.try_run(path);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("built for plugin interface 2, and this Knead speaks 1"));
}

}  // namespace
}  // namespace knead::fault
