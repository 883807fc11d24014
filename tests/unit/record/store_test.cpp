// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <unistd.h>

#include <fstream>
#include <limits>

#include "daemon/record/schema.hpp"
#include "daemon/record/session_writer.hpp"
#include "daemon/session/event_json.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record {
namespace {

using test::expect_same;
using test::open_store;
using test::samples_of;
using test::TempFolder;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

std::int64_t write_session(Store& store, std::span<const TimedSample> samples, bool end = true) {
  auto writer = SessionWriter::begin(store, test::header());
  if (!writer) throw std::runtime_error(writer.error().message());
  for (const TimedSample& s : samples) EXPECT_TRUE(writer->add_sample(s.t, s.sample));
  if (end) {
    EXPECT_TRUE(writer->end(test::summary()));
  }
  return writer->id();
}

TEST(Store, GivesBackEverySampleAfterReopening) {
  const TempFolder folder;
  const auto samples = test::rough_ride(12'345, 11);
  std::int64_t id = 0;
  {
    Store store = open_store(folder.file("knead.db"));
    id = write_session(store, samples);
  }
  const auto store = Store::open_read_only(folder.file("knead.db"));
  ASSERT_TRUE(store) << store.error().message();
  expect_same(samples_of(*store, id), samples);
}

TEST(Store, GivesBackRandomSessionsOfEveryLength) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const auto samples = test::rough_ride(std::size_t{seed} * 37, seed);
    const std::int64_t id = write_session(store, samples);
    ASSERT_NO_FATAL_FAILURE(expect_same(samples_of(store, id), samples)) << "seed " << seed;
  }
}

TEST(Store, AccountsForEveryLostSample) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto samples = test::rough_ride(10'000, 12);
  std::uint64_t lost = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (has(samples[i].sample.quality, Quality::kReanchored)) continue;
    lost += samples[i].sample.seq - samples[i - 1].sample.seq - 1;
  }
  ASSERT_GT(lost, 0U);
  const auto session = store.load_session(write_session(store, samples));
  ASSERT_TRUE(session);
  std::uint64_t in_gaps = 0;
  for (const Gap& gap : session->gaps) in_gaps += gap.count;
  EXPECT_EQ(in_gaps, lost);
  EXPECT_EQ(session->facts.lost, lost);
  EXPECT_EQ(session->facts.samples, samples.size());
}

