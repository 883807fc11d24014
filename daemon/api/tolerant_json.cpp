// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/tolerant_json.hpp"

#include <chrono>
#include <cstdint>

namespace knead::api {
namespace json = boost::json;

const json::value* at(const json::object& object, std::string_view key) { return object.if_contains(text(key)); }

const json::object* inner(const json::object& object, std::string_view key) {
  const auto* value = at(object, key);
  return value == nullptr ? nullptr : value->if_object();
}

bool read(const json::object& object, std::string_view key, std::string& into) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_string()) return false;
  into = value->get_string();
  return true;
}

bool read(const json::object& object, std::string_view key, bool& into) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_bool()) return false;
  into = value->get_bool();
  return true;
}

bool read(const json::object& object, std::string_view key, Newtons& into) { return read(object, key, into.value); }

bool read(const json::object& object, std::string_view key, DeviceTime& into) {
  std::int64_t microseconds = 0;
  if (!read(object, key, microseconds)) return false;
  into = DeviceTime(std::chrono::microseconds(microseconds));
  return true;
}

bool read(const json::object& object, std::string_view key, session::Side& into) {
  std::string name;
  if (!read(object, key, name)) return false;
  const auto side = session::side_from(name);
  if (side) into = *side;
  return side.has_value();
}

bool read(const json::object& object, std::string_view key, session::Phase& into) {
  using session::Phase;
  std::string name;
  if (!read(object, key, name)) return false;
  for (const Phase phase : {Phase::kWaiting, Phase::kRelease, Phase::kActivation, Phase::kEnded}) {
    if (session::to_string(phase) != name) continue;
    into = phase;
    return true;
  }
  return false;
}

bool read(const json::object& object, std::string_view key, std::vector<std::string>& into) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_array()) return false;
  into.clear();
  for (const auto& item : value->get_array())
    if (item.is_string()) into.emplace_back(item.get_string());
  return true;
}

bool read(const json::object& object, std::string_view key, std::vector<double>& into) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_array()) return false;
  into.clear();
  for (const auto& item : value->get_array()) {
    boost::system::error_code failed;
    const double number = item.is_number() ? item.to_number<double>(failed) : 0.0;
    into.push_back(failed ? 0.0 : number);
  }
  return true;
}

}  // namespace knead::api
