// SPDX-License-Identifier: Apache-2.0
// Bytes and processor time of a sample: the record's codec, what else it could be, and what others keep.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <streambuf>

#include "daemon/record/block_codec.hpp"
#include "daemon/record/codes.hpp"
#include "daemon/record/export.hpp"
#include "daemon/record/session_buffer.hpp"
#include "daemon/record/store.hpp"
#include "tests/bench/record/record_bench.hpp"

namespace {
/// Processor time of the kernel in bringing a commit to the disk: the price of durability itself, whoever pays it.
double flush_ns = 0.0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): the function below has no other
}  // namespace

// SQLite's syncs pass here, in the place of libc's function.
extern "C" [[gnu::visibility("default")]] int fdatasync(int fd) {
  const double start = knead::bench::thread_time_ns();
  const auto result = static_cast<int>(::syscall(SYS_fdatasync, fd));
  flush_ns += knead::bench::thread_time_ns() - start;
  return result;
}

namespace knead::bench {
namespace {

using record::TimedSample;
using Block = std::span<const TimedSample>;
using Residuals = std::vector<std::uint64_t>;
using Choices = std::vector<Residuals>;

constexpr std::size_t kBlock = 1000;            // a second at 1 kHz
constexpr std::size_t kSamplesPerCommit = 500;  // as the recorder does it
constexpr double kBits = 8.0;

struct Cost {
  double bytes = 0.0;     // of a sample
  double cpu_ns = 0.0;    // 0: not measured; without what follows
  double flush_ns = 0.0;  // the kernel's, in syncing commits
};

/// @p encode gives the bytes of a block.
Cost over_blocks(const Signal& signal, const std::function<std::size_t(Block)>& encode) {
  std::size_t bytes = 0;
  const double start = thread_time_ns();
  for (std::size_t at = 0; at < signal.samples.size(); at += kBlock) {
    bytes += encode(std::span(signal.samples).subspan(at, std::min(kBlock, signal.samples.size() - at)));
  }
  const auto n = static_cast<double>(signal.samples.size());
  return {.bytes = static_cast<double>(bytes) / n, .cpu_ns = (thread_time_ns() - start) / n};
}

std::uint64_t raw_of(const TimedSample& s) { return static_cast<std::uint64_t>(std::int64_t{s.sample.raw}); }

template <int kOrder>
Residuals differences(Block block) {
  record::Predictor<kOrder> predict;
  Residuals residuals;
  residuals.reserve(block.size());
  const std::uint64_t origin = raw_of(block.front());
  for (const TimedSample& s : block) residuals.push_back(record::zigzag(predict.residual(raw_of(s) - origin)));
  return residuals;
}

/// Against the straight line of least squares through the last @p m counts, m >= 2.
Residuals off_line(Block block, std::int64_t m) {
  std::vector<std::int64_t> last(static_cast<std::size_t>(m), block.front().sample.raw);
  std::int64_t sum = m * last[0];
  std::int64_t moment = m * (m + 1) / 2 * last[0];
  std::size_t at = 0;
  Residuals residuals;
  residuals.reserve(block.size());
  for (const TimedSample& s : block) {
    const std::int64_t predicted = (6 * moment - (2 * m + 4) * sum) / (m * (m - 1));
    residuals.push_back(record::zigzag(static_cast<std::uint64_t>(s.sample.raw - predicted)));
    moment += m * std::int64_t{s.sample.raw} - sum;
    sum += s.sample.raw - std::exchange(last[at], s.sample.raw);
    at = (at + 1) % last.size();
  }
  return residuals;
}

/// The other six columns of a block, as the record's codecs put them.
void put_clocks_and_flags(std::vector<std::byte>& out, Block block) {
  record::VarintWriter to(out);
  const auto column = [&]<int kOrder>(record::Predictor<kOrder> predict, auto get) {
    for (const TimedSample& s : block) to.put(record::zigzag(predict.residual(get(s))));
  };
  const auto device = [](const TimedSample& s) {
    return static_cast<std::uint64_t>(s.sample.device_time.time_since_epoch().count());
  };
  column(record::Predictor<1>{}, [](const TimedSample& s) { return s.sample.seq; });
  column(record::Predictor<2>{}, device);
  column(record::Predictor<1>{},
         [&](const TimedSample& s) { return static_cast<std::uint64_t>(s.t.time_since_epoch().count()) - device(s); });
  column(record::Predictor<2>{}, [&](const TimedSample& s) {
    return static_cast<std::uint64_t>(s.sample.host_time.time_since_epoch().count()) - 1000 * device(s);
  });
  column(record::Predictor<1>{}, [](const TimedSample& s) { return static_cast<std::uint64_t>(s.sample.quality); });
  column(record::Predictor<1>{}, [](const TimedSample& s) { return std::uint64_t{s.sample.motor.value}; });
}

class Zstd {
 public:
  explicit Zstd(int level) : level_(level), context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {}
  std::size_t size(std::span<const std::byte> bytes) {
    out_.resize(ZSTD_compressBound(bytes.size()));
    return ZSTD_compressCCtx(context_.get(), out_.data(), out_.size(), bytes.data(), bytes.size(), level_);
  }

