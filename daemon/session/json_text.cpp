// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <iterator>

#include "daemon/session/event_json.hpp"

namespace knead::session {
namespace {

namespace json = boost::json;

void write(const json::value& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    std::string_view between = "{";
    for (const auto& [key, member] : *object) {
      out += std::exchange(between, ",");
      out += json::serialize(key);
      out += ':';
      write(member, out);
    }
    out += object->empty() ? "{}" : "}";
  } else if (const auto* array = value.if_array()) {
    std::string_view between = "[";
    for (const json::value& element : *array) {
      out += std::exchange(between, ",");
      write(element, out);
    }
    out += array->empty() ? "[]" : "]";
  } else if (const auto* number = value.if_double()) {
    fmt::format_to(std::back_inserter(out), "{}", *number);  // the shortest text that reads back as the same number
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string serialize(const json::value& value) {
  std::string out;
  write(value, out);
  return out;
}

}  // namespace knead::session
