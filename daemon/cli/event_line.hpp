// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace knead::cli {

/// "[  12.3 s] harder     Press a little harder": an "event" notification as one plain line; nothing for events that
/// only programs need (the band's edges: a cue follows where a person should act). Pure.
std::optional<std::string> event_line(const boost::json::object& event);

}  // namespace knead::cli