TEST(Store, KeepsWhatWasInForceAndWhatCameOut) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto session = store.load_session(write_session(store, test::rough_ride(10, 1)));
  ASSERT_TRUE(session) << session.error().message();
  const SessionFacts& f = session->facts;
  EXPECT_EQ(f.started_at, "2025-03-01T07:15:00.000250Z");
  EXPECT_EQ(f.started_unix_us, 1'740'813'300'000'250);
  EXPECT_EQ(f.profile, "anna");
  EXPECT_EQ(f.origin, "ball");
  EXPECT_EQ(f.routine, "upper-trap");
  EXPECT_EQ(f.side, "left");
  EXPECT_EQ(f.outcome, "completed");
  EXPECT_EQ(f.reason, "all done");
  EXPECT_EQ(f.elapsed, std::chrono::milliseconds(187'250));
  EXPECT_EQ(f.credited, std::chrono::seconds(90));
  EXPECT_EQ(f.target_reps, 8);
  EXPECT_EQ(f.nrs_before, 4);
  EXPECT_EQ(f.nrs_after, std::nullopt);
  EXPECT_TRUE(f.activation_completed);
  EXPECT_EQ(session->routine_source, test::header().routine.source);
  EXPECT_EQ(session->config, test::header().config);
  EXPECT_THAT(session->calibrations, ElementsAre(test::calibration()));
  ASSERT_THAT(session->steps, SizeIs(1));
  EXPECT_EQ(session->steps[0].side, "left");
  EXPECT_EQ(session->steps[0].completed, true);
  EXPECT_EQ(session->measures.at(0).name, "time_in_band");
  EXPECT_EQ(session->measures.at(0).value, 88.73);
  EXPECT_EQ(session->measures.at(2).value, std::nullopt);
}

TEST(Store, KeepsEventsRepsAndAPluginsNumbers) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  auto writer = SessionWriter::begin(store, test::header());
  ASSERT_TRUE(writer);
  const auto t = [](int ms) { return SessionTime(std::chrono::milliseconds(ms)); };
  const session::Rep rep{.n = 1,
                         .start = t(1500),
                         .duration = std::chrono::milliseconds(4200),
                         .peak = {0.1 + 0.2},
                         .mean = {5.0 / 3.0},
                         .impulse_ns = 21.7,
                         .too_hard = true};
  const std::vector<session::Event> events{
      {t(0), session::event::SessionStarted{}},
      {t(900), session::event::Cued{{.text = "Press, \"gently\"\nand hold: ü"}, true}},
      {t(5700), session::event::RepDone{rep}},
      {t(5800), session::event::RepDone{rep}},  // the same number again: a plugin's numbers are its own
      {t(6000), session::event::Noted{"rom", 87.5, "deg", "left"}},
      {t(6001), session::event::Noted{"odd", std::numeric_limits<double>::quiet_NaN(), "", ""}},
  };
  for (const session::Event& e : events) ASSERT_TRUE(writer->add_event(e));
  ASSERT_TRUE(writer->end(test::summary()));

  const auto session = store.load_session(writer->id());
  ASSERT_TRUE(session);
  ASSERT_THAT(session->events, SizeIs(events.size()));
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(session->events[i].t, events[i].t);
    EXPECT_EQ(session->events[i].kind, session::kind_of(events[i]));
    EXPECT_EQ(session->events[i].json, session::serialize(session::to_json(events[i])));
  }
  EXPECT_THAT(session->reps, ElementsAre(rep, rep));
  EXPECT_EQ(session->facts.reps, 2);
  EXPECT_EQ(session->measures.at(0).name, "rom");
  EXPECT_EQ(session->measures.at(0).value, 87.5);
  EXPECT_EQ(session->measures.at(0).source, "plugin");
  EXPECT_EQ(session->measures.at(1).value, std::nullopt);
}

TEST(Store, ComputesForceWithTheCalibrationThatWasInForceThen) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  auto samples = test::rough_ride(3000, 13, false);
  protocol::Calibration later = test::calibration();
  later.tare_raw += 500;
  auto writer = SessionWriter::begin(store, test::header());
  ASSERT_TRUE(writer);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i == 1700) {
      ASSERT_TRUE(writer->set_calibration(later));
    }
    if (i >= 1700) samples[i].sample.force = later.force(samples[i].sample.raw);
    ASSERT_TRUE(writer->add_sample(samples[i].t, samples[i].sample));
  }
  ASSERT_TRUE(writer->end(test::summary()));
  expect_same(samples_of(store, writer->id()), samples);
}

TEST(Store, CallsASessionThatNobodyEndedInterrupted) {
  const TempFolder folder;
  const auto samples = test::rough_ride(120'000, 14);
  std::int64_t id = 0;
  {
    Store store = open_store(folder.file("knead.db"));
    id = write_session(store, samples, false);
    EXPECT_EQ(store.load_session(id)->facts.outcome, std::nullopt) << "while it runs it has none";
  }
  Store store = open_store(folder.file("knead.db"));
  EXPECT_THAT(store.interrupted(), ElementsAre(id));
  const auto session = store.load_session(id);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->facts.outcome, "interrupted");
  const auto kept = samples_of(store, id);
  ASSERT_GT(kept.size(), 60'000U) << "a minute was written while it ran";
  EXPECT_EQ(session->facts.samples, kept.size());
  EXPECT_EQ(session->facts.elapsed, kept.back().t.time_since_epoch());
  EXPECT_FALSE(session->steps.at(0).completed.has_value());
  expect_same(kept, std::span(samples).first(kept.size()));
}

TEST(Store, ListsTheNewestSessionsFirst) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  for (int i = 0; i < 5; ++i) write_session(store, test::rough_ride(10, 1));
  const auto sessions = store.list_sessions(3);
  ASSERT_TRUE(sessions);
  EXPECT_THAT(*sessions,
              ElementsAre(Field(&SessionFacts::id, 5), Field(&SessionFacts::id, 4), Field(&SessionFacts::id, 3)));
  EXPECT_EQ(store.load_session(99).error().code, Errc::kNotFound);
  EXPECT_EQ(store.for_each_sample(99, [](const TimedSample&) {}).error().code, Errc::kNotFound);
}

