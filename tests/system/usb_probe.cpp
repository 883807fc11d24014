// SPDX-License-Identifier: Apache-2.0
// usb_probe: the libusb driver alone, without a daemon, for the kernel lab. It follows hotplug, streams from each ball
// that arrives, and prints one JSON object a line for what happens:
//
//   usb_probe [--reports N] [--vibrate LEVEL]
//
//   {"event":"arrived","serial":"KB0001","path":"usb 1-1"}
//   {"event":"streaming","serial":"KB0001"}                      after the first report
//   {"event":"vibrating","serial":"KB0001","level":100}          after a report says so
//   {"event":"ended","serial":"KB0001","reports":5000,"readings":5000,"missing":0,"bad":0,"errors":0,
//     "dropped":0}                                              readings the ball says it lost; null when it is gone
//   {"event":"left"}
//
// With --reports it ends after that many from one ball, else it goes on until it is killed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

#include "hw/link/link.hpp"
#include "hw/protocol/codec.hpp"
#include "hw/protocol/protocol.hpp"
#include "hw/usb/usb_bus.hpp"

namespace knead::hw {
namespace {

using namespace std::chrono_literals;

struct Left {
  BallId id{};
};
/// The stream has something to tell the main thread.
struct Progress {};
using Happening = std::variant<BallInfo, Left, Progress>;

/// What happens on the sampling thread, for the main thread.
class Happenings final : public BusEvents {
 public:
  void on_arrived(BallInfo ball) override { push(std::move(ball)); }
  void on_left(BallId ball) override { push(Left{ball}); }
  void push(Happening what) {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(what));
    changed_.notify_one();
  }
  Happening pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !queue_.empty(); });
    Happening first = std::move(queue_.front());
    queue_.pop_front();
    return first;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Happening> queue_;
};

/// Counts what one ball says, on the sampling thread. It takes a lock now and then, which a sampler may not.
class Stream final : public ReportSink {
 public:
  Stream(std::string serial, std::optional<Level> vibrate, std::uint64_t wanted, Happenings& happenings)
      : serial_(std::move(serial)), vibrate_(vibrate), wanted_(wanted), happenings_(happenings) {}
  /// Before the link starts.
  void drive(Link& link) { link_ = &link; }

  void on_report(std::span<const std::byte> bytes, HostTime arrived) noexcept override {
    const auto report = protocol::decode_report(bytes);
    if (!report) {
      ++bad_;
      return;
    }
    // Unsigned, so that the difference holds where the 32-bit counter wraps.
    if (reports_ > 0) missing_ += report->seq - expected_;
    expected_ = report->seq + report->count;
    readings_ += report->count;
    if (reports_++ == 0) say(fmt::format(R"({{"event":"streaming","serial":"{}"}})", serial_));
    if (vibrate_) vibrate(*report, arrived);
    if (wanted_ != 0 && reports_ >= wanted_) happenings_.push(Progress{});
  }
  void on_transfer_error(HostTime) noexcept override { ++errors_; }
  void on_gone(HostTime) noexcept override {}

  [[nodiscard]] bool enough() const { return wanted_ != 0 && reports_ >= wanted_; }
  /// After the link is gone, when nothing is written any more.
  void say_end(std::optional<std::uint32_t> dropped) const {
    say(fmt::format(
        R"({{"event":"ended","serial":"{}","reports":{},"readings":{},"missing":{},"bad":{},"errors":{},"dropped":{}}})",
        serial_, reports_.load(), readings_.load(), missing_.load(), bad_.load(), errors_.load(),
        dropped ? fmt::to_string(*dropped) : "null"));
  }
  static void say(const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }

 private:
  /// The longest TTL there is, renewed at a third of it, as the interlock does.
  void vibrate(const protocol::Report& report, HostTime now) {
    constexpr std::chrono::milliseconds kRenewal{protocol::kMaxTtlMs / 3};
    if (commands_ == 0 || now - commanded_ >= kRenewal) {
      commanded_ = now;
      link_->submit({.level = *vibrate_, .frequency_hz = 38, .ttl_ms = protocol::kMaxTtlMs, .seq = ++commands_});
    }
    if (report.motor_level != 0 && !std::exchange(told_, true)) {
      say(fmt::format(R"({{"event":"vibrating","serial":"{}","level":{}}})", serial_, report.motor_level));
    }
  }

