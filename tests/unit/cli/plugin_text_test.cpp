// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/plugin_text.hpp"

#include <gmock/gmock.h>

namespace knead::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

PluginEntry entry() {
  return {.file = "/plugins/one.so",
          .info = host::PluginInfo{.id = "one",
                                   .name = "The one",
                                   .version = "1.2",
                                   .vendor = "Somebody",
                                   .summary = "Does one thing.",
                                   .abi_major = 1,
                                   .abi_minor = 0,
                                   .extensions = {},
                                   .parameters = {{"gain", "How much.", "a number from 0 to 2", "1"}}},
          .last_run = record::StoredPluginRun{
              .session_id = 12, .started_at = "2025-03-01T07:15:00.000000Z", .plugin = {}, .conduct = {}}};
}

TEST(PluginText, SaysWhoAPluginIsAndWhatMayBeSet) {
  const std::string text = plugin_text(entry());
  for (const char* part : {"one ", "The one 1.2, by Somebody", "Does one thing.", "/plugins/one.so",
                           "parameters.gain = 1: How much. (a number from 0 to 2)"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(PluginText, SaysThatThereIsNothingToReport) {
  EXPECT_THAT(plugin_text(entry()), HasSubstr("last in session 12 (2025-03-01): nothing to report"));
}

TEST(PluginText, TellsTheAuthorWhyItWasEnded) {
  PluginEntry bad = entry();
  bad.last_run->conduct = {.slow_calls = 1,
                           .misuses = 3,
                           .last_misuse = "cue() was given a null pointer",
                           .ended = "the plugin crashed (SIGSEGV)"};
  EXPECT_THAT(plugin_text(bad),
              HasSubstr("1 call over 50 ms; 3 misuses of the interface, the last: cue() was given a null pointer; "
                        "ended early: the plugin crashed (SIGSEGV)"));
  EXPECT_EQ(plugin_json(bad).at("last_run").at("ended").as_string(), "the plugin crashed (SIGSEGV)");
  EXPECT_EQ(plugin_json(bad).at("last_run").at("misuses").to_number<int>(), 3);
}

TEST(PluginText, SaysWhyAFileCannotBeUsed) {
  PluginEntry bad = entry();
  bad.info = fail(Errc::kInvalidInput, "it exports no symbol knead_entry");
  bad.last_run.reset();
  EXPECT_THAT(plugin_text(bad), HasSubstr("cannot be used: it exports no symbol knead_entry"));
  EXPECT_THAT(plugin_text(bad), Not(HasSubstr("last in session")));
  EXPECT_TRUE(plugin_json(bad).at("last_run").is_null());
}

}  // namespace
}  // namespace knead::cli
