// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/beat.hpp"

namespace knead::fault {
namespace {

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::system_error os_error(const std::string& what) { return {errno, std::generic_category(), what}; }

}  // namespace

bool wait_for(const std::function<bool()>& condition, std::chrono::milliseconds bound) {
  return test::eventually(condition, bound);
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "knead-fault-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw os_error(name);
  folder_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Kneadd::Kneadd(const Folder& folder, KneaddOptions options)
    : socket_(folder.path("kneadd.sock")),
      database_(options.database.empty() ? folder.path("knead.db") : std::move(options.database)),
      log_(folder.path("kneadd.log")) {
  // A configuration of its own: the machine's must not reach into a measurement.
  const std::string config = folder.path("kneadd.toml");
  // Nor has anybody a neck here that questions could be asked about.
  std::ofstream(config) << (options.realtime ? "" : "[realtime]\npriority = 0\nlock_memory = false\n")
                        << "[session]\nsafety_questions = \"practitioner\"\n";
  std::vector<std::string> command{KNEADD_PATH, "--quiet", "--config",   config,
                                   "--socket",  socket_,   "--database", database_};
  std::ranges::move(options.arguments, std::back_inserter(command));
  std::vector<char*> argv;
  for (std::string& part : command) argv.push_back(part.data());
  argv.push_back(nullptr);

  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("LD_PRELOAD=")) variables.emplace_back(*variable);
  }
  if (!options.preload.empty()) variables.push_back("LD_PRELOAD=" + options.preload);
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  // The harness may run at real-time priority, since it stands for hardware. The daemon begins as anybody does.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const sched_param ordinary{};
  posix_spawnattr_setschedpolicy(&attributes, SCHED_OTHER);
  posix_spawnattr_setschedparam(&attributes, &ordinary);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSCHEDULER);
  const int error = ::posix_spawn(&pid_, KNEADD_PATH, &actions, &attributes, argv.data(), envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), KNEADD_PATH);
}

Kneadd::~Kneadd() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

void Kneadd::signal(int number) const {
  if (::kill(pid_, number) != 0) throw os_error("kill");
}

int Kneadd::wait() {
  int status = 0;
  if (::waitpid(std::exchange(pid_, -1), &status, 0) < 0) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int Kneadd::terminate() {
  signal(SIGTERM);
  return wait();
}

std::optional<pid_t> Kneadd::thread(std::string_view name) const {
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_), ignored)) {
    if (first_line(task.path() / "comm") == name) return std::stoi(task.path().filename().string());
  }
  return std::nullopt;
}

std::optional<pid_t> Kneadd::plugin() const {
  pid_t child = 0;
  if (!(std::ifstream(fmt::format("/proc/{0}/task/{0}/children", pid_)) >> child)) return std::nullopt;
  return child;
}

std::string Kneadd::log() const {
  std::ostringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

std::string Kneadd::doings() const {
  std::string text;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid_), ignored)) {
    const std::string call = first_line(task.path() / "syscall");
    text += fmt::format("{}: waits in {}, system call {}\n", first_line(task.path() / "comm"),
                        first_line(task.path() / "wchan"), call.substr(0, call.find(' ')));
  }
  return text;
}

Kneadd::Usage Kneadd::usage() const {
  Usage usage;
  std::ifstream status(fmt::format("/proc/{}/status", pid_));
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") status >> usage.resident_kb;
  }
  std::error_code ignored;
  const std::filesystem::directory_iterator descriptors(fmt::format("/proc/{}/fd", pid_), ignored);
  usage.descriptors = static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors)));
  // Fields 14 and 15 of stat, after the name in parentheses that may hold anything.
  const std::string stat = first_line(fmt::format("/proc/{}/stat", pid_));
  std::istringstream rest(stat.substr(std::min(stat.size(), stat.rfind(')') + 2)));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  rest >> user >> system;
  usage.cpu = std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
  return usage;
}

ThreadHold::ThreadHold(pid_t thread) : thread_(thread) {
  if (::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) != 0) throw os_error("cannot hold a thread");
  ::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr);
  ::waitpid(thread_, nullptr, __WALL);
}

ThreadHold::~ThreadHold() { ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr); }

}  // namespace knead::fault
