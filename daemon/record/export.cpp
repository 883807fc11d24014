// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/export.hpp"

#include <algorithm>
#include <array>

#include "daemon/record/export_flow.hpp"
#include "daemon/record/table.hpp"
#include "daemon/session/input_json.hpp"

namespace knead::record {

namespace {

/// A sample and what of its session is needed to show it.
struct SampleRow {
  const TimedSample* at;
  std::int64_t contact_area_mm2;
};

Cell seconds(std::chrono::microseconds d) { return to_seconds(d); }
Cell seconds(SessionTime t) { return to_seconds(t.time_since_epoch()); }
Cell text(const std::string& s) { return std::string_view(s); }
Cell number(std::integral auto n) { return std::int64_t{n}; }
Cell seconds(const std::optional<std::chrono::microseconds>& d) { return d ? seconds(*d) : Cell(); }
Cell maybe_text(const std::optional<std::string>& s) { return s ? text(*s) : Cell(); }

Cell pressure_kpa(const SampleRow& r) {
  if (r.contact_area_mm2 == 0) return {};
  return 1000.0 * r.at->sample.force.value / static_cast<double>(r.contact_area_mm2);  // N/mm2 is MPa
}

constexpr std::array<Column<SampleRow>, 10> kSampleColumns{{
    {"t_s", [](const SampleRow& r) { return seconds(r.at->t); }},
    {"seq", [](const SampleRow& r) { return Cell(r.at->sample.seq); }},
    {"device_us", [](const SampleRow& r) { return number(r.at->sample.device_time.time_since_epoch().count()); }},
    {"host_ns", [](const SampleRow& r) { return number(r.at->sample.host_time.time_since_epoch().count()); }},
    {"raw", [](const SampleRow& r) { return number(r.at->sample.raw); }},
    {"force_n",
     [](const SampleRow& r) {
       // Without a calibration there is no force, and a zero would look like one.
       return has(r.at->sample.quality, Quality::kUncalibrated) ? Cell() : Cell(r.at->sample.force.value);
     }},
    {"pressure_kpa",
     [](const SampleRow& r) { return has(r.at->sample.quality, Quality::kUncalibrated) ? Cell() : pressure_kpa(r); }},
    {"motor_level", [](const SampleRow& r) { return number(int{r.at->sample.motor.value}); }},
    {"quality", [](const SampleRow& r) { return number(static_cast<std::uint32_t>(r.at->sample.quality)); }},
    {"button", [](const SampleRow& r) { return Cell(has(r.at->sample.quality, Quality::kButton)); }},
}};

constexpr std::array<Column<StoredEvent>, 3> kEventColumns{{
    {"t_s", [](const StoredEvent& e) { return seconds(e.t); }},
    {"kind", [](const StoredEvent& e) { return text(e.kind); }},
    {"json", [](const StoredEvent& e) { return Cell(Json{e.json}); }},
}};

constexpr std::array<Column<session::Rep>, 7> kRepColumns{{
    {"n", [](const session::Rep& r) { return number(r.n); }},
    {"start_s", [](const session::Rep& r) { return seconds(r.start); }},
    {"duration_s", [](const session::Rep& r) { return seconds(r.duration); }},
    {"peak_n", [](const session::Rep& r) { return Cell(r.peak.value); }},
    {"mean_n", [](const session::Rep& r) { return Cell(r.mean.value); }},
    {"impulse_ns", [](const session::Rep& r) { return Cell(r.impulse_ns); }},
    {"too_hard", [](const session::Rep& r) { return Cell(r.too_hard); }},
}};

constexpr std::array<Column<SessionFacts>, 25> kFactColumns{{
    {"id", [](const SessionFacts& f) { return number(f.id); }},
    {"started_at", [](const SessionFacts& f) { return text(f.started_at); }},
    {"started_unix_us", [](const SessionFacts& f) { return number(f.started_unix_us); }},
    {"profile", [](const SessionFacts& f) { return text(f.profile); }},
    {"origin", [](const SessionFacts& f) { return text(f.origin); }},
    {"routine", [](const SessionFacts& f) { return text(f.routine); }},
    {"title", [](const SessionFacts& f) { return text(f.title); }},
    {"method", [](const SessionFacts& f) { return text(f.method); }},
    {"side", [](const SessionFacts& f) { return text(f.side); }},
    {"outcome", [](const SessionFacts& f) { return maybe_text(f.outcome); }},
    {"reason", [](const SessionFacts& f) { return text(f.reason); }},
    {"elapsed_s", [](const SessionFacts& f) { return seconds(f.elapsed); }},
    {"credited_s", [](const SessionFacts& f) { return seconds(f.credited); }},
    {"reps", [](const SessionFacts& f) { return number(f.reps); }},
    {"target_reps", [](const SessionFacts& f) { return number(f.target_reps); }},
    {"activation_completed", [](const SessionFacts& f) { return Cell(f.activation_completed); }},
    {"nrs_before", [](const SessionFacts& f) { return maybe(f.nrs_before); }},
    {"nrs_after", [](const SessionFacts& f) { return maybe(f.nrs_after); }},
    {"ball_serial", [](const SessionFacts& f) { return text(f.ball_serial); }},
    {"rate_hz", [](const SessionFacts& f) { return number(f.rate_hz); }},
    {"contact_area_mm2",
     [](const SessionFacts& f) { return f.contact_area_mm2 == 0 ? Cell() : number(f.contact_area_mm2); }},
    {"knead_version", [](const SessionFacts& f) { return text(f.knead_version); }},
    {"samples", [](const SessionFacts& f) { return Cell(f.samples); }},
    {"lost", [](const SessionFacts& f) { return Cell(f.lost); }},
    {"write_failures", [](const SessionFacts& f) { return Cell(f.write_failures); }},
}};

constexpr std::array<Column<protocol::Calibration>, 7> kCalibrationColumns{{
    {"calibrated", [](const protocol::Calibration& c) { return Cell(c.calibrated); }},
    {"point_a_raw", [](const protocol::Calibration& c) { return number(c.point_a_raw); }},
    {"point_a_mn", [](const protocol::Calibration& c) { return number(c.point_a_mn); }},
    {"point_b_raw", [](const protocol::Calibration& c) { return number(c.point_b_raw); }},
    {"point_b_mn", [](const protocol::Calibration& c) { return number(c.point_b_mn); }},
    {"tare_raw", [](const protocol::Calibration& c) { return number(c.tare_raw); }},
    {"reference_raw", [](const protocol::Calibration& c) { return number(c.reference_raw); }},
}};

constexpr std::array<Column<StoredStep>, 10> kStepColumns{{
    {"n", [](const StoredStep& s) { return number(s.n); }},
    {"muscle", [](const StoredStep& s) { return text(s.muscle); }},
    {"side", [](const StoredStep& s) { return text(s.side); }},
    {"target_s", [](const StoredStep& s) { return seconds(s.target); }},
    {"band_lo_n", [](const StoredStep& s) { return Cell(s.band.lo.value); }},
    {"band_hi_n", [](const StoredStep& s) { return Cell(s.band.hi.value); }},
    {"hysteresis_n", [](const StoredStep& s) { return Cell(s.band.hysteresis.value); }},
    {"completed", [](const StoredStep& s) { return maybe(s.completed); }},
    {"credited_s", [](const StoredStep& s) { return seconds(s.credited); }},
    {"elapsed_s", [](const StoredStep& s) { return seconds(s.elapsed); }},
}};

constexpr std::array<Column<StoredMeasure>, 5> kMeasureColumns{{
    {"name", [](const StoredMeasure& m) { return text(m.name); }},
    {"value", [](const StoredMeasure& m) { return maybe(m.value); }},
    {"unit", [](const StoredMeasure& m) { return text(m.unit); }},
    {"source", [](const StoredMeasure& m) { return text(m.source); }},
    {"text", [](const StoredMeasure& m) { return text(m.text); }},
}};

constexpr std::array<Column<Gap>, 3> kGapColumns{{
    {"t_s", [](const Gap& g) { return seconds(g.t); }},
    {"kind", [](const Gap& g) { return Cell(to_string(g.kind)); }},
    {"count", [](const Gap& g) { return Cell(g.count); }},
}};

constexpr std::array<Column<StoredInput>, 3> kInputColumns{{
    {"samples", [](const StoredInput& i) { return Cell(i.samples); }},
    {"kind", [](const StoredInput& i) { return text(i.kind); }},
    {"json", [](const StoredInput& i) { return Cell(Json{i.json}); }},
}};

constexpr std::array<Column<session::Band>, 3> kBandColumns{{
    {"lo_n", [](const session::Band& b) { return Cell(b.lo.value); }},
    {"hi_n", [](const session::Band& b) { return Cell(b.hi.value); }},
    {"hysteresis_n", [](const session::Band& b) { return Cell(b.hysteresis.value); }},
}};

constexpr std::array<Column<PluginIdentity>, 3> kPluginColumns{{
    {"file", [](const PluginIdentity& p) { return text(p.file); }},
    {"id", [](const PluginIdentity& p) { return text(p.id); }},
    {"version", [](const PluginIdentity& p) { return text(p.version); }},
}};

std::vector<StoredInput> rows_of(const std::vector<session::Input>& inputs) {
  std::vector<StoredInput> rows;
  rows.reserve(inputs.size());
  for (const session::Input& i : inputs) {
    rows.push_back({i.samples, std::string(session::kind_of(i)), session::input_json(i)});
  }
  return rows;
}

template <class Row, std::size_t kCount>
std::span<const Column<Row>> all(const std::array<Column<Row>, kCount>& columns) {
  return columns;
}

/// ,"name":[{...},...]
template <class Row, std::size_t kCount>
void append_objects(fmt::memory_buffer& out, std::string_view name, const std::array<Column<Row>, kCount>& columns,
                    const std::vector<Row>& rows) {
  fmt::format_to(std::back_inserter(out), ",\n\"{}\":[", name);
  std::string_view open = "{";
  for (const Row& row : rows) {
    append(out, open);
    append_json_members(out, all(columns), row);
    append(out, "}");
    open = ",\n{";
  }
  append(out, "]");
}

/// The session's object up to, and without, its closing brace.
void append_session(fmt::memory_buffer& out, const StoredSession& session) {
  append(out, "{\"session\":{");
  append_json_members(out, all(kFactColumns), session.facts);
  append(out, "},\n\"routine_source\":");
  append_json(out, text(session.routine_source));
  append(out, ",\n\"config\":");
  append_json(out, text(session.config));
  append_objects(out, "calibrations", kCalibrationColumns, session.calibrations);
  append_objects(out, "steps", kStepColumns, session.steps);
  append_objects(out, "reps", kRepColumns, session.reps);
  append_objects(out, "measures", kMeasureColumns, session.measures);
  append_objects(out, "gaps", kGapColumns, session.gaps);
  append(out, ",\n\"events\":[");
  std::string_view comma;
  for (const StoredEvent& event : session.events) {
    append(out, comma);
    append_json(out, Cell(Json{event.json}));
    comma = ",\n";
  }
  append(out, "]");
}

/// "name":{...}, or null
template <class Row, std::size_t kCount>
void append_maybe(fmt::memory_buffer& out, std::string_view name, const std::array<Column<Row>, kCount>& columns,
                  const std::optional<Row>& row) {
  fmt::format_to(std::back_inserter(out), "\"{}\":", name);
  if (!row) return append(out, "null");
  append(out, "{");
  append_json_members(out, all(columns), *row);
  append(out, "}");
}

void append_inputs(fmt::memory_buffer& out, const StoredInputs& inputs) {
  fmt::format_to(std::back_inserter(out), ",\n\"inputs\":{{\"kept\":{},", inputs.kept);
  append_maybe(out, "own_band", kBandColumns, inputs.band);
  append(out, ",\"own_soft_cap_n\":");
  append_json(out, inputs.soft_cap ? Cell(inputs.soft_cap->value) : Cell());
  append(out, ",");
  append_maybe(out, "plugin", kPluginColumns, inputs.plugin);
  append(out, ",\"plugin_state_hex\":\"");
  for (const char byte : inputs.plugin_state) {
    fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(byte));
  }
  append(out, "\"");
  append_objects(out, "rows", kInputColumns, rows_of(inputs.inputs));
  append(out, "}");
}

template <class Row, std::size_t kCount>
Result<> write_csv(std::ostream& out, const std::array<Column<Row>, kCount>& columns, const std::vector<Row>& rows) {
  fmt::memory_buffer buffer;
  append_csv_header(buffer, all(columns));
  for (const Row& row : rows) append_csv_row(buffer, all(columns), row);
  return flow(buffer, out);
}

Result<> write_sample_csv(const Store& store, const SessionFacts& facts, std::ostream& out) {
  fmt::memory_buffer buffer;
  append_csv_header(buffer, all(kSampleColumns));
  if (auto written = flow(buffer, out); !written) return written;
  return store.for_each_block(facts.id, [&](std::span<const TimedSample> samples) {
    for (const TimedSample& s : samples) {
      append_csv_row(buffer, all(kSampleColumns), SampleRow{&s, facts.contact_area_mm2});
    }
    return flow(buffer, out);
  });
}

}  // namespace

