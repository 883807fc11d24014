// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "daemon/cli/atomic_file.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/skeleton.hpp"
#include "daemon/live/folders.hpp"

namespace knead::cli {
namespace {

struct RoutineNewOptions {
  std::string id;
  std::string plugin = "activation";
  std::string dir = ".";
};

ExitCode make(const Context& context, const RoutineNewOptions& options) {
  for (const std::string& name : {options.id, options.plugin}) {
    if (auto good = check_new_name(name); !good) return report_wrong_use(good.error());
  }
  const auto files = read_template(live::template_folder(context.environment()) + "/routine",
                                   {{"my-plugin", options.plugin}, {"my-routine", options.id}});
  if (!files) return report(files.error());
  for (const SkeletonFile& file : *files) {
    const std::string path = options.dir == "." ? file.name : options.dir + "/" + file.name;
    const auto written = write_file(path, Existing::kRefuse, [&file](std::ostream& out) -> Result<> {
      out << file.text;
      return {};
    });
    if (!written) {
      Error error = written.error();
      error.remedy = error.code == Errc::kRefused ? "choose another id, or give another folder with --dir"
                                                  : "give --dir a folder you may write to";
      return report(error);
    }
    fmt::print("{0}\n\nNext:\n  knead routine check {0}\n  knead simulate --routine {0} --person compliant\n", path);
  }
  return ExitCode::kDone;
}

}  // namespace

void add_routine_new(CLI::App& routine, Context& context) {
  auto* command = routine.add_subcommand("new", "Write a routine that works, to start from");
  const auto options = std::make_shared<RoutineNewOptions>();
  command->add_option("id", options->id, "Its id, and its file's name: a-z, 0-9, '-' and '_'")
      ->required()
      ->type_name("ID");
  command->add_option("--plugin", options->plugin, "The plugin that leads the set")
      ->capture_default_str()
      ->type_name("ID");
  command->add_option("--dir", options->dir, "The folder to write it into")->capture_default_str()->type_name("DIR");
  command->callback([&context, options] { context.action = [&context, options] { return make(context, *options); }; });
}

}  // namespace knead::cli