 private:
  int level_;
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context_;
  std::vector<std::byte> out_;
};

enum class Raw { kVarints, kPacked, kRice };

/// A block with its raw counts as @p raw of the best of @p choices, all in one zstd frame.
std::size_t size_with(Zstd& zstd, Block block, Raw raw, const Choices& choices) {
  std::vector<std::byte> bytes;
  put_clocks_and_flags(bytes, block);
  const auto& best = *std::ranges::min_element(choices, {}, [](const Residuals& residuals) {
    return record::rice_bits(residuals, record::rice_parameter(residuals));
  });
  if (raw == Raw::kRice) {
    record::rice_put(bytes, best, record::rice_parameter(best));
  } else if (raw == Raw::kVarints) {
    record::VarintWriter to(bytes);
    for (const std::uint64_t v : best) to.put(v);
  } else {
    // As many bits each as the largest of 128 wants: what SIMD libraries of integer columns do.
    constexpr std::size_t kGroup = 128;
    std::size_t bits = 0;
    for (std::size_t at = 0; at < best.size(); at += kGroup) {
      const auto group = std::span(best).subspan(at, std::min(kGroup, best.size() - at));
      bits += 8 + group.size() * static_cast<std::size_t>(std::bit_width(*std::ranges::max_element(group)));
    }
    return zstd.size(bytes) + bits / 8 + 1;
  }
  return zstd.size(bytes);
}

/// Of the first differences, over the whole signal: what no code of single differences can be below.
Cost order_0_entropy(const Signal& signal) {
  std::map<std::int64_t, double> counts;
  for (std::size_t i = 1; i < signal.samples.size(); ++i) {
    counts[std::int64_t{signal.samples[i].sample.raw} - signal.samples[i - 1].sample.raw] += 1.0;
  }
  const auto n = static_cast<double>(signal.samples.size() - 1);
  double bits = 0.0;
  for (const auto& [value, count] : counts) bits -= count / n * std::log2(count / n);
  return {.bytes = bits / kBits};
}

record::SessionHeader header() {
  record::SessionHeader header;
  header.profile = "bench";
  header.routine.id = "bench";
  header.ball.rate_hz = 1000;
  return header;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Counts what is written to it.
class Counter final : public std::streambuf {
 public:
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 protected:
  std::streamsize xsputn(const char* /*text*/, std::streamsize n) override {
    bytes_ += static_cast<std::size_t>(n);
    return n;
  }
  int_type overflow(int_type c) override {
    ++bytes_;
    return c;
  }

