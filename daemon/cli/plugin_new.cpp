// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/skeleton.hpp"
#include "daemon/live/folders.hpp"

namespace knead::cli {
namespace {

struct PluginNewOptions {
  std::string name;
  std::string dir;
  bool c = false;
  bool cpp = false;  ///< said, though it is the default
};

/// The template's own names, in its texts and file names.
constexpr std::string_view kPlugin = "my-plugin";
constexpr std::string_view kRoutine = "my-routine";

Result<std::vector<SkeletonFile>> skeleton(const Context& context, const PluginNewOptions& options) {
  const std::string templates = live::template_folder(context.environment());
  auto files = read_template(templates + (options.c ? "/c" : "/cpp"), {{kPlugin, options.name}});
  if (!files) return files;
  // Its routine bears its name.
  auto routine = read_template(templates + "/routine", {{kPlugin, options.name}, {kRoutine, options.name}});
  if (!routine) return routine;
  for (SkeletonFile& file : *routine) files->push_back(std::move(file));
  return files;
}

ExitCode make(const Context& context, const PluginNewOptions& options) {
  if (auto good = check_new_name(options.name); !good) return report_wrong_use(good.error());
  const auto files = skeleton(context, options);
  if (!files) return report(files.error());
  const std::string dir = options.dir.empty() ? options.name : options.dir;
  if (const auto written = write_folder(dir, *files); !written) return report(written.error());
  for (const SkeletonFile& file : *files) fmt::print("{}/{}\n", dir, file.name);
  fmt::print(
      "\nNext:\n  cd {0}\n  cmake -B build && cmake --build build\n  knead plugin check build/{1}.so\n  cmake "
      "--install "
      "build\n  knead simulate --routine {1} --person compliant\n",
      dir, options.name);
  return ExitCode::kDone;
}

}  // namespace

void add_plugin_new(CLI::App& plugin, Context& context) {
  auto* command = plugin.add_subcommand("new", "Write a plugin that works, to start from");
  const auto options = std::make_shared<PluginNewOptions>();
  command->add_option("name", options->name, "Its id: a-z, 0-9, '-' and '_'")->required()->type_name("NAME");
  auto* c = command->add_flag("--c", options->c, "In C");
  command->add_flag("--cpp", options->cpp, "In C++ (default)")->excludes(c);
  command->add_option("--dir", options->dir, "The folder to make (default: NAME)")->type_name("DIR");
  command->callback([&context, options] { context.action = [&context, options] { return make(context, *options); }; });
}

}  // namespace knead::cli