TEST(Store, IsReadWhileItIsWritten) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto samples = test::rough_ride(5000, 15);
  test::record_and_look(store, samples, 300, [&](std::int64_t id, std::size_t written) {
    const auto reader = Store::open_read_only(folder.file("knead.db"));
    ASSERT_TRUE(reader) << reader.error().message();
    expect_same(samples_of(*reader, id), std::span(samples).first(written));
    EXPECT_EQ(reader->load_session(id)->facts.samples, written);
  });
}

TEST(Store, WritesNothingOrAllWhenTheDiskIsFull) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const auto samples = test::rough_ride(30'000, 16);
  SessionBuffer buffer(test::header());
  std::size_t fed = 0;
  const auto feed = [&](std::size_t up_to) {
    for (; fed < up_to; ++fed) buffer.add_sample(samples[fed].t, samples[fed].sample);
    buffer.stage_open_block();
  };
  feed(5000);
  ASSERT_TRUE(store.commit(buffer));
  ASSERT_TRUE(store.limit_size(1));
  feed(25'000);
  const auto full = store.commit(buffer);
  ASSERT_FALSE(full);
  EXPECT_THAT(full.error().message(), HasSubstr("the disk is full"));
  EXPECT_THAT(samples_of(store, buffer.id()), SizeIs(5000));
  ASSERT_TRUE(store.limit_size(0));
  feed(30'000);
  buffer.end(test::summary());
  ASSERT_TRUE(store.commit(buffer));
  expect_same(samples_of(store, buffer.id()), samples);
  EXPECT_TRUE(store.check());
}

TEST(Store, NamesABlockThatIsDamaged) {
  const TempFolder folder;
  std::int64_t id = 0;
  {
    Store store = open_store(folder.file("knead.db"));
    id = write_session(store, test::rough_ride(3000, 17, false));
  }
  {
    SQLite::Database raw(folder.file("knead.db"), SQLite::OPEN_READWRITE);
    raw.exec(
        "UPDATE sample_blocks SET data = CAST(substr(data, 1, 100) || zeroblob(length(data) - 100) AS BLOB) WHERE "
        "ordinal = 1");
  }
  Store store = open_store(folder.file("knead.db"));
  std::size_t read = 0;
  const auto result = store.for_each_sample(id, [&](const TimedSample&) { ++read; });
  ASSERT_FALSE(result);
  EXPECT_EQ(read, 1000U) << "what comes before it can be read";
  EXPECT_EQ(result.error().code, Errc::kStorage);
  EXPECT_THAT(result.error().message(), HasSubstr("session 1, block 1"));
}

TEST(Store, TellsOfEachPluginWhoItWasAndHowItBehavedNewestFirst) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  SessionHeader header = test::header();
  EXPECT_TRUE(SessionWriter::begin(store, header).value().end(test::summary()));  // without a plugin
  header.plugin = {.file = "/plugins/one.so", .id = "one", .version = "1.0"};
  EXPECT_TRUE(SessionWriter::begin(store, header).value().end(test::summary()));
  header.plugin->version = "1.1";
  SessionSummary summary = test::summary();
  summary.plugin = {.slow_calls = 3, .misuses = 7, .last_misuse = "cue() was", .ended = "the plugin crashed"};
  EXPECT_TRUE(SessionWriter::begin(store, header).value().end(summary));
  const auto runs = store.list_plugin_runs(10).value();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].session_id, 3);
  EXPECT_EQ(runs[0].plugin.file, "/plugins/one.so");
  EXPECT_EQ(runs[0].plugin.version, "1.1");
  EXPECT_EQ(runs[0].conduct.slow_calls, 3U);
  EXPECT_EQ(runs[0].conduct.misuses, 7U);
  EXPECT_EQ(runs[0].conduct.last_misuse, "cue() was");
  EXPECT_EQ(runs[0].conduct.ended, "the plugin crashed");
  EXPECT_EQ(runs[1].plugin.version, "1.0");
  EXPECT_EQ(runs[1].conduct.ended, "");
}

