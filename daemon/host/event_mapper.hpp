// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "daemon/host/frames.hpp"
#include "daemon/session/event.hpp"

namespace knead::host {

/// Turns what happens in a session into what a plugin is told. Most of it is nothing to a plugin; the end of the
/// release it learns as one event of its own, with the totals of all steps. Pure.
class EventMapper {
 public:
  explicit EventMapper(session::Side chosen) : chosen_(chosen) {}

  /// The frames for @p event in order, none or up to two, without serial, ring head and epoch.
  [[nodiscard]] std::vector<EventFrame> map(const session::Event& event);

 private:
  session::Side chosen_;
  bool has_release_ = false;
  bool all_completed_ = true;
  std::chrono::microseconds credited_{};
  std::chrono::microseconds elapsed_{};
};

}  // namespace knead::host
