// SPDX-License-Identifier: Apache-2.0
// What is compared with what. Each function gives rows for one table.
#pragma once

#include <vector>

#include "tests/bench/paired/rounds.hpp"
#include "tests/bench/paired/scheduling.hpp"

namespace knead::bench {

/// A report's arrival to the motor command it causes, through the daemon's own sampling thread on a socket pair,
/// against a thread that receives and sends back on the same. @p load names the machine's other work in the row.
std::vector<Comparison> reaction(const Scheduling& scheduling, const char* load);
/// One sample's way, and the ring, against the least that could do.
std::vector<Comparison> steps();
/// How late the loop wakes for a ball of 1 kHz, against cyclictest. Empty where that is not installed.
std::vector<Comparison> jitter(const Scheduling& scheduling);
/// A client's stop, from the socket's write to the ball's STOP, against a ping-pong over a socket pair.
std::vector<Comparison> client_stop();
/// A live line, from the main thread's composing it to another process's having received it, against a bare send.
std::vector<Comparison> live_line(const Scheduling& scheduling);
/// From a sample's arrival to the live line that shows it: 20 lines a second by design. Compared with nothing.
std::vector<Comparison> live_delay();
/// From the ring's push to another process's having read the sample, against a bare send.
std::vector<Comparison> ring_reach(const Scheduling& scheduling);
/// A tick to a plugin and its cue back, against a ping-pong between two processes; and what a plugin that reads every
/// sample costs whoever writes them.
std::vector<Comparison> plugin(const Scheduling& scheduling);
/// Processor time of the sampling thread at 1 kHz, against a loop that only wakes as often: as it is most of the day,
/// when the processors may sleep, which makes each wake three times as dear; and as it is while a session keeps them
/// from it. The caller holds sampling::CpuLatencyHold for the second, and must not for the first.
std::vector<Comparison> processor_time_between_sessions(const Scheduling& scheduling);
std::vector<Comparison> processor_time_in_a_session(const Scheduling& scheduling);

}  // namespace knead::bench
