// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/core/sample_ring.hpp"
#include "daemon/live/station.hpp"
#include "daemon/sampling/sampling_thread.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/socket_bus.hpp"

namespace knead::bench {

/// The daemon's sampling thread, sampler and interlock with a ball at the other end of a socket pair.
class SamplingRig {
 public:
  explicit SamplingRig(const Scheduling& scheduling)
      : thread_(bus_, {.priority = scheduling.priority, .cpu = scheduling.cpu}) {
    sampler_.attach(bus_.link(), {.calibrated = true, .point_b_raw = 50'000, .point_b_mn = 50'000});
    static_cast<void>(bus_.link().start(sampler_));
    static_cast<void>(thread_.add(sampler_));
  }
  ~SamplingRig() { thread_.remove(sampler_); }
  SamplingRig(const SamplingRig&) = delete;
  SamplingRig& operator=(const SamplingRig&) = delete;

  /// The ball's end.
  [[nodiscard]] int ball() const noexcept { return sockets_.ends[1]; }
  void send_report(bool wish) {
    make_report(wish);
    send_made();
  }
  /// The next report, as a ball has it ready. With @p wish the motor's frequency differs from the last one's, so that a
  /// command follows.
  void make_report(bool wish) {
    ++seq_;
    if (wish) {
      controls_.set_request({.level = Level{100},
                             .frequency_hz = static_cast<std::uint16_t>(seq_ % 2 == 0 ? 38 : 39),
                             .expires = HostClock::now() + std::chrono::milliseconds(200)});
    }
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(HostClock::now() - start_).count();
    const protocol::Report report{.count = 1,
                                  .seq = seq_,
                                  .time_us = static_cast<std::uint32_t>(now),
                                  .period_us = 1'000'000 / kRateHz,
                                  .temperature_c = 25,
                                  .raw = {20'000 + static_cast<std::int32_t>(seq_ % 7)}};
    size_ = protocol::encode_report(report, bytes_);
  }
  void send_made() { static_cast<void>(::send(ball(), bytes_.data(), size_, 0)); }

 private:
  static constexpr std::uint64_t kRateHz = 1000;
  SocketPair sockets_;
  SocketBus bus_{sockets_.ends[0]};
  sampling::Controls controls_;
  SampleRing ring_ = SampleRing::create(live::Station::kRingSeconds * kRateHz).value();
  sampling::Sampler sampler_{controls_, ring_, sampling::Limits{}};
  HostTime start_ = HostClock::now();
  std::uint32_t seq_ = 0;
  std::array<std::byte, protocol::kPacketSize> bytes_{};
  std::size_t size_ = 0;
  sampling::SamplingThread thread_;
};

}  // namespace knead::bench