std::span<const std::string_view> csv_table_names() noexcept {
  // The order of CsvTable.
  static constexpr std::array<std::string_view, 9> kNames{"samples", "events", "reps",         "steps",  "measures",
                                                          "gaps",    "inputs", "calibrations", "session"};
  return kNames;
}

std::optional<CsvTable> csv_table_from(std::string_view name) noexcept {
  const auto names = csv_table_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<CsvTable>(found - names.begin());
}

Result<> export_csv(const Store& store, std::int64_t id, CsvTable what, std::ostream& out) {
  const auto session = store.load_session(id);
  if (!session) return std::unexpected(session.error());
  switch (what) {
    case CsvTable::kSamples:
      return write_sample_csv(store, session->facts, out);
    case CsvTable::kEvents:
      return write_csv(out, kEventColumns, session->events);
    case CsvTable::kReps:
      return write_csv(out, kRepColumns, session->reps);
    case CsvTable::kSteps:
      return write_csv(out, kStepColumns, session->steps);
    case CsvTable::kMeasures:
      return write_csv(out, kMeasureColumns, session->measures);
    case CsvTable::kGaps:
      return write_csv(out, kGapColumns, session->gaps);
    case CsvTable::kInputs: {
      const auto inputs = store.load_inputs(id);
      if (!inputs) return std::unexpected(inputs.error());
      return write_csv(out, kInputColumns, rows_of(inputs->inputs));
    }
    case CsvTable::kCalibrations:
      return write_csv(out, kCalibrationColumns, session->calibrations);
    case CsvTable::kSession:
      return write_csv(out, kFactColumns, std::vector{session->facts});
  }
  return {};
}

