// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/api/calibration_messages.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/known_weight.hpp"
#include "daemon/cli/point_collector.hpp"
#include "daemon/cli/signals.hpp"
#include "daemon/cli/terminal.hpp"
#include "daemon/record/calibrations.hpp"
#include "daemon/record/store.hpp"

namespace knead::cli {
namespace {

constexpr std::chrono::milliseconds kLookEvery{200};

struct CalibrateOptions {
  std::string ball;
  std::vector<std::string> weights;
  std::string database;
  int wait_s = 60;
  bool hands_free = false;
  bool accept_change = false;
  bool undo = false;
  bool list = false;
  bool json = false;
};

// ---- --list -------------------------------------------------------------------------------------------------------

boost::json::object json_of(const record::StoredCalibration& row) {
  boost::json::array points;
  for (const auto& p : row.points) {
    points.push_back(boost::json::object{
        {"force_n", p.force_n}, {"raw", p.raw}, {"spread_raw", p.spread_raw}, {"residual_n", p.residual_n}});
  }
  const auto means = to_string(row.means);
  boost::json::object object{{"id", row.id},
                             {"ball", row.ball_serial},
                             {"at", row.at},
                             {"means", boost::json::string_view(means.data(), means.size())},
                             {"calibration", api::to_json(row.calibration)},
                             {"residual_pct", nullptr},
                             {"points", std::move(points)},
                             {"knead_version", row.knead_version},
                             {"undone_at", nullptr}};
  if (row.residual_pct) object["residual_pct"] = *row.residual_pct;
  if (row.undone_at) object["undone_at"] = *row.undone_at;
  return object;
}

const char* in_words(record::Means means) {
  switch (means) {
    case record::Means::kFound:
      return "found in it";
    case record::Means::kWeights:
      return "weights";
    case record::Means::kTare:
      return "tare";
    case record::Means::kUndo:
      return "undo";
  }
  return "";
}

std::string line_of(const record::StoredCalibration& row) {
  const protocol::Calibration& c = row.calibration;
  std::string text = fmt::format("{:>4}  {}  {:.16}  {:<11}  ", row.id, row.ball_serial, row.at, in_words(row.means));
  if (!c.calibrated) return text + "not calibrated";
  text += fmt::format("{:.1f} counts/N  zero {:+.2f} N", 1.0 / c.newtons_per_count(),
                      c.force_from_reference(c.tare_raw).value);
  if (row.residual_pct) text += fmt::format("  residual {:.2f} %", *row.residual_pct);
  if (row.undone_at) text += fmt::format("  undone {:.10}", *row.undone_at);
  return text;
}

ExitCode list(const Context& context, const CalibrateOptions& options) {
  const auto path = context.database(options.database);
  if (!path) return report(path.error());
  const auto store = record::Store::open_read_only(*path);
  if (!store) return report(store.error());
  const auto journal = record::Calibrations(*store).journal(options.ball);
  if (!journal) return report(journal.error());
  if (options.json) {
    boost::json::array rows;
    for (const auto& row : *journal) rows.push_back(json_of(row));
    print_json(rows);
    return ExitCode::kDone;
  }
  for (const auto& row : *journal) fmt::print("{}\n", line_of(row));
  if (journal->empty()) fmt::print("no calibration is on record\n");
  return ExitCode::kDone;
}

// ---- --undo -------------------------------------------------------------------------------------------------------

ExitCode undo(const Context& context, const CalibrateOptions& options) {
  boost::json::object params;
  if (!options.ball.empty()) params["ball"] = options.ball;
  const auto answer = context.ask("ball.undo_calibration", params);
  if (!answer) return report(answer.error());
  if (options.json) {
    print_json(*answer);
    return ExitCode::kDone;
  }
  const auto reply = answer->is_object() ? api::calibrate_reply_from(answer->get_object()) : api::CalibrateReply{};
  if (reply.calibration.calibrated)
    fmt::print("ball {} has the calibration before it again: {:.1f} counts/N; `knead tare` sets its zero\n",
               reply.serial, 1.0 / reply.calibration.newtons_per_count());
  else
    fmt::print("ball {} is not calibrated, as it was before; no session begins on it\n", reply.serial);
  if (!reply.record_problem.empty()) fmt::print(stderr, "knead: this is not on record: {}\n", reply.record_problem);
  return ExitCode::kDone;
}

// ---- The points ---------------------------------------------------------------------------------------------------

/// Words about what to do go to where a person reads; with --json standard output is for the answer alone.
void say(const CalibrateOptions& options, const std::string& text) {
  fmt::print(options.json ? stderr : stdout, "{}", text);
  std::fflush(options.json ? stderr : stdout);
}

Result<session::Rest> measure(api::Client& client, const std::string& ball, std::string& serial) {
  boost::json::object params;
  if (!ball.empty()) params["ball"] = ball;
  const auto answer = client.call("ball.measure", params);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->is_object()) return fail(Errc::kProtocol, "the daemon's answer to ball.measure is no object");
  const auto reply = api::measure_reply_from(answer->get_object());
  serial = reply.serial;
  return reply.rest;
}

std::string what_to_do(const PointCollector& collector) {
  const Newtons force = collector.current();
  if (force.value == 0.0) {
    return collector.points().empty() ? "Take everything off the ball and let it lie"
                                      : "Take everything off the ball once more";
  }
  return fmt::format("Put {:.2f} N ({:.0f} g) on the ball, so that nothing else carries it", force.value,
                     force.value / session::kStandardGravity * 1000.0);
}

std::unexpected<Error> stopped() {
  return fail(Errc::kRefused, "stopped; the ball has its old calibration", "begin again when you are ready");
}

/// Looks until the point is taken or given up.
Result<> collect_one(api::Client& client, const CalibrateOptions& options, PointCollector& collector,
                     std::string& serial, SignalSource& signals) {
  collector.begin(HostClock::now());
  for (;;) {
    const auto rest = measure(client, serial.empty() ? options.ball : serial, serial);
    // Only a ball that is not at rest may yet come to it.
    if (!rest && rest.error().code != Errc::kRefused) return std::unexpected(rest.error());
    switch (collector.take(HostClock::now(), rest)) {
      case PointCollector::Step::kTaken:
        return {};
      case PointCollector::Step::kGivenUp:
        return std::unexpected(collector.problem());
      case PointCollector::Step::kLooking:
        if (signals.came_while_waiting(-1, kLookEvery)) return stopped();
        break;
    }
  }
}

Result<std::vector<session::KnownForce>> collect(api::Client& client, const CalibrateOptions& options,
                                                 std::vector<Newtons> weights, std::string& serial,
                                                 SignalSource& signals) {
  PointCollector collector(std::move(weights), options.hands_free, std::chrono::seconds(options.wait_s));
  while (!collector.complete()) {
    const std::string task = what_to_do(collector);
    if (options.hands_free) {
      say(options, task + " ...");
    } else {
      say(options, task + ", then press Enter. ");
      if (!ask_at_terminal("", &signals)) {
        if (signals.came()) return stopped();
        return fail(Errc::kInvalidInput, "the input ended; the ball has its old calibration", "begin again");
      }
    }
    if (auto done = collect_one(client, options, collector, serial, signals); !done) {
      say(options, "\n");
      return std::unexpected(std::move(done.error()));
    }
    say(options, options.hands_free ? " measured\n" : "  measured\n");
  }
  if (auto same = collector.check_zero(); !same) return std::unexpected(std::move(same.error()));
  return collector.points();
}

/// To a millinewton, without a minus before nothing.
double to_millinewton(double newtons) { return std::round(newtons * 1000.0) / 1000.0 + 0.0; }

void print(const api::CalibrateReply& reply, const std::vector<session::KnownForce>& points) {
  fmt::print("\nball {} is calibrated: {:.1f} counts/N\n", reply.serial, 1.0 / reply.calibration.newtons_per_count());
  for (std::size_t i = 0; i < points.size() && i < reply.residuals_n.size(); ++i) {
    fmt::print("  known {:7.2f} N, reads {:7.2f} N ({:+.3f} N)\n", points[i].force.value,
               to_millinewton(points[i].force.value + reply.residuals_n[i]), to_millinewton(reply.residuals_n[i]));
  }
  if (reply.residual_pct)
    fmt::print("  linearity residual {:.2f} % of the ball's range\n", *reply.residual_pct);
  else
    fmt::print("  linearity residual: not known; a second --weight shows it\n");
  if (reply.change_pct != 0.0) fmt::print("  the scale changed by {:+.1f} %\n", reply.change_pct);
  if (!reply.notice.empty()) fmt::print("  {}\n", reply.notice);
  fmt::print("`knead calibrate --undo` puts the one before back\n");
}

ExitCode calibrate(const Context& context, CalibrateOptions options) {
  SignalSource signals;
  const bool person = somebody_can_answer();
  if (!person) options.hands_free = true;
  if (options.weights.empty() && person && !options.json) {
    const auto line = ask_at_terminal("What does your weight weigh? (2kg, 1500g, 19.6N) ", &signals);
    if (signals.came()) return ExitCode::kStopped;
    if (line && !line->empty()) options.weights.push_back(*line);
  }
  if (options.weights.empty()) {
    return report_wrong_use({.code = Errc::kInvalidInput,
                             .context = "a known weight is needed",
                             .remedy = "--weight 2kg; a second --weight shows how straight the ball is"});
  }
  std::vector<Newtons> weights;
  for (const auto& text : options.weights) {
    const auto weight = parse_known_weight(text);
    if (!weight) return report_wrong_use(weight.error());
    weights.push_back(*weight);
  }
  auto client = context.connect();
  if (!client) return report(client.error());
  std::string serial;
  const auto points = collect(*client, options, weights, serial, signals);
  if (!points) {
    const ExitCode failed = report(points.error());
    return signals.came() ? ExitCode::kStopped : failed;
  }
  const api::CalibrateRequest request{.ball = serial, .points = *points, .accept_change = options.accept_change};
  const auto answer = client->call("ball.calibrate", to_json(request));
  if (!answer) return report(answer.error());
  if (!answer->is_object())
    return report(Error{.code = Errc::kProtocol, .context = "the daemon's answer is no object", .remedy = {}});
  const auto reply = api::calibrate_reply_from(answer->get_object());
  if (options.json)
    print_json(*answer);
  else
    print(reply, *points);
  if (!reply.record_problem.empty()) fmt::print(stderr, "knead: this is not on record: {}\n", reply.record_problem);
  return ExitCode::kDone;
}

ExitCode run(const Context& context, const CalibrateOptions& options) {
  if (options.list) return list(context, options);
  if (options.undo) return undo(context, options);
  return calibrate(context, options);
}

}  // namespace