  std::string serial_;
  std::optional<Level> vibrate_;
  std::uint64_t wanted_;
  Happenings& happenings_;
  Link* link_ = nullptr;
  std::uint32_t expected_ = 0;
  std::uint32_t commands_ = 0;
  HostTime commanded_{};
  bool told_ = false;
  std::atomic<std::uint64_t> reports_{0};
  std::atomic<std::uint64_t> readings_{0};
  std::atomic<std::uint64_t> missing_{0};
  std::atomic<std::uint64_t> bad_{0};
  std::atomic<std::uint64_t> errors_{0};
};

/// Runs the bus's events until it goes out of scope.
class EventLoop {
 public:
  explicit EventLoop(Bus& bus)
      : bus_(bus), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) bus_.run_once(HostClock::now() + 100ms);
        }) {}
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() {
    thread_.request_stop();
    bus_.wake();
  }

 private:
  Bus& bus_;
  std::jthread thread_;
};

/// A ball that streams. The sink outlives the link.
struct Session {
  std::unique_ptr<Stream> stream;
  std::unique_ptr<Link> link;
};

class Probe {
 public:
  Probe(std::uint64_t reports, std::optional<Level> vibrate) : reports_(reports), vibrate_(vibrate) {}

  Result<> run() {
    auto bus = UsbBus::create();
    if (!bus) return std::unexpected(std::move(bus.error()));
    if (auto started = (*bus)->start(happenings_); !started) return started;
    const EventLoop loop(**bus);
    for (;;) {
      const Happening what = happenings_.pop();
      if (const auto* ball = std::get_if<BallInfo>(&what)) {
        if (auto begun = begin(**bus, *ball); !begun) return begun;
      } else if (const auto* left = std::get_if<Left>(&what)) {
        end(left->id);
        Stream::say(R"({"event":"left"})");
      }
      for (const auto& [id, session] : sessions_) {
        if (!session.stream->enough()) continue;
        end(id);
        // The other links end before the event loop does, which they need for their cancelled transfers.
        while (!sessions_.empty()) end(sessions_.begin()->first);
        return {};
      }
    }
  }

 private:
  Result<> begin(Bus& bus, const BallInfo& ball) {
    Stream::say(fmt::format(R"({{"event":"arrived","serial":"{}","path":"{}"}})", ball.serial, ball.path));
    if (ball.serial.empty()) return std::unexpected(ball.problem);
    auto link = bus.open(ball.id);
    if (!link) return std::unexpected(std::move(link.error()));
    auto& session = sessions_[ball.id];
    session.stream = std::make_unique<Stream>(ball.serial, vibrate_, reports_, happenings_);
    session.link = std::move(*link);
    session.stream->drive(*session.link);
    return session.link->start(*session.stream);
  }
  void end(BallId id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    const auto dropped = dropped_readings(*found->second.link);
    found->second.link.reset();
    found->second.stream->say_end(dropped);
    sessions_.erase(found);
  }

  static std::optional<std::uint32_t> dropped_readings(Link& link) {
    std::array<std::byte, protocol::kStatusSize> bytes{};
    const auto size = link.control_in(protocol::Request::kGetStatus, 0, bytes, 1s);
    if (!size) return std::nullopt;
    const auto status = protocol::decode_status(std::span(bytes).first(*size));
    return status ? std::optional(status->dropped_readings) : std::nullopt;
  }

  std::uint64_t reports_;
  std::optional<Level> vibrate_;
  Happenings happenings_;
  std::unordered_map<BallId, Session> sessions_;
};

int run(int argc, char** argv) {
  CLI::App app{"Streams from every ball that arrives, for the kernel lab"};
  std::uint64_t reports = 0;
  int level = 0;
  app.add_option("--reports", reports, "end after so many from one ball");
  app.add_option("--vibrate", level, "motor level, 1..255")->check(CLI::Range(1, 255));
  CLI11_PARSE(app, argc, argv);
  Probe probe(reports, level == 0 ? std::nullopt : std::optional(Level{static_cast<std::uint8_t>(level)}));
  if (const auto done = probe.run(); !done) {
    fmt::print(stderr, "usb_probe: {}\n", done.error().message());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace knead::hw

int main(int argc, char** argv) {
  try {
    return knead::hw::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "usb_probe: {}\n", error.what());
    return 1;
  }
}
