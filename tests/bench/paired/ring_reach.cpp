// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "daemon/core/sample_ring.hpp"
#include "tests/bench/paired/bare_send.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/forked_reader.hpp"

namespace knead::bench {
namespace {

/// As a plugin's process has the ring: a descriptor that cannot be written through, mapped read-only.
std::vector<double> push_to_seen(const Scheduling& scheduling) {
  auto ring = SampleRing::create(4096).value();
  const int descriptor = ring.read_only_descriptor().value();
  std::vector<double> times;
  {
    ForkedReader other(scheduling, [&](Turns& turns) {
      auto reader = RingReader::from_descriptor(descriptor).value();
      turns.set_ready();
      std::array<Sample, 1> out{};
      for (;;) {
        if (reader.read(out) > 0) turns.note();
      }
    });
    Sample sample;
    const auto push = [&] {
      ++sample.seq;
      ring.push(sample);
    };
    times = other.time_turns(kSends, push);
  }
  ::close(descriptor);
  return times;
}

}  // namespace

std::vector<Comparison> ring_reach(const Scheduling& scheduling) {
  constexpr std::size_t kSize = sizeof(ring_detail::Slot);
  return {{.name = "ring to a spinning process / bare send",
           .baseline = [scheduling] { return bare_send(scheduling, kSize, Waiting::kAsleep); },
           .subject = [scheduling] { return push_to_seen(scheduling); },
           .p50_bound = 1.0},
          {.name = "ring / bare send, both to a spinning process",
           .baseline = [scheduling] { return bare_send(scheduling, kSize, Waiting::kSpinning); },
           .subject = [scheduling] { return push_to_seen(scheduling); },
           .p50_bound = 1.0}};
}

}  // namespace knead::bench
