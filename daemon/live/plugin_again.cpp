// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/plugin_again.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "daemon/session/input_json.hpp"

namespace knead::live {

namespace {

std::string words(const session::input::PluginActed& acted) { return session::input_json({.what = acted}); }

}  // namespace

PluginAgain::PluginAgain(host::PluginProcess& process, const std::vector<session::Input>& inputs) : process_(process) {
  for (const session::Input& input : inputs) {
    if (const auto* tick = std::get_if<session::input::TickSkipped>(&input.what)) skipped_.insert(tick->t);
    if (std::holds_alternative<session::input::PluginFailed>(input.what)) failed_then_ = true;
    // The first counts: a plugin that failed had nothing more to say at the end.
    const auto* heard = std::get_if<session::input::PluginHeard>(&input.what);
    if (heard != nullptr && !heard_) heard_ = heard->calls;
  }
}

void PluginAgain::deliver(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
                          std::vector<session::input::PluginActed>& /*answers*/) {
  if (over_ || failure_) return;
  if (std::holds_alternative<session::event::Tick>(event.what) && skipped_.contains(event.t)) return;
  std::vector<session::input::PluginActed> now;
  if (auto done = process_.exchange(event, ring_head, epoch, now); !done) failure_ = done.error().message();
  std::ranges::move(now, std::back_inserter(waiting_));
}

void PluginAgain::drop_withdrawn() {
  while (!waiting_.empty() && waiting_.front().call == withdrawn_ &&
         std::holds_alternative<session::action::RequestMotor>(waiting_.front().action)) {
    waiting_.pop_front();
  }
}

std::optional<Difference> PluginAgain::meet(const session::input::PluginActed& stored) {
  ++number_;
  if (stored.by_host) {
    withdrawn_ = stored.call;
    return std::nullopt;
  }
  drop_withdrawn();
  if (!waiting_.empty() && waiting_.front() == stored) {
    waiting_.pop_front();
    return std::nullopt;
  }
  std::string now = failure_ ? *failure_ : "nothing";
  if (!waiting_.empty()) now = words(waiting_.front());
  return Difference{fmt::format("action {} of the plugin", number_), words(stored), std::move(now)};
}

std::optional<Difference> PluginAgain::rest(bool whole) {
  drop_withdrawn();
  const bool too_late = heard_ && !waiting_.empty() && waiting_.front().call > *heard_;
  if (whole && !waiting_.empty() && !too_late) {
    return Difference{fmt::format("action {} of the plugin", number_ + 1), "nothing", words(waiting_.front())};
  }
  if (failure_ && !failed_then_) return Difference{"the plugin", "went on to the end", *failure_};
  return std::nullopt;
}

}  // namespace knead::live
