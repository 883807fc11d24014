// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/core/sample_ring.hpp"
#include "daemon/sampling/sampler.hpp"
#include "hw/protocol/codec.hpp"
#include "tests/bench/paired/socket_bus.hpp"

namespace knead::bench {

/// A single step is shorter than the clock can tell, so it is timed by the batch.
inline constexpr int kPerBatch = 500;

/// Nanoseconds of one @p step, for each of @p batches. @p prepare runs before each, outside the measurement.
template <class Step, class Prepare>
std::vector<double> time_batches(int batches, Step step, Prepare prepare) {
  std::vector<double> times;
  for (int batch = 0; batch < batches; ++batch) {
    prepare();
    const HostTime begin = HostClock::now();
    for (int i = 0; i < kPerBatch; ++i) step();
    times.push_back(static_cast<double>((HostClock::now() - begin).count()) / kPerBatch);
  }
  return times;
}

/// A sample's way through the daemon, from a report's bytes to the ring: decoded, calibrated, placed on the host's
/// clock, judged and pushed.
class SamplePath {
 public:
  explicit SamplePath(std::uint64_t ring_samples) : ring_(SampleRing::create(ring_samples).value()) {
    sampler_.attach(link_, {.calibrated = true, .point_b_raw = 50'000, .point_b_mn = 50'000});
  }
  [[nodiscard]] const SampleRing& ring() const noexcept { return ring_; }

  /// The reports of the next batch, as a ball has them ready.
  void prepare() {
    for (auto& packet : packets_) {
      ++seq_;
      size_ = protocol::encode_report({.count = 1,
                                       .seq = seq_,
                                       .time_us = seq_ * 1000,
                                       .period_us = 1000,
                                       .temperature_c = 25,
                                       .raw = {20'000 + static_cast<std::int32_t>(seq_ % 7)}},
                                      packet);
    }
    next_ = 0;
  }
  /// The next report arrives when the ball's clock says: a batch takes microseconds, its reports half a second, and
  /// clock sync would else have nothing to do but to begin anew.
  void step() { sampler_.on_report(std::span(packets_[next_++]).first(size_), began_ + ++since_); }

 private:
  SocketPair sockets_;
  SocketLink link_{sockets_.ends[0]};
  sampling::Controls controls_;
  SampleRing ring_;
  sampling::Sampler sampler_{controls_, ring_, sampling::Limits{}};
  std::array<std::array<std::byte, protocol::kPacketSize>, kPerBatch> packets_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
  std::uint32_t seq_ = 0;
  HostTime began_ = HostClock::now();
  std::chrono::milliseconds since_{};
};

}  // namespace knead::bench
