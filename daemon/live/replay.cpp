// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/replay.hpp"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <utility>

#include "daemon/core/sample_ring.hpp"
#include "daemon/host/find_plugin.hpp"
#include "daemon/host/plugin_process.hpp"
#include "daemon/live/conductor.hpp"
#include "daemon/live/plugin_again.hpp"
#include "daemon/live/plugin_facts.hpp"
#include "daemon/live/replay_compare.hpp"
#include "daemon/live/simulate.hpp"
#include "daemon/live/station.hpp"
#include "daemon/record/session_buffer.hpp"
#include "daemon/record/store.hpp"

namespace knead::live {

namespace {

/// What the replayed session would store.
class Rows final : public SessionObserver {
 public:
  void on_event(const session::Event& event) override { buffer_.add_event(event); }
  void end(const session::SessionReport& report) { buffer_.end(record::summary_of(report)); }
  [[nodiscard]] const record::PendingRows& rows() const { return buffer_.pending(); }

 private:
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  record::SessionBuffer buffer_{{}, {.block_bytes = kAll, .events = kAll, .inputs = kAll}};
};

std::unexpected<Error> refused(std::int64_t id, const std::string& why) {
  return fail(Errc::kRefused, fmt::format("session {} cannot be replayed: {}", id, why),
              "`knead show` and `knead export` show what is on record");
}

std::uint64_t ring_losses(const std::vector<session::Input>& inputs) {
  std::uint64_t lost = 0;
  for (const session::Input& input : inputs) {
    if (const auto* ring = std::get_if<session::input::RingLost>(&input.what)) lost += ring->count;
  }
  return lost;
}

/// Whether the record holds everything that the session had.
Result<> check_record(const record::StoredSession& session, const record::StoredInputs& stored, bool plugin) {
  const std::int64_t id = session.facts.id;
  if (!session.facts.outcome) {
    return fail(Errc::kBusy, fmt::format("session {} still runs", id), "replay it when it has ended");
  }
  if (!stored.kept) return refused(id, "it was recorded before Knead kept what enters a session besides its samples");
  std::uint64_t lost = 0;
  for (const record::Gap& gap : session.gaps) {
    if (gap.kind == record::GapKind::kWrite || gap.kind == record::GapKind::kEvent) {
      return refused(id, fmt::format("its record misses {} {}, which could not be written", gap.count,
                                     gap.kind == record::GapKind::kWrite ? "samples" : "events or inputs"));
    }
    if (gap.kind == record::GapKind::kRing) lost += gap.count;
  }
  // The recorder reads behind the session: it lost what the session did, and perhaps more.
  const std::uint64_t by_session = ring_losses(stored.inputs);
  if (lost > by_session) {
    return refused(id, fmt::format("its record misses {} samples that the session had", lost - by_session));
  }
  if (plugin && by_session > 0) {
    return refused(id,
                   "samples were overwritten before the session read them, and nobody knows which of them its "
                   "plugin saw; without --plugin it can be");
  }
  return {};
}

Result<session::Routine> routine_of(const record::StoredSession& session) {
  session::RoutineCheck check = session::check_routine(session.routine_source, {});
  if (check.routine) return *std::move(check.routine);
  return std::unexpected(first_error(check.findings, fmt::format("the routine of session {}", session.facts.id)));
}

class Replay {
 public:
  Replay(const record::StoredSession& session, const record::StoredInputs& stored, session::Routine routine)
      : session_(session), stored_(stored), routine_(std::move(routine)) {
    result_.whole = session_.facts.outcome != record::kInterrupted;
    result_.recorded_plugin = stored_.plugin;
  }

  Result<> launch_plugin(const std::vector<std::string>& folders) {
    if (!routine_.activation) return {};
    auto file = host::find_plugin(routine_.activation->plugin, folders);
    if (!file) return std::unexpected(std::move(file.error()));
    auto program = host::find_host_program();
    if (!program) return std::unexpected(std::move(program.error()));
    // As long as it was: a plugin that leaves samples unread loses the same ones.
    const std::uint64_t seconds = session_.facts.origin == record::to_string(record::Origin::kSimulation)
                                      ? kSimulatedRingSeconds
                                      : Station::kRingSeconds;
    auto ring = SampleRing::create(seconds * static_cast<std::uint64_t>(session_.facts.rate_hz));
    if (!ring) return std::unexpected(std::move(ring.error()));
    ring_.emplace(std::move(*ring));
    auto ring_fd = ring_->read_only_descriptor();
    if (!ring_fd) return std::unexpected(std::move(ring_fd.error()));
    auto process = host::PluginProcess::launch({.plugin_file = std::move(*file),
                                                .host_program = std::move(*program),
                                                .activation = *routine_.activation,
                                                .side = side(),
                                                .ring_fd = *ring_fd,
                                                .state = stored_.plugin_state});
    if (!process) return std::unexpected(std::move(process.error()));
    process_ = std::move(*process);
    plugin_ = std::make_unique<PluginAgain>(*process_, stored_.inputs);
    result_.plugin = identity_of(*process_);
    return {};
  }

