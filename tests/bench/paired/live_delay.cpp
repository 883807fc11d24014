// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cmath>
#include <fstream>

#include "hw/ball/sensor.hpp"
#include "hw/protocol/codec.hpp"
#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/daemon_in_process.hpp"

namespace knead::bench {
namespace {

constexpr int kLines = 24;  // of one round: 1.2 s
constexpr Newtons kFirstForce{16.0};
constexpr double kNewtonsEach = 0.001;

/// When each reading arrived at the daemon. Beyond its end a round is not counted any further.
class Arrivals {
 public:
  void note(HostTime arrived) noexcept {
    const std::size_t reading = count_.load(std::memory_order_relaxed);
    if (reading < at_.size()) at_[reading] = arrived;
    count_.store(reading + 1, std::memory_order_release);
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_.load(std::memory_order_acquire); }
  [[nodiscard]] HostTime at(std::size_t reading) const { return at_.at(reading); }
  static constexpr std::size_t kMost = 16'384;

 private:
  std::atomic<std::size_t> count_{0};
  std::array<HostTime, kMost> at_{};
};

/// Writes each reading's number into it as its force: a live line says by its force which reading it shows.
class NumberingLink final : public test::WrappedLink, private hw::ReportSink {
 public:
  NumberingLink(std::unique_ptr<hw::Link> inner, Arrivals& arrivals)
      : WrappedLink(std::move(inner)), arrivals_(arrivals) {}
  ~NumberingLink() override { close(); }
  NumberingLink(const NumberingLink&) = delete;
  NumberingLink& operator=(const NumberingLink&) = delete;
  Result<> start(hw::ReportSink& sink) override {
    sink_ = &sink;
    return WrappedLink::start(*this);
  }

 private:
  void on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept override {
    auto report = protocol::decode_report(bytes);
    if (!report) return;
    for (std::size_t i = 0; i < report->count; ++i) {
      const double force = kFirstForce.value + kNewtonsEach * static_cast<double>(arrivals_.count());
      report->raw.at(i) = sensor_.zero_raw + static_cast<std::int32_t>(std::lround(force * sensor_.counts_per_newton));
      arrivals_.note(arrived);
    }
    std::array<std::byte, protocol::kPacketSize> numbered{};
    const std::size_t size = protocol::encode_report(*report, numbered);
    sink_->on_report(std::span(numbered).first(size), arrived);
  }
  void on_transfer_error(HostTime when) noexcept override { sink_->on_transfer_error(when); }
  void on_gone(HostTime when) noexcept override { sink_->on_gone(when); }

  Arrivals& arrivals_;
  ball::SensorModel sensor_;
  hw::ReportSink* sink_ = nullptr;
};

/// A release alone: a plugin would add nothing to what is measured.
constexpr const char* kRoutine = R"([routine]
id = "bench"
title = "Bench"
method = "custom"

[[release]]
muscle = "upper_trapezius"
side = "chosen"
credit_s = 60
max_elapsed_s = 90
band_n = [15.0, 40.0]
)";

/// Once the ball's first reading is there.
bool begin_session(api::Client& client, const std::string& routine) {
  return test::eventually([&] { return client.call("session.run", {{"routine", routine}}).has_value(); });
}

/// For every reading, from its arrival to the first line received that shows it or a later one. A line shows one
/// reading; those between two lines are only ever shown by what came after them.
std::vector<double> arrival_to_shown() {
  const auto arrivals = std::make_unique<Arrivals>();
  DaemonInProcess daemon(
      [&](std::unique_ptr<hw::Link> link) { return std::make_unique<NumberingLink>(std::move(link), *arrivals); });
  const auto routine = daemon.folder() / "bench.toml";
  std::ofstream(routine) << kRoutine;
  api::Client client = daemon.connect();
  if (!client.call("events.subscribe", {{"live", true}}) || !begin_session(client, routine.string())) return {};

  std::vector<double> times;
  std::size_t next = 0;  // the first reading that no line has shown yet; unknown before the first line
  for (int lines = 0; lines < kLines + 1;) {
    const auto notification = client.next_notification(std::chrono::seconds(2));
    const HostTime received = HostClock::now();
    if (!notification || !*notification) return {};
    if ((*notification)->method != "live") continue;
    const double force = api::live_update_from((*notification)->params).snapshot.force.value;
    const auto shown = static_cast<std::size_t>(std::lround((force - kFirstForce.value) / kNewtonsEach));
    if (shown >= std::min(arrivals->count(), Arrivals::kMost)) return {};
    for (; lines > 0 && next <= shown; ++next)
      times.push_back(static_cast<double>((received - arrivals->at(next)).count()));
    next = shown + 1;
    ++lines;
  }
  return times;
}

}  // namespace

std::vector<Comparison> live_delay() {
  return {{.name = "sample's arrival to the live line, with beats", .baseline = {}, .subject = arrival_to_shown}};
}

}  // namespace knead::bench
