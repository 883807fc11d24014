// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/relaxation_of.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace knead::record {

Result<std::optional<session::Relaxation>> relaxation_of(const Store& store, const StoredSession& session) {
  session::RelaxationAccumulator accumulator;
  const session::RoutineCheck routine = session::check_routine(session.routine_source, {});
  const Newtons contact = routine.routine ? routine.routine->contact : session::Routine{}.contact;
  auto event = session.events.begin();
  std::optional<std::size_t> step;  // that is under way
  std::size_t next_step = 0;
  bool paused = false;
  const auto read = store.for_each_sample(session.facts.id, [&](const TimedSample& s) {
    for (; event != session.events.end() && event->t < s.t; ++event) {
      if (event->kind == "step_started") step = next_step++;
      if (event->kind == "step_ended") step.reset();
      if (event->kind == "paused") paused = true;
      if (event->kind == "resumed") paused = false;
      if (!step || paused) accumulator.interrupt();
    }
    if (step && !paused && *step < session.steps.size()) {
      accumulator.feed(s.t, s.sample, session.steps[*step].band, contact);
    }
  });
  if (!read) return std::unexpected(read.error());
  return accumulator.result();
}

std::string relaxation_text(const std::optional<session::Relaxation>& relaxation) {
  const std::string what =
      relaxation ? fmt::format("R60 {:.3f}, slope of ln F on ln t {:.3f}", relaxation->r60, relaxation->slope)
                 : std::string("no whole minute in contact with nothing lost");
  return fmt::format(
      "Relaxation  {} (experiment)\n"
      "            It would say something of tissue only if the ball had not moved; a hand cannot hold it so still.\n",
      what);
}

}  // namespace knead::record
