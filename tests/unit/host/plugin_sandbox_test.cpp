// SPDX-License-Identifier: Apache-2.0
// Plugins that misbehave, and the process that holds them.
#include "daemon/host/plugin_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <knead/plugin.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <filesystem>

#include "daemon/core/under_sanitizer.hpp"
#include "daemon/host/landlock.hpp"
#include "daemon/host/unique_fd.hpp"
#include "tests/unit/host/lockstep.hpp"

namespace knead::host {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace what = session::event;

TEST(PluginMisuse, IsAnsweredWithAStatusAndCounted) {
  Lockstep set;
  set.start_fixture("misuse");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("cue_null"), KNEAD_NULL);
  EXPECT_EQ(set.did.measure("cue_small"), KNEAD_BAD_SIZE);
  EXPECT_EQ(set.did.measure("cue_no_text"), KNEAD_NULL);
  EXPECT_EQ(set.did.measure("cue_kind"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("cue_escape"), KNEAD_BAD_TEXT);
  EXPECT_EQ(set.did.measure("motor_100"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("motor_nan"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("motor_long"), KNEAD_OK);
  EXPECT_EQ(set.did.measure("rep_2_first"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("refuse_late"), KNEAD_WRONG_STATE);
  EXPECT_EQ(set.did.measure("get_text_number"), KNEAD_WRONG_TYPE);
  EXPECT_EQ(set.did.measure("get_nothing"), KNEAD_NOT_FOUND);
  EXPECT_EQ(set.did.measure("finish_7"), KNEAD_OUT_OF_RANGE);
  EXPECT_EQ(set.did.measure("measure_nan"), KNEAD_OUT_OF_RANGE);
  EXPECT_FALSE(set.did.has("after_finish"));
  EXPECT_THAT(set.did.finished, ElementsAre(false));
  ASSERT_EQ(set.did.motor.size(), 1U) << "a motor request after finish() must not arrive";
  EXPECT_EQ(set.did.motor[0].duration, 250ms);
  EXPECT_THAT(set.did.cues, IsEmpty());
  EXPECT_EQ(set.plugin().statistics().misuses, 13U);
  EXPECT_EQ(set.plugin().statistics().last_misuse, "request_motor() was called in the wrong state");
}

TEST(PluginMisuse, PastABoundEndsThePluginWithAReasonForItsAuthor) {
  Lockstep set;
  set.start_fixture("flood-on");
  EXPECT_EQ(failure_of(set), "the plugin misused its interface 101 times; the last time cue() was called too often");
}

TEST(PluginMisuse, AFloodIsCutOff) {
  Lockstep set;
  set.start_fixture("flood");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.cues.size(), static_cast<std::size_t>(KNEAD_MAX_ACTIONS_PER_EVENT));
}

TEST(PluginSandbox, ACrashIsNamed) {
  Lockstep set;
  set.start_fixture("crash");
  EXPECT_EQ(failure_of(set), "the plugin crashed (SIGSEGV)");
  const auto again = set.tell(what::Tick{});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().context, "the plugin crashed (SIGSEGV)") << "and stays so";
}

TEST(PluginSandbox, AnAbortIsNamed) {
  Lockstep set;
  set.start_fixture("abort");
  EXPECT_EQ(failure_of(set), "the plugin crashed (SIGABRT)");
}

TEST(PluginSandbox, AnExitIsNamed) {
  Lockstep set;
  set.start_fixture("exit");
  EXPECT_EQ(failure_of(set), "the plugin ended its process (exit status 3)");
}

TEST(PluginSandbox, NoProcessOrSocketIsMadeAndTheAuthorLearnsWhichCallItWas) {
  Lockstep forker;
  forker.start_fixture("fork");
  EXPECT_EQ(failure_of(forker), "the plugin called clone(), which plugins may not");
  Lockstep caller;
  caller.start_fixture("socket");
  EXPECT_EQ(failure_of(caller), "the plugin called socket(), which plugins may not");
}

TEST(PluginSandbox, NoThreadIsStarted) {
  Lockstep set;
  set.start_fixture("thread");
  // pthread_create() blocks all signals, so the call's name cannot be told.
  EXPECT_EQ(failure_of(set), "the plugin made a system call that plugins may not make (SIGSYS)");
}

TEST(PluginSandbox, NoFileIsOpened) {
  Lockstep set;
  set.start_fixture("open");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("open"), -1.0);
}

TEST(PluginSandbox, NoFileOfThePersonsIsReadWhileThePluginIsLoaded) {
  if (landlock::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  Lockstep set;
  set.start_fixture("open");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("open_while_loading"), -1.0);
}

TEST(PluginSandbox, MemoryIsBounded) {
  if (kUnderSanitizer) GTEST_SKIP() << "its own memory would be counted";
  Lockstep set;
  set.start_fixture("memory");
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.measure("memory"), 0.0) << "2 GB were handed out";
}

