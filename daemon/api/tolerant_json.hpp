// SPDX-License-Identifier: Apache-2.0
// Reading what another version may have written: what is missing, of another type or out of range keeps its default.
// For replies and notifications; requests are read strictly (params.hpp).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/core/units.hpp"
#include "daemon/session/routine.hpp"
#include "daemon/session/session.hpp"

namespace knead::api {

inline boost::json::string_view text(std::string_view s) { return {s.data(), s.size()}; }

template <class T>
boost::json::value or_null(const std::optional<T>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

/// What is at @p key; null when there is nothing.
const boost::json::value* at(const boost::json::object& object, std::string_view key);
/// The object at @p key; null when there is none.
const boost::json::object* inner(const boost::json::object& object, std::string_view key);

// Each returns whether there was something to be read.

bool read(const boost::json::object& object, std::string_view key, std::string& into);
bool read(const boost::json::object& object, std::string_view key, bool& into);
template <class Number>
  requires std::is_arithmetic_v<Number>
bool read(const boost::json::object& object, std::string_view key, Number& into) {
  const auto* value = at(object, key);
  if (value == nullptr || !value->is_number()) return false;
  boost::system::error_code failed;
  const auto number = value->to_number<Number>(failed);
  if (!failed) into = number;
  return !failed;
}
bool read(const boost::json::object& object, std::string_view key, Newtons& into);
/// Microseconds.
bool read(const boost::json::object& object, std::string_view key, DeviceTime& into);
bool read(const boost::json::object& object, std::string_view key, session::Side& into);
bool read(const boost::json::object& object, std::string_view key, session::Phase& into);
/// Of a list those that are texts.
bool read(const boost::json::object& object, std::string_view key, std::vector<std::string>& into);
/// What is no number is 0: each has its place.
bool read(const boost::json::object& object, std::string_view key, std::vector<double>& into);
// Behind all others: it sees only those.
template <class T>
bool read(const boost::json::object& object, std::string_view key, std::optional<T>& into) {
  T found{};
  if (!read(object, key, found)) return false;
  into = std::move(found);
  return true;
}

}  // namespace knead::api
