// SPDX-License-Identifier: Apache-2.0
// From a row's columns to our types. Private to this folder.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/core/units.hpp"
#include "daemon/record/database.hpp"
#include "daemon/record/wall_time.hpp"
#include "daemon/session/routine.hpp"

namespace knead::record {

/// Takes a row's columns one after the other, in the order of the SELECT.
class Row {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}
  std::int64_t integer() { return next().getInt64(); }
  int int32() { return next().getInt(); }
  std::uint64_t count() { return static_cast<std::uint64_t>(integer()); }
  bool flag() { return integer() != 0; }
  std::string text() { return next().getString(); }
  /// SQLite keeps NaN as NULL.
  double real() { return optional_real().value_or(std::nan("")); }
  std::string blob() {
    const SQLite::Column c = next();
    return {static_cast<const char*>(c.getBlob()), static_cast<std::size_t>(c.getBytes())};
  }
  std::chrono::microseconds duration() { return std::chrono::microseconds(integer()); }
  SessionTime time() { return SessionTime(duration()); }
  WallTime wall_time() { return WallTime(duration()); }

  std::optional<std::int64_t> optional_integer() {
    const SQLite::Column c = next();
    return c.isNull() ? std::nullopt : std::optional(std::int64_t{c.getInt64()});
  }
  std::optional<double> optional_real() {
    const SQLite::Column c = next();
    return c.isNull() ? std::nullopt : std::optional(c.getDouble());
  }
  std::optional<std::string> optional_text() {
    const SQLite::Column c = next();
    return c.isNull() ? std::nullopt : std::optional(c.getString());
  }
  /// Three columns, as BandValues.
  std::optional<session::Band> optional_band() {
    const auto lo = optional_real();
    const auto hi = optional_real();
    const auto hysteresis = optional_real();
    if (!lo || !hi || !hysteresis) return std::nullopt;
    return session::Band{.lo = {*lo}, .hi = {*hi}, .hysteresis = {*hysteresis}};
  }

 private:
  SQLite::Column next() { return statement_.getColumn(at_++); }
  SQLite::Statement& statement_;
  int at_ = 0;
};

/// A band that there may be: three columns, all or none.
struct BandValues {
  explicit BandValues(const std::optional<session::Band>& band) {
    if (!band) return;
    lo = band->lo.value;
    hi = band->hi.value;
    hysteresis = band->hysteresis.value;
  }
  std::optional<double> lo;
  std::optional<double> hi;
  std::optional<double> hysteresis;
};

}  // namespace knead::record