 private:
  std::size_t bytes_ = 0;
};

/// Its tables without a row.
double empty_database() {
  const TempFolder folder;
  const std::string path = folder.file("empty.db");
  {
    const record::Store store = must(record::Store::open(path));
  }
  return static_cast<double>(std::filesystem::file_size(path));
}

/// The recorder's way, without its thread: rows of a SessionBuffer, a transaction each 500 ms. The whole file, and
/// all the processor time.
Cost record_it(const Signal& signal, double* csv_bytes) {
  const TempFolder folder;
  const std::string path = folder.file("knead.db");
  const auto n = static_cast<double>(signal.samples.size());
  Cost cost;
  {
    record::Store store = must(record::Store::open(path));
    const double flushed = flush_ns;
    const double start = thread_time_ns();
    record::SessionBuffer buffer(header());
    std::size_t fed = 0;
    for (const TimedSample& s : signal.samples) {
      buffer.add_sample(s.t, s.sample);
      if (++fed % kSamplesPerCommit != 0) continue;
      buffer.stage_open_block();
      must(store.commit(buffer));
    }
    buffer.end({});
    must(store.commit(buffer));
    cost.flush_ns = (flush_ns - flushed) / n;
    cost.cpu_ns = (thread_time_ns() - start) / n - cost.flush_ns;
    if (csv_bytes != nullptr) {
      Counter counter;
      std::ostream out(&counter);
      must(record::export_csv(store, buffer.id(), record::CsvTable::kSamples, out));
      *csv_bytes = static_cast<double>(counter.bytes()) / n;
    }
  }
  cost.bytes = (static_cast<double>(std::filesystem::file_size(path)) - empty_database()) / n;
  return cost;
}

/// A row for each sample at the same durability.
Cost sqlite_rows(const Signal& signal) {
  const TempFolder folder;
  const std::string path = folder.file("rows.db");
  const auto n = static_cast<double>(signal.samples.size());
  Cost cost;
  {
    SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    db.exec(
        "CREATE TABLE samples (session_id INTEGER, seq INTEGER, t_us INTEGER, device_us INTEGER, host_ns INTEGER, "
        "raw INTEGER, quality INTEGER, motor INTEGER, PRIMARY KEY (session_id, seq)) WITHOUT ROWID");
    const double flushed = flush_ns;
    const double start = thread_time_ns();
    SQLite::Statement insert(db, "INSERT INTO samples VALUES (1, ?, ?, ?, ?, ?, ?, ?)");
    auto transaction = std::make_unique<SQLite::Transaction>(db);
    std::size_t fed = 0;
    for (const TimedSample& s : signal.samples) {
      insert.bind(1, static_cast<std::int64_t>(s.sample.seq));
      insert.bind(2, std::int64_t{s.t.time_since_epoch().count()});
      insert.bind(3, std::int64_t{s.sample.device_time.time_since_epoch().count()});
      insert.bind(4, std::int64_t{s.sample.host_time.time_since_epoch().count()});
      insert.bind(5, s.sample.raw);
      insert.bind(6, static_cast<std::int64_t>(s.sample.quality));
      insert.bind(7, int{s.sample.motor.value});
      insert.exec();
      insert.reset();
      if (++fed % kSamplesPerCommit != 0) continue;
      transaction->commit();
      transaction = std::make_unique<SQLite::Transaction>(db);
    }
    transaction->commit();
    cost.flush_ns = (flush_ns - flushed) / n;
    cost.cpu_ns = (thread_time_ns() - start) / n - cost.flush_ns;
  }
  cost.bytes = static_cast<double>(std::filesystem::file_size(path)) / n;
  return cost;
}

struct Contender {
  std::string name;
  std::function<Cost(const Signal&)> run;
};

std::vector<Contender> contenders() {
  const auto coded = [](std::string name, int level, Raw raw, auto choices) {
    return Contender{std::move(name), [=](const Signal& signal) {
                       Zstd zstd(level);
                       return over_blocks(signal,
                                          [&](Block block) { return size_with(zstd, block, raw, choices(block)); });
                     }};
  };
  const auto first = [](Block b) { return Choices{differences<1>(b)}; };
  const auto both = [](Block b) { return Choices{differences<1>(b), differences<2>(b)}; };
  const auto lines = [](Block b) {
    return Choices{differences<1>(b), off_line(b, 2), off_line(b, 4), off_line(b, 8), off_line(b, 16), off_line(b, 32)};
  };
  return {
      {"order-0 entropy of the raw differences", order_0_entropy},
      {"codec 2, as the record has it",
       [](const Signal& signal) {
         record::BlockEncoder encoder;
         return over_blocks(signal, [&](Block block) { return encoder.encode(block).size(); });
       }},
      coded("Rice, differences", 1, Raw::kRice, first),
      coded("Rice, differences of order 1 or 2", 1, Raw::kRice, both),
      coded("Rice, lines through 1 to 32 counts", 1, Raw::kRice, lines),
      coded("bit-packed by 128, order 1 or 2", 1, Raw::kPacked, both),
      coded("LEB128 differences, zstd 3 (codec 1)", 3, Raw::kVarints, first),
      coded("LEB128 order 1 or 2, zstd 1", 1, Raw::kVarints, both),
      coded("LEB128 order 1 or 2, zstd 3", 3, Raw::kVarints, both),
      coded("LEB128 order 1 or 2, zstd 19", 19, Raw::kVarints, both),
      {"recorder: the file, all its work", [](const Signal& signal) { return record_it(signal, nullptr); }},
      {"SQLite, a row a sample", sqlite_rows},
      {"CSV",
       [](const Signal& signal) {
         Cost cost;
         record_it(signal, &cost.bytes);
         return cost;
       }},
      // A sample of one float channel is its value and a byte that says that no time stamp follows, or that one of
      // eight bytes does (XDF 1.0, chunk 3). It holds neither raw counts nor clocks.
      {"XDF, float, no time stamps (computed)", [](const Signal&) { return Cost{.bytes = 4.0 + 1.0}; }},
      {"XDF, float and time stamp (computed)", [](const Signal&) { return Cost{.bytes = 4.0 + 1.0 + 8.0}; }},
  };
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.at(values.size() / 2);
}

}  // namespace

std::string codecs(int rounds) {
  constexpr double kMostBytes = 1.2;
  constexpr double kMostOfRows = 0.2;
  const std::vector<Signal> all = signals();
  const std::vector<Contender> each = contenders();
  std::string json;
  for (const Signal& signal : all) {
    fmt::print("{}: {} samples; {} rounds, in turns\n{:<40} {:>12} {:>14} {:>14}\n", signal.name, signal.samples.size(),
               rounds, "", "bytes/sample", "CPU ns/sample", "and to sync");
    std::vector<std::vector<double>> times(each.size());
    std::vector<std::vector<double>> flushes(each.size());
    std::vector<double> bytes(each.size());
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < each.size(); ++i) {
        const Cost cost = each[i].run(signal);
        bytes[i] = cost.bytes;
        times[i].push_back(cost.cpu_ns);
        flushes[i].push_back(cost.flush_ns);
      }
    }
    Cost recorder;
    Cost rows;
    for (std::size_t i = 0; i < each.size(); ++i) {
      const Cost cost{.bytes = bytes[i], .cpu_ns = median(times[i]), .flush_ns = median(flushes[i])};
      if (each[i].name.starts_with("recorder")) recorder = cost;
      if (each[i].name.starts_with("SQLite")) rows = cost;
      const auto shown = [](double ns) { return ns > 0.0 ? fmt::format("{:.0f}", ns) : std::string("-"); };
      fmt::print("{:<40} {:>12.3f} {:>14} {:>14}\n", each[i].name, cost.bytes, shown(cost.cpu_ns),
                 shown(cost.flush_ns));
      json += fmt::format(
          R"({}{{"signal":"{}","contender":"{}","bytes_per_sample":{:.4f},"cpu_ns_per_sample":{:.1f},"sync_ns_per_sample":{:.1f}}})",
          json.empty() ? "" : ",\n", signal.name, each[i].name, cost.bytes, cost.cpu_ns, cost.flush_ns);
    }
    const double ratio = recorder.cpu_ns / rows.cpu_ns;
    fmt::print(
        "recorder: {:.2f} bytes a sample (<= {}) {}; {:.3f} of the rows' time (<= {}) {}; with the kernel's for the "
        "syncs, "
        "as many for both, {:.3f}\n\n",
        recorder.bytes, kMostBytes, recorder.bytes <= kMostBytes ? "within" : "ABOVE", ratio, kMostOfRows,
        ratio <= kMostOfRows ? "within" : "ABOVE",
        (recorder.cpu_ns + recorder.flush_ns) / (rows.cpu_ns + rows.flush_ns));
  }
  return "[\n" + json + "\n]\n";
}

}  // namespace knead::bench