Result<> export_json(const Store& store, std::int64_t id, std::ostream& out) {
  const auto session = store.load_session(id);
  if (!session) return std::unexpected(session.error());
  const auto inputs = store.load_inputs(id);
  if (!inputs) return std::unexpected(inputs.error());
  fmt::memory_buffer buffer;
  append_session(buffer, *session);
  append_inputs(buffer, *inputs);
  append(buffer, ",\n\"samples\":{\"columns\":");
  std::string_view comma = "[";
  for (const Column<SampleRow>& column : kSampleColumns) {
    append(buffer, comma);
    append_json(buffer, Cell(column.name));
    comma = ",";
  }
  append(buffer, "],\n\"rows\":[");
  if (auto written = flow(buffer, out); !written) return written;

  comma = "\n";
  const auto rows = store.for_each_block(id, [&](std::span<const TimedSample> samples) {
    for (const TimedSample& s : samples) {
      append(buffer, comma);
      append_json_tuple(buffer, all(kSampleColumns), SampleRow{&s, session->facts.contact_area_mm2});
      comma = ",\n";
    }
    return flow(buffer, out);
  });
  if (!rows) return rows;
  append(buffer, "]}}\n");
  return flow(buffer, out);
}

std::string to_json(const StoredSession& session) {
  fmt::memory_buffer buffer;
  append_session(buffer, session);
  append(buffer, "}\n");
  return fmt::to_string(buffer);
}

std::string to_json(std::span<const SessionFacts> sessions) {
  fmt::memory_buffer buffer;
  std::string_view open = "[{";
  for (const SessionFacts& facts : sessions) {
    append(buffer, open);
    append_json_members(buffer, all(kFactColumns), facts);
    append(buffer, "}");
    open = ",\n{";
  }
  append(buffer, sessions.empty() ? "[]\n" : "]\n");
  return fmt::to_string(buffer);
}

}  // namespace knead::record
