// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/checks.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <filesystem>
#include <system_error>
#include <thread>

#include "daemon/api/messages.hpp"
#include "daemon/cli/text.hpp"
#include "daemon/host/landlock.hpp"
#include "daemon/record/store.hpp"
#include "daemon/session/calibration.hpp"
#include "daemon/session/safety_questions.hpp"
#include "hw/usb/ball_model.hpp"
#include "hw/usb/sightings.hpp"

namespace knead::cli {
namespace {

using Verdict = Check::Verdict;

constexpr const char* kDaemonCheck = "daemon";

std::string remedy_of(const Error& error) {
  return error.remedy.empty() ? std::string(hint(error.code)) : error.remedy;
}

/// The context and the system's word, without the remedy, which has a line of its own.
std::string saw(const Error& error) {
  if (error.os_error == 0) return error.context;
  return error.context + ": " + std::generic_category().message(error.os_error);
}

Check bad(std::string name, const Error& error) {
  return {.name = std::move(name), .verdict = Verdict::kBad, .saw = saw(error), .remedy = remedy_of(error)};
}

Result<api::DaemonStatus> status_of(const Context& context) {
  const auto answer = context.ask("daemon.status");
  if (!answer) return std::unexpected(answer.error());
  if (!answer->is_object()) return fail(Errc::kProtocol, "the status is no object");
  return api::daemon_status_from(answer->get_object());
}

/// Would the kernel give this user SCHED_FIFO? Asked by doing it, on a thread of its own that ends right away.
bool may_use_fifo(int priority) {
  bool granted = false;
  std::thread([&] {
    const sched_param wanted{.sched_priority = priority};
    granted = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &wanted) == 0;
  }).join();
  return granted;
}

/// The nearest folder above @p path that exists.
std::filesystem::path existing_folder(std::filesystem::path path) {
  std::error_code failed;
  do {
    path = path.parent_path();
  } while (!path.empty() && path != path.root_path() && !std::filesystem::exists(path, failed));
  return path.empty() ? std::filesystem::path(".") : path;
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return "good";
    case Verdict::kNote:
      return "note";
    case Verdict::kBad:
      return "bad";
  }
  return "bad";
}

}  // namespace

Check check_configuration(const Context& context) {
  const auto loaded = context.config();
  if (!loaded) return bad("config", loaded.error());
  std::string files;
  std::error_code failed;
  for (const auto& file : config_files(context.environment()))
    if (std::filesystem::exists(file, failed)) files += (files.empty() ? "" : ", ") + file;
  return {.name = "config", .saw = files.empty() ? "no file, the defaults hold" : files};
}

Check check_daemon(const Context& context) {
  const auto status = status_of(context);
  if (!status) return bad(kDaemonCheck, status.error());
  if (status->version != KNEAD_VERSION)
    return {.name = kDaemonCheck,
            .verdict = Verdict::kBad,
            .saw = fmt::format("kneadd is {}, knead is {}", status->version, KNEAD_VERSION),
            .remedy = "restart the daemon after an update: `systemctl restart kneadd`"};
  if (status->stop_latched)
    return {.name = kDaemonCheck,
            .verdict = Verdict::kNote,
            .saw = fmt::format("kneadd {} runs; a stop or a fault holds the motor off", status->version),
            .remedy = "`knead status` says why; `knead clear` lets it run again"};
  return {.name = kDaemonCheck, .saw = fmt::format("kneadd {} runs, process {}", status->version, status->pid)};
}

std::vector<Check> check_usb(const Result<std::vector<hw::BallModel>>& models) {
  if (!models) return {bad("usb", models.error())};
  const auto seen = hw::look_for_balls(*models);
  if (!seen) return {bad("usb", seen.error())};
  if (seen->empty())
    return {{.name = "usb",
             .verdict = Verdict::kNote,
             .saw = "no ball is plugged in",
             .remedy = "plug it in; `lsusb -d 1209:0001` shows it where the cable carries data"}};
  std::vector<Check> checks;
  for (const auto& ball : *seen) {
    if (!ball.access) {
      checks.push_back(bad("usb", ball.access.error()));
      continue;
    }
    checks.push_back({.name = "usb",
                      .saw = fmt::format("{} {} at {}, may be opened", ball.model,
                                         ball.serial.empty() ? "without a serial" : ball.serial, ball.path)});
  }
  return checks;
}