TEST(Store, GivesAPluginWhatItKeptOfThatProfile) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  const std::string bytes("\x00\xFFx", 3);
  const auto session = [&](const char* profile, const char* file, std::optional<std::string> keeps) {
    SessionHeader header = test::header();
    header.profile = profile;
    header.plugin = {.file = file, .id = "one", .version = "1"};
    SessionSummary summary = test::summary();
    summary.plugin_state = std::move(keeps);
    EXPECT_TRUE(SessionWriter::begin(store, header).value().end(summary));
  };
  EXPECT_EQ(store.plugin_state("anna", "a.so").value(), "");
  session("anna", "a.so", bytes);
  session("anna", "a.so", std::nullopt);  // said nothing: what there was stays
  session("bert", "a.so", "bert's");
  session("anna", "b.so", "another's");
  EXPECT_EQ(store.plugin_state("anna", "a.so").value(), bytes);
  EXPECT_EQ(store.plugin_state("bert", "a.so").value(), "bert's");
  EXPECT_EQ(store.plugin_state("bert", "b.so").value(), "");
  session("anna", "a.so", "");
  EXPECT_EQ(store.plugin_state("anna", "a.so").value(), "") << "it wants nothing kept";
}

TEST(Store, BringsEachOlderSchemaUpToDateAndKeepsWhatIsThere) {
  for (int from = 1; from < schema_version(); ++from) {
    const TempFolder folder;
    const std::string path = folder.file("knead.db");
    {
      SQLite::Database old = test::old_database(path, from);
      old.exec(
          "INSERT INTO sessions (started_at, started_unix_us, profile, origin, routine, title, method, side, "
          "routine_source, config, knead_version, protocol_version, ball_serial, ball_firmware, rate_hz, "
          "contact_area_mm2, target_reps, outcome) VALUES ('2025', 1, 'anna', 'ball', 'r', 't', 'm', 'left', '', '', "
          "'0', '1.0', 'S', 1, 1000, 0, 8, 'completed')");
      old.exec("INSERT INTO events VALUES (1, 0, 5, 'contact', '{}')");
    }
    ASSERT_FALSE(Store::open_read_only(path)) << "reading changes nothing";
    Store store = open_store(path);
    const auto session = store.load_session(1);
    ASSERT_TRUE(session) << "from " << from << ": " << session.error().message();
    EXPECT_EQ(session->facts.profile, "anna");
    EXPECT_EQ(session->events.size(), 1U);
    const auto inputs = store.load_inputs(1);
    ASSERT_TRUE(inputs) << "from " << from << ": " << inputs.error().message();
    EXPECT_FALSE(inputs->kept);
    EXPECT_FALSE(inputs->band);
    EXPECT_FALSE(inputs->plugin);
    const auto id = write_session(store, test::rough_ride(100, 1));
    EXPECT_EQ(id, 2) << "from " << from;
    EXPECT_TRUE(store.check()) << "from " << from;
  }
}

TEST(Store, KeepsWhatASessionIsReplayedFrom) {
  const TempFolder folder;
  Store store = open_store(folder.file("knead.db"));
  SessionHeader header = test::header();
  header.band = session::Band{{12.25}, {33.1}, {0.1}};
  header.plugin = PluginIdentity{"/plugins/activation.so", "activation", "1.2.3"};
  header.plugin_state = std::string("\x00\x01", 2);
  SessionBuffer buffer(header);
  const std::vector<session::Input> inputs{{0, session::input::Pause{"cli"}},
                                           {0, session::input::Resume{}},
                                           {77, session::input::Silence{HostTime(std::chrono::nanoseconds(12345))}}};
  for (const session::Input& input : inputs) buffer.add_input(input);
  ASSERT_TRUE(store.commit(buffer));
  const auto stored = store.load_inputs(buffer.id());
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_TRUE(stored->kept);
  EXPECT_EQ(stored->band, header.band);
  EXPECT_EQ(stored->plugin, header.plugin);
  EXPECT_EQ(stored->plugin_state, header.plugin_state);
  EXPECT_EQ(stored->inputs, inputs);
}

