// SPDX-License-Identifier: Apache-2.0
// A person's calendar and clock as pure arithmetic: the time zone is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace knead::session {

using UnixTime = std::chrono::sys_seconds;
/// Local time minus UTC at a moment, as the system's time zone has it. Jumps where clocks are changed.
using Zone = std::function<std::chrono::seconds(UnixTime)>;

/// A day of the local calendar: days since 1970-01-01, whatever the zone.
using LocalDay = std::int64_t;

[[nodiscard]] LocalDay local_day(UnixTime t, const Zone& zone);
/// When the wall clock shows @p minute (0 to 1439) of @p day: where it shows it twice the first time, where it never
/// does (clocks went forward over it) as long after the change as was meant after it.
[[nodiscard]] UnixTime at_local(LocalDay day, int minute, const Zone& zone);
/// Monday 0 to Sunday 6.
[[nodiscard]] int weekday(LocalDay day) noexcept;
/// "2025-03-01".
[[nodiscard]] std::string date_text(LocalDay day);

}  // namespace knead::session
