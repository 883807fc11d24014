// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/profile_messages.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "daemon/api/params.hpp"
#include "daemon/record/trends.hpp"

namespace knead::api {

namespace {

using boost::json::object;

constexpr double kMostNewtons = 1000;  // the limits themselves are judged where they are known
constexpr int kMostDay = 1'000'000;    // of the calendar, the year 4700

template <class T>
bool parse(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<int> minute_from(std::string_view clock) {
  constexpr int kHour = 60;
  const auto colon = clock.find(':');
  int hour = 0;
  int minute = 0;
  if (colon != std::string_view::npos && clock.size() == colon + 3 && parse(clock.substr(0, colon), hour) &&
      parse(clock.substr(colon + 1), minute) && hour >= 0 && hour < 24 && minute >= 0 && minute < kHour) {
    return hour * kHour + minute;
  }
  return fail(Errc::kInvalidInput, fmt::format("\"{}\" is no time of day", clock), "write it like 07:30");
}

object to_json(const record::Profile& profile) {
  object out{{"profile", profile.name},
             {"band_n", nullptr},
             {"soft_cap_n", nullptr},
             {"relaxation", profile.relaxation},
             {"plan", nullptr}};
  if (profile.band) out["band_n"] = {profile.band->lo.value, profile.band->hi.value};
  if (profile.soft_cap) out["soft_cap_n"] = profile.soft_cap->value;
  if (profile.plan) {
    out["plan"] = object{{"first_day", profile.plan->first_day},
                         {"weeks", profile.plan->weeks},
                         {"first_at", record::clock_of(profile.plan->at[0])},
                         {"second_at", record::clock_of(profile.plan->at[1])},
                         {"remind", profile.plan->remind}};
  }
  return out;
}

object to_json(const record::ProfileChange& change) {
  object out{{"profile", change.profile}};
  if (change.band) {
    out["band_lo_n"] = change.band->lo.value;
    out["band_hi_n"] = change.band->hi.value;
  }
  if (change.no_band) out["no_band"] = true;
  if (change.soft_cap) out["soft_cap_n"] = change.soft_cap->value;
  if (change.no_soft_cap) out["no_soft_cap"] = true;
  if (change.relaxation) out["relaxation"] = *change.relaxation;
  if (change.plan) {
    out["plan_first_day"] = change.plan->first_day;
    out["plan_weeks"] = change.plan->weeks;
    out["plan_first_at"] = record::clock_of(change.plan->at[0]);
    out["plan_second_at"] = record::clock_of(change.plan->at[1]);
    out["plan_remind"] = change.plan->remind;
  }
  if (change.no_plan) out["no_plan"] = true;
  return out;
}

Result<record::ProfileChange> profile_change_from(const object& params) {
  Params p(params);
  record::ProfileChange change;
  change.profile = p.text("profile").value_or("");
  const auto lo = p.number("band_lo_n", 0, kMostNewtons);
  const auto hi = p.number("band_hi_n", 0, kMostNewtons);
  if (lo.has_value() != hi.has_value()) p.mistake("a band has two ends", "give \"band_lo_n\" and \"band_hi_n\"");
  if (lo && hi) change.band = session::Band{.lo = {*lo}, .hi = {*hi}};
  change.no_band = p.boolean("no_band").value_or(false);
  if (const auto cap = p.number("soft_cap_n", 0, kMostNewtons)) change.soft_cap = Newtons{*cap};
  change.no_soft_cap = p.boolean("no_soft_cap").value_or(false);
  change.relaxation = p.boolean("relaxation");
  const auto weeks = p.integer("plan_weeks", 0, session::kMostWeeks);
  const auto first_day = p.integer("plan_first_day", 0, kMostDay);
  const auto first_at = p.text("plan_first_at");
  const auto second_at = p.text("plan_second_at");
  const auto remind = p.boolean("plan_remind");
  change.no_plan = p.boolean("no_plan").value_or(false);
  if (weeks || first_day || first_at || second_at || remind) {
    if (!weeks || !first_day) {
      p.mistake("a plan needs its weeks and its first day", "give \"plan_weeks\" and \"plan_first_day\"");
    }
    session::Plan plan{.first_day = first_day.value_or(0), .weeks = weeks.value_or(0)};
    for (const auto& [text, into] : {std::pair(first_at, &plan.at[0]), std::pair(second_at, &plan.at[1])}) {
      if (!text) continue;
      const auto minute = minute_from(*text);
      if (minute) {
        *into = *minute;
      } else {
        p.mistake(minute.error().context, minute.error().remedy);
      }
    }
    plan.remind = remind.value_or(false);
    change.plan = plan;
  }
  if (auto ok = p.finish(); !ok) return std::unexpected(std::move(ok.error()));
  return change;
}

}  // namespace knead::api