TEST(Store, RefusesADatabaseOfANewerSchemaAndLeavesItAsItIs) {
  const TempFolder folder;
  {
    Store store = open_store(folder.file("knead.db"));
  }
  {
    SQLite::Database raw(folder.file("knead.db"), SQLite::OPEN_READWRITE);
    raw.exec("PRAGMA user_version = 99");
  }
  for (const auto& opened : {Store::open(folder.file("knead.db")), Store::open_read_only(folder.file("knead.db"))}) {
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message(), HasSubstr("written by a newer Knead (its schema is 99"));
  }
  SQLite::Database raw(folder.file("knead.db"), SQLite::OPEN_READONLY);
  EXPECT_EQ(raw.execAndGet("PRAGMA user_version").getInt(), 99);
}

TEST(Store, RefusesAnotherProgramsDatabaseAndAFileThatIsNone) {
  const TempFolder folder;
  {
    SQLite::Database raw(folder.file("other.db"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    raw.exec("CREATE TABLE recipes (name TEXT)");
  }
  std::ofstream(folder.file("letter.txt")) << std::string(5000, 'x');
  EXPECT_THAT(Store::open(folder.file("other.db")).error().message(), HasSubstr("the database of another program"));
  EXPECT_THAT(Store::open(folder.file("letter.txt")).error().message(), HasSubstr("the file is not a database"));
  std::ifstream letter(folder.file("letter.txt"));
  std::string text;
  std::getline(letter, text);
  EXPECT_EQ(text, std::string(5000, 'x'));
}

TEST(Store, SaysWhichPathItCannotWriteAndWhatToDo) {
  const TempFolder folder;
  std::ofstream(folder.file("plain")) << "x";
  // A file where a folder should be, and a folder where the file should be: true for root as well.
  const std::string below_a_file = folder.file("plain") + "/knead.db";
  const auto no_folder = Store::open(below_a_file);
  ASSERT_FALSE(no_folder);
  EXPECT_EQ(no_folder.error().code, Errc::kAccessDenied);
  EXPECT_THAT(no_folder.error().message(), HasSubstr(below_a_file));
  EXPECT_THAT(no_folder.error().remedy, HasSubstr("folder"));
  const auto is_folder = Store::open(folder.path().string());
  ASSERT_FALSE(is_folder);
  EXPECT_THAT(is_folder.error().message(), HasSubstr(folder.path().string()));
  EXPECT_EQ(Store::open_read_only(folder.file("none.db")).error().code, Errc::kNotFound);
}

TEST(Store, MakesTheFolderOfANewDatabase) {
  const TempFolder folder;
  EXPECT_TRUE(Store::open(folder.file("share/knead/knead.db")));
}

TEST(Store, HasOneWriter) {
  const TempFolder folder;
  {
    Store store = open_store(folder.file("knead.db"));
    const auto second = Store::open(folder.file("knead.db"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::kBusy);
    EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(::getpid())));
  }
  EXPECT_TRUE(Store::open(folder.file("knead.db")));
}

TEST(Store, ThatTakesTheNameOfAnotherLetsTheOtherGo) {
  const TempFolder folder;
  Store store = open_store(folder.file("first.db"));
  SessionBuffer buffer(test::header());
  for (const TimedSample& s : test::rough_ride(100, 1)) buffer.add_sample(s.t, s.sample);
  buffer.stage_open_block();
  ASSERT_TRUE(store.commit(buffer));
  ASSERT_TRUE(std::filesystem::exists(folder.file("first.db-wal")));
  store = open_store(folder.file("second.db"));
  EXPECT_EQ(store.path(), folder.file("second.db"));
  EXPECT_FALSE(std::filesystem::exists(folder.file("first.db-wal"))) << "it is closed";
  EXPECT_TRUE(Store::open(folder.file("first.db"))) << "and not locked";
  SessionBuffer next(test::header());
  EXPECT_TRUE(store.commit(next));
}

}  // namespace
}  // namespace knead::record
