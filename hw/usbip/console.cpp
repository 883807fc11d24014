// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/console.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace knead::hw::usbip {
namespace {

constexpr std::array kCueNames{
    std::pair{std::string_view("press"), ball::PersonCue::kPress},
    std::pair{std::string_view("harder"), ball::PersonCue::kHarder},
    std::pair{std::string_view("lighter"), ball::PersonCue::kLighter},
    std::pair{std::string_view("hold"), ball::PersonCue::kHold},
    std::pair{std::string_view("let-go"), ball::PersonCue::kLetGo},
    std::pair{std::string_view("rep-up"), ball::PersonCue::kRepUp},
    std::pair{std::string_view("rep-hold"), ball::PersonCue::kRepHold},
    std::pair{std::string_view("rep-down"), ball::PersonCue::kRepDown},
    std::pair{std::string_view("rest"), ball::PersonCue::kRest},
    std::pair{std::string_view("done"), ball::PersonCue::kDone},
};
constexpr std::string_view kUsage =
    "one of: unplug, replug, restart, status, cue NAME, drop N, garble N; each may end with a bus id";
constexpr std::string_view kFirstBall = "1-1";

std::unexpected<Error> bad(std::string what) { return fail(Errc::kInvalidInput, std::move(what), std::string(kUsage)); }

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<ConsoleCommand> parse_command(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  if (words.empty()) return bad("an empty command");

  const std::string verb = words.front();
  const bool takes_argument = verb == "cue" || verb == "drop" || verb == "garble";
  const std::size_t bus_id_at = takes_argument ? 2 : 1;
  if (words.size() < bus_id_at) return bad(fmt::format("'{}' needs an argument", verb));
  if (words.size() > bus_id_at + 1) return bad(fmt::format("too many words after '{}'", verb));

  ConsoleCommand command;
  command.bus_id = words.size() > bus_id_at ? words[bus_id_at] : std::string(kFirstBall);
  if (verb == "unplug") {
    command.what = UnplugBall{};
  } else if (verb == "replug") {
    command.what = ReplugBall{};
  } else if (verb == "restart") {
    command.what = RestartPerson{};
  } else if (verb == "status") {
    command.what = ShowStatus{};
  } else if (verb == "cue") {
    const auto* cue = std::ranges::find(kCueNames, std::string_view(words[1]), [](const auto& c) { return c.first; });
    if (cue == kCueNames.end()) return bad(fmt::format("no cue '{}'", words[1]));
    command.what = TellPerson{cue->second};
  } else if (takes_argument) {
    const auto count = number(words[1]);
    if (!count) return bad(fmt::format("'{}' is not a number", words[1]));
    if (verb == "drop") {
      command.what = DropReadings{*count};
    } else {
      command.what = GarbleReports{*count};
    }
  } else {
    return bad(fmt::format("no command '{}'", verb));
  }
  return command;
}

}  // namespace knead::hw::usbip
