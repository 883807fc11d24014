// SPDX-License-Identifier: Apache-2.0
// What `knead doctor` looks at: each check says what it saw and, where something is wrong, what to do.
#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/api/messages.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/exit_code.hpp"
#include "daemon/core/error.hpp"
#include "daemon/record/safety_answers.hpp"
#include "hw/usb/ball_model.hpp"

namespace knead::cli {

struct Check {
  enum class Verdict : std::uint8_t { kGood, kNote, kBad };
  std::string name;
  Verdict verdict = Verdict::kGood;
  std::string saw;
  std::string remedy{};  ///< empty where nothing need be done
};

Check check_configuration(const Context& context);
/// The daemon and its version. Others ask the daemon themselves; a second question costs nothing.
Check check_daemon(const Context& context);
/// One per ball on USB of the @p models that could be read, or one that says there is none.
std::vector<Check> check_usb(const Result<std::vector<hw::BallModel>>& models);
Check check_realtime(const Context& context);
Check check_memory_lock(const Context& context);
/// How steadily the running loop samples, one per ball; none without a daemon or before anything was measured.
std::vector<Check> check_latency(const Context& context);
/// Pure.
Check judge_latency(const api::BallStatus& ball);
/// When each ball was calibrated, and how straight it was found; none without a daemon or a ball that can be used.
std::vector<Check> check_calibration(const Context& context);
/// Pure.
Check judge_calibration(const api::BallStatus& ball);
Check check_database(const Context& context);
/// Who has answered the safety questions, and what. None without a database.
std::vector<Check> check_safety(const Context& context);
/// Of one profile. Pure.
Check judge_safety(const record::SafetyAnswer& answer);
/// Whether the kernel can keep plugins from files. @p landlock: its version, 0 for none. Pure.
Check judge_sandbox(int landlock);

/// Pure.
std::string checks_text(const std::vector<Check>& checks);
boost::json::array checks_json(const std::vector<Check>& checks);
/// kNotThere when the daemon alone is missing, kFailed for anything else that is bad.
ExitCode exit_code_of_checks(const std::vector<Check>& checks);
/// EVIDENCE.md, Safety, in short.
std::string safety_text();

}  // namespace knead::cli