Check check_realtime(const Context& context) {
  Check check{.name = "real-time", .saw = {}};
  const auto loaded = context.config();
  if (const auto status = status_of(context)) {
    // The daemon's own word counts: it may run as another user.
    if (status->realtime.priority > 0) {
      check.saw = fmt::format("the daemon samples at SCHED_FIFO priority {}", status->realtime.priority);
      return check;
    }
    check.saw = "the daemon samples with ordinary scheduling";
    if (loaded && loaded->config.realtime.priority == 0) {
      check.saw += ", as configured";
      return check;
    }
  } else if (may_use_fifo(loaded ? std::max(1, loaded->config.realtime.priority) : 1)) {
    check.saw = "SCHED_FIFO is granted to this user";
    return check;
  } else {
    rlimit limit{};
    const bool known = ::getrlimit(RLIMIT_RTPRIO, &limit) == 0;
    check.saw = fmt::format("SCHED_FIFO is not granted to this user (RLIMIT_RTPRIO {})",
                            known ? std::to_string(limit.rlim_cur) : std::string("unknown"));
  }
  check.verdict = Verdict::kNote;
  check.remedy =
      "sessions run without it, with more jitter; for it, use the system service, or put \"@knead - rtprio 50\" into "
      "/etc/security/limits.d/knead.conf, join the group knead and log in again";
  return check;
}

Check check_memory_lock(const Context& context) {
  Check check{.name = "memory", .saw = {}};
  if (const auto status = status_of(context)) {
    if (status->realtime.memory_locked) {
      check.saw = "the daemon's memory is locked";
      return check;
    }
    check.saw = "the daemon's memory is not locked";
    if (const auto loaded = context.config(); loaded && !loaded->config.realtime.lock_memory) {
      check.saw += ", as configured";
      return check;
    }
  } else {
    constexpr rlim_t kEnough = rlim_t{128} << 20U;  // a generous bound on what the daemon maps
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && (limit.rlim_cur >= kEnough || ::geteuid() == 0)) {
      check.saw = "memory may be locked by this user";
      return check;
    }
    check.saw = fmt::format("this user may lock {} KiB of memory", limit.rlim_cur / 1024);
  }
  check.verdict = Verdict::kNote;
  check.remedy =
      "matters only where the computer swaps; for it, put \"@knead - memlock 131072\" into "
      "/etc/security/limits.d/knead.conf and log in again";
  return check;
}

Check judge_latency(const api::BallStatus& ball) {
  // R4 turns the motor off after 20 ms without a reading: a loop that comes near it makes the motor stutter.
  constexpr double kGapTooLongUs = 15e3;
  Check check{
      .name = "loop",
      .saw = fmt::format("{}: reports {:.3g} µs off the ball's clock, 99 % within {:.3g} µs; longest gap {:.3g} ms",
                         ball.serial, ball.jitter.p50_us, ball.jitter.p99_us, ball.longest_gap_us / 1e3)};
  if (ball.longest_gap_us >= kGapTooLongUs) {
    check.verdict = Verdict::kNote;
    check.remedy =
        "something held the loop up: another program, a sleeping processor, a USB hub; real-time priority helps, and a "
        "port without other devices; the motor stops when it lasts";
  }
  return check;
}

std::vector<Check> check_latency(const Context& context) {
  std::vector<Check> checks;
  const auto status = status_of(context);
  if (!status) return checks;
  for (const auto& ball : status->balls) {
    if (ball.jitter.count > 0) checks.push_back(judge_latency(ball));
  }
  return checks;
}

Check judge_calibration(const api::BallStatus& ball) {
  // A load cell's zero and slope drift slowly; looked at once a year they stay within a percent. (choice)
  constexpr double kYearDays = 365.0;
  Check check{.name = "ball", .saw = ball.serial + ": "};
  if (!ball.calibrated) {
    check.verdict = Verdict::kBad;
    check.saw += "not calibrated, so no session begins on it";
    check.remedy = "`knead calibrate` with a weight that you know";
  } else if (!ball.calibration) {
    check.saw += "calibrated; the record does not say when";
  } else {
    check.saw += calibration_text(*ball.calibration);
    if (ball.calibration->by_weights && ball.calibration->age_days > kYearDays) {
      check.verdict = Verdict::kNote;
      check.remedy = "more than a year ago: `knead calibrate` with a weight that you know";
    } else if (ball.calibration->residual_pct.value_or(0.0) > session::kResidualNoticePct) {
      check.verdict = Verdict::kNote;
      check.remedy = "the weights did not lie well on a line: check them, and `knead calibrate` again";
    }
  }
  return check;
}

std::vector<Check> check_calibration(const Context& context) {
  std::vector<Check> checks;
  const auto status = status_of(context);
  if (!status) return checks;
  for (const auto& ball : status->balls) {
    if (ball.problem.empty()) checks.push_back(judge_calibration(ball));
  }
  return checks;
}

