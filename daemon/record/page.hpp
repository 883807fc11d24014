// SPDX-License-Identifier: Apache-2.0
// A session, and a course of sessions, as a page to look at, to print and to show a practitioner: one HTML file without
// scripts, with nothing to be loaded. Tables hold every number that a curve shows. It says what was pressed and how; it
// holds nothing against a norm and promises nothing.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string>

#include "daemon/core/error.hpp"
#include "daemon/record/model.hpp"
#include "daemon/record/store.hpp"
#include "daemon/record/trends.hpp"

namespace knead::record {

/// Force against time with the band, what was credited of it, reps, trips, gaps and pauses; the measures. Its size does
/// not grow with the session's samples. Errors: those of the store; kStorage when @p out takes no more.
Result<> write_session_page(const Store& store, std::int64_t id, std::ostream& out);

struct TrendOptions {
  std::string profile;      ///< empty: whatever the profile
  std::size_t limit = 800;  ///< the newest; a year of two a day is 730
};
/// Measures of the finished sessions against their dates, left and right apart. Simulated sessions are left out, unless
/// there are no others. Where all of them are of the profile that @p trends are of, what has changed is said too, and
/// the force at first discomfort is drawn. Errors: kNotFound when there is no session; otherwise as
/// write_session_page().
Result<> write_trend_page(const Store& store, const TrendOptions& options, const Trends& trends, std::ostream& out);

// What the two share.

/// Everything up to the page's own content.
[[nodiscard]] std::string page_begin(const std::string& title);
/// Ends @p page and hands it over.
Result<> write_page(const std::string& page, std::ostream& out);
/// "5 → 3" of the ratings before and after, with a dash for one that is not there; empty without either.
[[nodiscard]] std::string pain_ratings(const SessionFacts& facts);
/// "time in band" for "time_in_band".
[[nodiscard]] std::string measure_label(const std::string& name);
/// With unit, as for people: "88.7 %"; "not shown" where there was too little to compute it from.
[[nodiscard]] std::string measure_value(const StoredMeasure& measure);

}  // namespace knead::record
