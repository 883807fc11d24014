// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/daemon_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <utility>

#include "daemon/api/messages.hpp"

namespace knead::scenario {

bool wait_for(const std::function<bool()>& condition, std::chrono::seconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

ScratchFolder::ScratchFolder(const std::string& name)
    : folder_(std::filesystem::temp_directory_path() / ("knead-" + name + "-" + std::to_string(::getpid()))) {
  std::filesystem::create_directories(folder_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

DaemonProcess::DaemonProcess(const ScratchFolder& folder, std::vector<std::string> arguments,
                             const std::string& config_text)
    : socket_(folder.path("kneadd.sock")), database_(folder.path("knead.db")), log_(folder.path("kneadd.log")) {
  // An empty configuration: the machine's own must not reach into a test. Real time is not asked for: on two cores a
  // dozen tests with real-time priority would hold up each other.
  const std::string config = folder.path("kneadd.toml");
  std::ofstream(config) << "[realtime]\npriority = 0\nlock_memory = false\n" << config_text;
  std::vector<std::string> command{KNEADD_PATH, "--config", config, "--socket", socket_, "--database", database_};
  command.insert(command.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  std::vector<char*> argv;
  for (std::string& part : command) argv.push_back(part.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
#ifdef KNEAD_GUARD
  std::string preload = "LD_PRELOAD=" KNEAD_GUARD;
  variables.push_back(preload.data());
#endif
  variables.push_back(nullptr);
  EXPECT_EQ(::posix_spawn(&pid_, KNEADD_PATH, &actions, nullptr, argv.data(), variables.data()), 0);
  posix_spawn_file_actions_destroy(&actions);
}

DaemonProcess::~DaemonProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

api::Client DaemonProcess::connect() {
  std::optional<api::Client> client;
  const bool ready = wait_for([&] {
    if (!client) {
      auto connected = api::Client::connect(socket_);
      if (!connected) return false;
      client.emplace(std::move(*connected));
    }
    const auto status = client->call("daemon.status");
    if (!status) return false;
    const api::DaemonStatus now = api::daemon_status_from(status->as_object());
    return !now.balls.empty() && now.balls.front().samples > 100;
  });
  if (!ready) throw std::runtime_error("kneadd did not come up: " + log());
  return std::move(*client);
}

void DaemonProcess::signal(int number) const { ASSERT_EQ(::kill(pid_, number), 0); }

int DaemonProcess::wait() {
  int status = 0;
  if (::waitpid(std::exchange(pid_, -1), &status, 0) < 0) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string DaemonProcess::log() const {
  std::ostringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

}  // namespace knead::scenario
