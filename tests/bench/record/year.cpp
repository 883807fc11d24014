// SPDX-License-Identifier: Apache-2.0
// A year of daily use: what the file weighs, and how long the programs that read it take.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

#include "daemon/core/units.hpp"
#include "daemon/record/block_codec.hpp"
#include "daemon/record/store.hpp"
#include "tests/bench/record/record_bench.hpp"

namespace knead::bench {
namespace {

constexpr std::chrono::hours kBetween{12};
constexpr int kRunsOfEach = 7;

/// The columns of a table, with @p replaced in the place of @p column.
std::string columns_with(SQLite::Database& db, const std::string& table, const std::string& column,
                         const std::string& replaced, bool names) {
  std::string text;
  SQLite::Statement info(db, "SELECT name FROM pragma_table_info('" + table + "')");
  while (info.executeStep()) {
    const std::string name = info.getColumn(0).getString();
    text += (text.empty() ? "" : ", ") + (name == column && !names ? replaced : name);
  }
  return text;
}

/// Session 1 again as session @p id, @p later: all rows that belong to it but its samples.
void copy_rows(SQLite::Database& db, const std::vector<std::string>& tables, std::int64_t id) {
  for (const std::string& table : tables) {
    const std::string key = table == "sessions" ? "id" : "session_id";
    db.exec(fmt::format("INSERT INTO {0} ({1}) SELECT {2} FROM {0} WHERE {3} = 1", table,
                        columns_with(db, table, key, "", true), columns_with(db, table, key, std::to_string(id), false),
                        key));
  }
  const std::int64_t later = std::chrono::microseconds(kBetween * (id - 1)).count();
  db.exec(
      fmt::format("UPDATE sessions SET started_unix_us = started_unix_us + {0}, started_at = "
                  "strftime('%Y-%m-%dT%H:%M:%S', (started_unix_us + {0}) / 1000000, 'unixepoch') || '.000000Z' "
                  "WHERE id = {1}",
                  later, id));
}

struct StoredBlock {
  std::int64_t ordinal = 0;
  std::vector<record::TimedSample> samples;
};

/// The same session with other noise: the same seed would compress no better, but be no second measurement.
void copy_samples(SQLite::Database& db, const std::vector<StoredBlock>& blocks, std::int64_t id,
                  record::BlockEncoder& encoder) {
  std::mt19937 random(static_cast<unsigned>(id));
  std::normal_distribution<float> noise(0.0F, 2.0F);  // beside the 6 counts that are there
  SQLite::Statement insert(db, R"sql(
    INSERT INTO sample_blocks (session_id, ordinal, calibration, first_index, first_seq, count, first_device_us, t0_us,
                               t1_us, codec, data)
    SELECT ?1, ordinal, calibration, first_index, first_seq, count, first_device_us, t0_us, t1_us, ?2, ?3
    FROM sample_blocks WHERE session_id = 1 AND ordinal = ?4)sql");
  std::vector<record::TimedSample> samples;
  for (const StoredBlock& block : blocks) {
    samples = block.samples;
    for (record::TimedSample& s : samples) s.sample.raw += static_cast<std::int32_t>(noise(random));
    const auto bytes = encoder.encode(samples);
    insert.bind(1, id);
    insert.bind(2, record::kBlockCodec);
    insert.bindNoCopy(3, bytes.data(), static_cast<int>(bytes.size()));
    insert.bind(4, block.ordinal);
    insert.exec();
    insert.reset();
  }
}

void make_year(const std::string& path, int sessions) {
  simulate_into(path, "", "compliant");
  std::vector<StoredBlock> blocks;
  {
    const auto store = record::Store::open_read_only(path);
    if (!store) throw std::runtime_error(store.error().message());
    const auto read = store->for_each_block(1, [&](std::span<const record::TimedSample> s) -> Result<> {
      blocks.push_back({.ordinal = static_cast<std::int64_t>(blocks.size()), .samples = {s.begin(), s.end()}});
      return {};
    });
    if (!read) throw std::runtime_error(read.error().message());
  }
  SQLite::Database db(path, SQLite::OPEN_READWRITE);
  std::vector<std::string> tables{"sessions"};
  SQLite::Statement list(db,
                         "SELECT m.name FROM sqlite_schema m WHERE m.type = 'table' AND m.name <> 'sample_blocks' AND "
                         "EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'session_id')");
  while (list.executeStep()) tables.push_back(list.getColumn(0).getString());
  record::BlockEncoder encoder;
  for (int id = 2; id <= sessions; ++id) {
    SQLite::Transaction transaction(db);
    copy_rows(db, tables, id);
    copy_samples(db, blocks, id, encoder);
    transaction.commit();
  }
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

struct Run {
  double ms = 0.0;
  double peak_mib = 0.0;
};

/// Runs `knead` to its end, with what it prints thrown away.
Run run_knead(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), KNEAD_PATH);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const auto start = HostClock::now();
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int nothing = ::open("/dev/null", O_WRONLY);
    ::dup2(nothing, STDOUT_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  ::wait4(pid, &status, 0, &used);
  const double ms = std::chrono::duration<double, std::milli>(HostClock::now() - start).count();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("knead " + arguments[1] + " failed");
  return {.ms = ms, .peak_mib = static_cast<double>(used.ru_maxrss) / 1024.0};
}

}  // namespace

std::string year(int sessions) {
  const TempFolder folder;
  const std::string path = folder.file("year.db");
  const auto start = HostClock::now();
  make_year(path, sessions);
  const double mib = static_cast<double>(std::filesystem::file_size(path)) / 1024.0 / 1024.0;
  std::int64_t samples = 0;
  {
    const SQLite::Database db(path);
    SQLite::Statement sum(db, "SELECT sum(count) FROM sample_blocks");
    if (sum.executeStep()) samples = sum.getColumn(0).getInt64();
  }
  fmt::print(
      "{} sessions, {} samples, made in {:.0f} s: {:.1f} MiB, {:.3f} bytes a sample with all that belongs to it\n",
      sessions, samples, std::chrono::duration<double>(HostClock::now() - start).count(), mib,
      mib * 1024.0 * 1024.0 / static_cast<double>(samples));
  fmt::print("{:<44} {:>10} {:>10} {:>10} {:>12}\n", "", "median ms", "worst ms", "(<= ms)", "peak MiB");

  struct Asked {
    std::vector<std::string> arguments;
    double bound_ms;
  };
  const std::string last = std::to_string(sessions);
  const std::vector<Asked> asked{
      {{"--version"}, 0.0},
      {{"sessions", "--db", path}, 50.0},
      {{"sessions", "--db", path, "--limit", last}, 50.0},
      {{"trends", "--db", path, "--simulated"}, 50.0},
      {{"show", last, "--db", path}, 50.0},
      {{"show", "1", "--db", path, "--json"}, 50.0},
      {{"export", last, "--db", path, "--format", "csv"}, 1000.0},
      {{"export", last, "--db", path, "--format", "json"}, 1000.0},
      {{"replay", "1", "--db", path}, 0.0},  // the others have noise that their events do not follow from
      {{"db", "check", "--db", path}, 0.0},
  };
  std::string json = fmt::format(R"({{"sessions":{},"samples":{},"file_mib":{:.1f}}})", sessions, samples, mib);
  for (const Asked& each : asked) {
    std::vector<double> times;
    double peak = 0.0;
    for (int i = 0; i < (each.bound_ms == 0.0 ? 1 : kRunsOfEach); ++i) {
      const Run run = run_knead(each.arguments);
      times.push_back(run.ms);
      peak = std::max(peak, run.peak_mib);
    }
    std::ranges::sort(times);
    std::string name = "knead";
    for (const std::string& argument : each.arguments) name += argument == path ? " FILE" : " " + argument;
    const double median = times.at(times.size() / 2);
    fmt::print("{:<44} {:>10.1f} {:>10.1f} {:>10} {:>12.1f}  {}\n", name, median, times.back(),
               each.bound_ms > 0.0 ? fmt::format("{:g}", each.bound_ms) : "-", peak,
               each.bound_ms == 0.0 ? "-" : (median <= each.bound_ms ? "within" : "ABOVE"));
    json += fmt::format(R"(,
{{"command":"{}","median_ms":{:.2f},"worst_ms":{:.2f},"bound_ms":{:g},"peak_mib":{:.1f}}})",
                        name, median, times.back(), each.bound_ms, peak);
  }
  return "[\n" + json + "\n]\n";
}

}  // namespace knead::bench