TEST(PluginSandbox, TheRingCannotBeWritten) {
  Lockstep set;
  set.start_fixture("write-ring");
  set.press(1.0, 10ms);
  const std::uint64_t head = set.head();
  ASSERT_TRUE(set.begin_set().has_value());
  EXPECT_EQ(set.did.cues.size(), 1U);
  EXPECT_EQ(set.head(), head);
}

TEST(PluginSandbox, ForgedFramesEndIt) {
  Lockstep set;
  set.start_fixture("forge");
  EXPECT_EQ(failure_of(set), "the plugin sent a malformed frame");
}

bool ends_within(int pidfd, std::chrono::milliseconds time) {
  pollfd wait{pidfd, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(time.count())) == 1;
}

UniqueFd watch(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

TEST(PluginProcess, EndsWithItsOwner) {
  PluginBench bench;
  auto plugin = bench.launch_fixture("echo").value();
  const UniqueFd process = watch(plugin->pid());
  ASSERT_TRUE(process.valid());
  EXPECT_FALSE(ends_within(process.get(), 0ms));
  plugin.reset();
  EXPECT_TRUE(ends_within(process.get(), 0ms)) << "the destructor returns when it is dead";
}

TEST(PluginProcess, InheritsTheSocketTheRingAndNothingElse) {
  const UniqueFd leak(::open("/etc/hostname", O_RDONLY));  // without O_CLOEXEC, as a careless library would
  PluginBench bench;
  const auto plugin = bench.launch_fixture("echo").value();
  std::vector<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(plugin->pid()) + "/fd")) {
    open.push_back(std::filesystem::read_symlink(entry.path()).string().substr(0, 7));
  }
  EXPECT_THAT(open, testing::UnorderedElementsAre("/dev/nu", "/dev/nu", "/dev/nu", "socket:", HasSubstr("memfd")));
}

TEST(PluginProcess, IsKilledWhenTheDaemonDies) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const UniqueFd from_daemon(pipe[0]);
  UniqueFd to_test(pipe[1]);
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // not left behind by a test that fails
    // The plugin hangs, so that a closed socket does not end it, and its daemon has no chance to.
    PluginBench bench;
    const auto plugin = bench.launch_fixture("motor-then-hang").value();
    boost::asio::io_context io;
    const auto stall = [&](const session::PluginAction&) {
      const pid_t pid = plugin->pid();
      (void)!::write(to_test.get(), &pid, sizeof pid);
      for (;;) ::pause();
    };
    plugin->attach(io, stall, [](const std::string&) {});
    plugin->post(bench.event(what::SessionStarted{}), 0, PluginBench::kEpoch);
    plugin->post(bench.event(what::ActivationStarted{}), 0, PluginBench::kEpoch);
    io.run();
    ::_exit(1);
  }
  to_test.reset();
  pid_t pid = -1;
  ASSERT_EQ(::read(from_daemon.get(), &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  ASSERT_GT(pid, 0);
  const UniqueFd process = watch(pid);
  EXPECT_FALSE(ends_within(process.get(), 0ms));
  ::kill(daemon, SIGKILL);
  ::waitpid(daemon, nullptr, 0);
  EXPECT_TRUE(ends_within(process.get(), 10s));
}

}  // namespace
}  // namespace knead::host
