// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cmath>

namespace knead::fuzz {

/// Equal but for the last digits of a fraction: Boost.JSON 1.81 reads them to the neighbouring double at times. A whole
/// number may come back as another kind of number.
inline bool same_json(const boost::json::value& a, const boost::json::value& b) {
  if (a.is_double() && b.is_number()) {
    const double x = a.get_double();
    const double y = b.to_number<double>();
    return x == y || std::abs(x - y) <= 1e-12 * std::abs(x);
  }
  if (const auto* object = a.if_object()) {
    const auto* other = b.if_object();
    return other != nullptr && object->size() == other->size() &&
           std::ranges::all_of(*object, [other](const auto& entry) {
             const auto* value = other->if_contains(entry.key());
             return value != nullptr && same_json(entry.value(), *value);
           });
  }
  if (const auto* array = a.if_array()) {
    const auto* other = b.if_array();
    return other != nullptr && std::ranges::equal(*array, *other, same_json);
  }
  return a == b;
}

}  // namespace knead::fuzz