void add_calibrate(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("calibrate", "Measure the ball against known weights, step by step; undo; list");
  const auto options = std::make_shared<CalibrateOptions>();
  command->add_option("--ball", options->ball, "The ball's serial, when there are several")->type_name("SERIAL");
  auto* weight = command->add_option(
      "--weight", options->weights, "A known weight, 2kg, 1500g or 19.6N; a second one shows how straight the ball is");
  weight->type_name("WEIGHT")->expected(1)->take_all();
  command->add_flag("--hands-free", options->hands_free,
                    "Go on by itself when the reading has changed and rests (so it does without a terminal)");
  command->add_option("--wait", options->wait_s, "How long to wait for each reading to rest, in seconds")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str()
      ->type_name("S");
  command->add_flag("--accept-change", options->accept_change,
                    "The ball was changed or repaired: take a scale or a zero that is far from the one before");
  auto* undo = command->add_flag("--undo", options->undo, "Put the calibration before this one back into the ball");
  auto* list = command->add_flag("--list", options->list, "What is on record, oldest first");
  undo->excludes(weight);
  list->excludes(weight)->excludes(undo);
  command->add_option("--db", options->database, "With --list: the database (default: as configured)")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Ctrl-C before the end leaves the ball as it was. A kitchen scale and a bottle of water will do.");
  command->callback([&context, options] { context.action = [&context, options] { return run(context, *options); }; });
}

}  // namespace knead::cli
