// SPDX-License-Identifier: Apache-2.0
// The guard itself: it ends a program that does on the sampling path what may not be done there, and no other.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Outcome {
  int status = -1;
  std::string said;
};

/// Runs the probe under the guard. @p report: the file the guard's counts go to.
Outcome probe(const std::string& what, const std::string& report = "") {
  const std::string command =
      "LD_PRELOAD=" KNEAD_GUARD " KNEAD_GUARD_REPORT='" + report + "' exec " KNEAD_GUARD_PROBE " " + what + " 2>&1";
  Outcome outcome;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) outcome.said += buffer;
  outcome.status = ::pclose(pipe);
  return outcome;
}

TEST(RealtimeGuard, LetsAPathThatDoesNothingForbiddenPass) {
  const Outcome outcome = probe("nothing");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.said, IsEmpty());
}

TEST(RealtimeGuard, EndsAProgramWhosePathAllocatesLocksLogsOrWaits) {
  const struct {
    const char* what;
    const char* called;
  } cases[] = {{"allocate", "malloc"}, {"free", "free"},       {"lock", "pthread_mutex_lock"},
               {"write", "write"},     {"sleep", "nanosleep"}, {"log", ""}};
  for (const auto& c : cases) {
    const Outcome outcome = probe(c.what);
    EXPECT_TRUE(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGABRT) << c.what << ": " << outcome.said;
    EXPECT_THAT(outcome.said, HasSubstr(std::string("realtime guard: the sampling path called ") + c.called));
    EXPECT_THAT(outcome.said, HasSubstr("guard_probe")) << "a backtrace";
  }
}

TEST(RealtimeGuard, CountsWhatALibraryDoesInstead) {
  const std::string report = testing::TempDir() + "/guard_report_" + std::to_string(::getpid());
  EXPECT_EQ(probe("library", report).status, 0);
  std::ostringstream counts;
  counts << std::ifstream(report).rdbuf();
  EXPECT_THAT(counts.str(), HasSubstr("library_scopes 1\nallocations 2\n"));
  std::remove(report.c_str());
}

}  // namespace
