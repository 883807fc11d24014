// SPDX-License-Identifier: Apache-2.0
// One session step. Not on the sampling path: it may allocate when something happens, not for each sample.
#include <benchmark/benchmark.h>

#include "daemon/session/session.hpp"
#include "tests/bench/allocations.hpp"

namespace knead::session {
namespace {

using namespace std::chrono_literals;

Routine routine() {
  Routine r;
  r.id = "bench";
  r.method = Method::kCustom;
  r.release.push_back({.muscle = "upper_trapezius", .credit = 1h, .max_elapsed = 2h, .band = {}, .vibration = {}});
  return r;
}

void BM_SessionStepInBand(benchmark::State& state) {
  Session session(routine(), {});
  Sample sample{.force = Newtons{20}};
  SessionTime t{};
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    t += 1ms;
    sample.device_time += 1ms;
    session.on_sample(t, sample);
    benchmark::DoNotOptimize(session.take_events());
    benchmark::DoNotOptimize(session.motor_request());
  }
}
// As long as the longest session: 240 s at 1 kHz.
BENCHMARK(BM_SessionStepInBand)->Iterations(240'000);

}  // namespace
}  // namespace knead::session