Check judge_safety(const record::SafetyAnswer& answer) {
  const auto& given = answer.given;
  Check check{.name = "safety",
              .saw = fmt::format("{}: answered on {:.10}, {}",
                                 answer.profile.empty() ? std::string("no profile") : answer.profile, answer.at,
                                 given.yes.empty() ? "no to all" : "yes to " + session::named(given.yes))};
  if (given.clinician_asked) check.saw += "; a clinician was asked";
  const auto may = session::may_begin(SafetyRule::kAlways, false, answer.profile, given);
  if (may) return check;
  check.verdict = Verdict::kNote;
  check.remedy = may.error().context + "; " + may.error().remedy;
  return check;
}

std::vector<Check> check_safety(const Context& context) {
  std::vector<Check> checks;
  if (const auto loaded = context.config();
      loaded && loaded->config.session.safety_questions == SafetyRule::kPractitioner) {
    checks.push_back({.name = "safety",
                      .verdict = Verdict::kNote,
                      .saw = "nobody is asked the safety questions here, as configured",
                      .remedy = "whoever set this up asks the people; [session] safety_questions = \"ask\" asks them"});
  }
  const auto path = context.database("");
  if (!path) return checks;  // another check says so
  const auto store = record::Store::open_read_only(*path);
  if (!store) return checks;
  const auto answers = record::SafetyJournal(*store).newest_of_all();
  if (!answers) return checks;
  for (const auto& answer : *answers) checks.push_back(judge_safety(answer));
  return checks;
}

Check check_database(const Context& context) {
  const auto path = context.database("");
  if (!path) return bad("record", path.error());
  const auto status = status_of(context);
  if (status && !status->record.problem.empty())
    return {.name = "record",
            .verdict = Verdict::kBad,
            .saw = *path + ": " + status->record.problem,
            .remedy = std::string(hint(Errc::kStorage))};
  std::error_code failed;
  if (!std::filesystem::exists(*path, failed)) {
    const auto folder = existing_folder(*path);
    if (::access(folder.c_str(), W_OK | X_OK) == 0 || status)
      return {.name = "record", .saw = *path + " will be made with the first session"};
    return {.name = "record",
            .verdict = Verdict::kBad,
            .saw = fmt::format("{} cannot be made: {} is not writable", *path, folder.string()),
            .remedy = "set [record] database to a path you may write to"};
  }
  const auto store = record::Store::open_read_only(*path);
  if (!store) return bad("record", store.error());
  if (const auto sound = store->check(); !sound) return bad("record", sound.error());
  // With a daemon it is the daemon that writes, maybe as another user, and it had no complaint.
  if (!status && ::access(path->c_str(), W_OK) != 0)
    return {.name = "record",
            .verdict = Verdict::kBad,
            .saw = *path + " is not writable",
            .remedy = "make its owner the user that runs kneadd, or set [record] database to another path"};
  return {.name = "record", .saw = *path + " is sound"};
}

Check judge_sandbox(int landlock) {
  if (landlock > 0)
    return {.name = "plugins", .saw = fmt::format("files are out of their reach (Landlock {})", landlock)};
  return {.name = "plugins",
          .verdict = Verdict::kNote,
          .saw = host::kNoLandlock,
          .remedy = "use only plugins whose makers you trust, or a kernel of 5.13 or later with Landlock switched on"};
}

std::string checks_text(const std::vector<Check>& checks) {
  std::string text;
  for (const auto& check : checks) {
    const char* mark = check.verdict == Verdict::kGood ? "ok  " : check.verdict == Verdict::kNote ? "note" : "BAD ";
    text += fmt::format("{} {:<10} {}\n", mark, check.name, check.saw);
    if (!check.remedy.empty()) text += fmt::format("     {:<10} -> {}\n", "", check.remedy);
  }
  return text;
}

boost::json::array checks_json(const std::vector<Check>& checks) {
  boost::json::array array;
  for (const auto& check : checks) {
    const auto verdict = name_of(check.verdict);
    array.push_back(boost::json::object{{"name", check.name},
                                        {"verdict", boost::json::string_view(verdict.data(), verdict.size())},
                                        {"saw", check.saw},
                                        {"remedy", check.remedy}});
  }
  return array;
}

ExitCode exit_code_of_checks(const std::vector<Check>& checks) {
  ExitCode exit = ExitCode::kDone;
  for (const auto& check : checks) {
    if (check.verdict != Verdict::kBad) continue;
    if (check.name != kDaemonCheck) return ExitCode::kFailed;
    exit = ExitCode::kNotThere;
  }
  return exit;
}

std::string safety_text() {
  std::string names;
  for (const auto& question : session::safety_questions())
    names += (names.empty() ? "" : ", ") + std::string(question.name);
  std::string text = fmt::format("Not for you, or ask a clinician first: {}.\n", names);
  for (const auto& warning : session::safety_warnings()) text += fmt::format("{}\n", warning.text);
  return text;
}

}  // namespace knead::cli