  Result<ReplayResult> run(const record::Store& store) {
    Conductor conductor(routine_, {.side = side(), .band = stored_.band, .soft_cap = stored_.soft_cap}, plugin_.get(),
                        {&rows_});
    const auto read = store.for_each_sample(session_.facts.id, [&](const record::TimedSample& s) {
      enter_due(conductor);
      if (ring_) ring_->push(s.sample);
      conductor.on_sample(result_.samples++, s.sample);
    });
    if (!read) return std::unexpected(read.error());
    enter_due(conductor);
    finish(conductor.report());
    return std::move(result_);
  }

 private:
  [[nodiscard]] session::Side side() const {
    return session::side_from(session_.facts.side).value_or(session::Side::kRight);
  }

  void note(std::optional<Difference> difference) {
    if (!result_.difference) result_.difference = std::move(difference);
  }

  void enter_due(Conductor& conductor) {
    const auto& inputs = stored_.inputs;
    for (; result_.inputs < inputs.size() && inputs[result_.inputs].samples <= result_.samples; ++result_.inputs) {
      const session::Input& input = inputs[result_.inputs];
      if (plugin_) {
        if (const auto* acted = std::get_if<session::input::PluginActed>(&input.what)) note(plugin_->meet(*acted));
        if (std::holds_alternative<session::input::PluginFailed>(input.what)) plugin_->end();
      }
      // Where the plugin differed this is told already; what it did then carries the rest to its end.
      static_cast<void>(conductor.enter(input));
    }
  }

  void finish(const session::SessionReport& report) {
    if (plugin_) note(plugin_->rest(result_.whole));
    if (result_.whole && result_.samples != session_.facts.samples) {
      note(Difference{"the samples", fmt::format("{} were recorded", session_.facts.samples),
                      fmt::format("{} are there", result_.samples)});
    }
    if (result_.whole) {
      if (result_.inputs < stored_.inputs.size()) {
        note(Difference{fmt::format("input {}", result_.inputs + 1),
                        fmt::format("{} after {} samples", session::kind_of(stored_.inputs[result_.inputs]),
                                    stored_.inputs[result_.inputs].samples),
                        fmt::format("there are only {} samples", result_.samples)});
      }
      rows_.end(report);
    }
    note(first_difference(session_, rows_.rows(), report, result_.whole));
    result_.events = std::min(session_.events.size(), rows_.rows().events.size());
    result_.reps = std::min(session_.reps.size(), rows_.rows().reps.size());
    result_.measures = std::min(session_.measures.size(), rows_.rows().measures.size());
  }

  const record::StoredSession& session_;
  const record::StoredInputs& stored_;
  session::Routine routine_;
  Rows rows_;
  std::optional<SampleRing> ring_;
  std::unique_ptr<host::PluginProcess> process_;
  std::unique_ptr<PluginAgain> plugin_;
  ReplayResult result_;
};

}  // namespace

Result<ReplayResult> replay(const ReplayOptions& options) {
  auto store = record::Store::open_read_only(options.database);
  if (!store) return std::unexpected(std::move(store.error()));
  const auto session = store->load_session(options.id);
  if (!session) return std::unexpected(session.error());
  const auto stored = store->load_inputs(options.id);
  if (!stored) return std::unexpected(stored.error());
  if (auto fit = check_record(*session, *stored, options.plugin); !fit) return std::unexpected(std::move(fit.error()));
  auto routine = routine_of(*session);
  if (!routine) return std::unexpected(std::move(routine.error()));

  Replay again(*session, *stored, std::move(*routine));
  if (options.plugin) {
    if (auto launched = again.launch_plugin(options.plugin_folders); !launched) {
      return std::unexpected(std::move(launched.error()));
    }
  }
  return again.run(*store);
}

}  // namespace knead::live
