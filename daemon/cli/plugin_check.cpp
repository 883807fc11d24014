// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"

namespace knead::cli {
namespace {

constexpr const char* kProgram = "knead-plugin-check";

/// Becomes the program beside this one: it has the same exit codes, and --help of its own.
ExitCode become_checker(std::vector<std::string> arguments) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  std::string program = error ? kProgram : (self.parent_path() / kProgram).string();
  std::vector<char*> argv{program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  (void)std::fflush(stdout);
  ::execv(program.c_str(), argv.data());
  auto failure = fail_errno(Errc::kNotFound, "cannot start " + program, "reinstall Knead, or build all of it");
  return report(failure.error());
}

}  // namespace

void add_plugin_check(CLI::App& plugin, Context& context) {
  auto* command = plugin.add_subcommand("check", "Hold a plugin against the interface: knead-plugin-check");
  // Every word after "check" is the checker's.
  command->set_help_flag();
  command->fallthrough(false);
  command->prefix_command();
  command->callback([&context, command] {
    context.action = [arguments = command->remaining()]() mutable { return become_checker(std::move(arguments)); };
  });
}

}  // namespace knead::cli
