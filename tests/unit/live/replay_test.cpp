// SPDX-License-Identifier: Apache-2.0
// `knead replay`: sessions recorded by the real recorder, with everything that can befall one, and by `knead simulate`.
#include "daemon/live/replay.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <random>
#include <set>

#include "daemon/host/find_plugin.hpp"
#include "daemon/live/conductor.hpp"
#include "daemon/live/simulate.hpp"
#include "daemon/record/block_codec.hpp"
#include "daemon/record/recorder.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::live {
namespace {

using namespace std::chrono_literals;
using record::test::TempFolder;
using testing::HasSubstr;

/// Short: each test plays it anew, and a sanitizer makes ten times as long of each second.
constexpr const char* kRoutine = R"([routine]
id = "short"
title = "Short"
method = "custom"

[[release]]
muscle = "upper_trapezius"
side = "chosen"
credit_s = 8
max_elapsed_s = 20
band_n = [10.0, 30.0]
hysteresis_n = 1.0
vibration = { level = 0.5, frequency_hz = 38, pattern = "steady" }

[activation]
plugin = "activation"
exercise = "prone_y_lift"
reps = 6
tempo_s = { up = 2, hold = 2, down = 2, rest = 1 }
detect = "press"
press_n = 3.0
ceiling_n = 8.0
further_release_s = 10
)";

session::Routine routine() { return session::check_routine(kRoutine, {}).routine.value(); }

std::string words(const Result<ReplayResult>& result) {
  if (!result) return result.error().message();
  if (!result->difference) return "identical";
  return result->difference->where + ": stored " + result->difference->stored + ", replayed " +
         result->difference->replayed;
}

/// A session as the daemon carries one, ring, conductor and recorder, with chance in the place of ball, person, plugin
/// and main loop.
class Chance final : private SessionObserver {
 public:
  Chance(const std::string& database, std::uint32_t seed)
      : random_(seed), recorder_(record::test::open_store(database)) {
    header_ = record::test::header();
    header_.routine = routine();
    header_.side = odds(2) ? session::Side::kLeft : session::Side::kRight;
    if (odds(3)) header_.band = session::Band{{12.0}, {33.5}, {0.7}};
    header_.plugin = record::PluginIdentity{"activation.so", "activation", "1.0"};
    for (unsigned i = draw(1, 300); i > 0; --i) push();  // a ring that has seen other days
    conductor_.emplace(header_.routine, session::SessionOptions{.side = header_.side, .band = header_.band}, nullptr,
                       std::vector<SessionObserver*>{this});
    reader_.seek(ring_.head() - 1);
    auto for_recorder = RingReader::from_descriptor(ring_.read_only_descriptor().value()).value();
    recorder_.start_session(header_, std::move(for_recorder), {ring_.head() - 1, last_.device_time, SessionTime{}});
  }

  /// @return whether the recorder kept all of it.
  bool run() {
    for (int beats = 0; !conductor_->ended() && beats < 20'000; ++beats) {
      const unsigned samples = draw(1, 40);
      for (unsigned i = 0; i < samples; ++i) push();
      something_happens();
      drain();
      answer();
      keep_up();
    }
    if (!conductor_->ended()) conductor_->stop("test");
    recorder_.end_session(record::summary_of(conductor_->report()), fed_);
    return recorder_.flush().has_value();
  }
  [[nodiscard]] bool saw(std::string_view kind) const { return kinds_.contains(kind); }
  static void gather(std::set<std::string, std::less<>>& into, const Chance& from) {
    into.insert(from.kinds_.begin(), from.kinds_.end());
  }

 private:
  unsigned draw(unsigned from, unsigned to) { return std::uniform_int_distribution(from, to)(random_); }
  bool odds(unsigned one_in) { return draw(1, one_in) == 1; }

  void push() {
    if (odds(2000)) {  // lost on the way
      const unsigned lost = draw(1, 50);
      seq_ += lost;
      device_ += lost * 1ms;
      host_ += lost * 1ms;
      next_quality_ |= Quality::kGapBefore;
    }
    level_ += std::normal_distribution(0.0, 0.3)(random_);
    if (odds(400)) level_ = std::uniform_real_distribution(0.0, 36.0)(random_);
    level_ = std::clamp(level_, 0.0, 40.0);
    last_ = {.seq = seq_++,
             .device_time = device_,
             .host_time = host_,
             .raw = header_.calibration.tare_raw + static_cast<std::int32_t>(level_ * 8178.0),
             .quality = std::exchange(next_quality_, Quality::kGood),
             .motor = Level{static_cast<std::uint8_t>(draw(0, 3) * 20)}};
    if (odds(30'000)) last_.quality |= Quality::kButton;
    if (odds(5000)) last_.quality |= Quality::kSaturated;
    last_.force = header_.calibration.force(last_.raw);
    ring_.push(last_);
    device_ += 1ms;
    host_ += 1ms + std::chrono::nanoseconds(draw(0, 400));
  }

  void drain() {
    const std::uint64_t limit = ring_.head();
    std::array<Sample, 64> samples{};
    while (!conductor_->ended()) {
      const std::size_t count = reader_.read(samples, limit);
      if (reader_.lost() != lost_) conductor_->on_ring_lost(reader_.lost() - std::exchange(lost_, reader_.lost()));
      if (count == 0) break;
      std::uint64_t index = reader_.cursor() - count;
      for (std::size_t i = 0; i < count && !conductor_->ended(); ++i) conductor_->on_sample(index++, samples.at(i));
      fed_ = index;
      recorder_.advance(fed_);
    }
  }

  void something_happens() {
    const auto trip = static_cast<sampling::Trip>(draw(6, 12));
    if (odds(60)) {
      conductor_->on_trip({.trip = trip, .began = odds(2), .ring_index = ring_.head() - draw(0, 1), .force = {61.4}});
    }
    if (odds(3000)) {
      conductor_->on_trip({.trip = sampling::Trip::kStuck, .began = true, .ring_index = ring_.head() - 1});
    }
    if (odds(150)) conductor_->pause("the person's \"wish\"\n");
    if (odds(30)) static_cast<void>(conductor_->resume());
    if (odds(3000)) conductor_->stop("cli");
    if (odds(200)) silence(draw(1, 30));
    if (odds(250)) replug();
    if (odds(1000)) lap();
    if (odds(400)) conductor_->on_plugin_failed("the plugin crashed (SIGSEGV)");
  }

  void silence(unsigned beats) {
    for (unsigned i = 0; i < beats; ++i) conductor_->on_silence(host_ += 10ms + std::chrono::nanoseconds(draw(0, 999)));
  }

  void replug() {
    drain();
    conductor_->on_ball_lost(host_);
    silence(draw(0, 200));
    if (odds(2)) {
      header_.calibration.tare_raw += static_cast<std::int32_t>(draw(1, 500));
      recorder_.calibrated(reader_.cursor(), header_.calibration);
    }
    conductor_->on_ball_back(host_);
    seq_ = draw(0, 9);
    device_ = DeviceTime(draw(0, 5000) * 1us);
    next_quality_ = Quality::kReanchored;
    push();
  }

  /// The test runs faster than life: the recorder must not be lapped where the session was not.
  void keep_up() {
    if (fed_ - kept_ < ring_.capacity() / 2) return;
    ASSERT_TRUE(recorder_.flush());
    kept_ = fed_;
  }

  /// The main thread is away for so long that the ring's writer laps it, and the recorder with it.
  void lap() {
    drain();
    ASSERT_TRUE(recorder_.flush());
    for (std::uint64_t i = ring_.capacity() + draw(1, 500); i > 0; --i) push();
  }

  /// What a plugin may do, at any time and in any measure.
  void answer() {
    if (conductor_->ended() || !odds(4)) return;
    session::PluginAction action = session::action::Finish{odds(2)};
    const unsigned what = draw(0, 200);
    if (what < 40) {
      action = session::action::ShowCue{{.kind = session::CueKind::kRepUp, .text = "Up \xC3\xA4", .count = 3}};
    } else if (what < 80) {
      action = session::action::RequestMotor{{.level = Level{200}, .frequency_hz = 90}, draw(0, 300) * 1ms};
    } else if (what < 120) {
      action = session::action::Note{"relaxed", draw(0, 1000) / 3.0, "%", "so \"so\""};
    } else if (what < 199) {
      const SessionTime now = conductor_->session().snapshot().t;
      action = session::action::LogRep{{.n = 1,
                                        .start = now - 2s,
                                        .duration = 1700ms,
                                        .peak = {draw(0, 999) / 7.0},
                                        .mean = {draw(0, 99) / 13.0},
                                        .impulse_ns = draw(0, 99) / 17.0}};
    } else if (what == 199) {
      action = session::action::RequestRelease{7s};
    }
    conductor_->on_plugin({.call = ++calls_, .action = std::move(action)});
  }

  void on_event(const session::Event& event) override {
    recorder_.event(event);
    kinds_.emplace(kind_of(event));
  }
  void on_input(const session::Input& input) override {
    recorder_.input(input);
    kinds_.emplace(fmt::format("input {}", kind_of(input)));
  }
  void on_anchor(const Timeline::Anchor& anchor) override {
    if (std::exchange(first_anchor_, false)) return;
    recorder_.anchor({anchor.ring_index, anchor.device, anchor.session});
  }

  std::mt19937 random_;
  record::SessionHeader header_;
  record::Recorder recorder_;
  SampleRing ring_ = SampleRing::create(8192).value();
  RingReader reader_{ring_};
  std::optional<Conductor> conductor_;
  std::set<std::string, std::less<>> kinds_;
  std::uint64_t seq_ = 0xFFFF'FF00;
  DeviceTime device_{987'654'321us};
  HostTime host_{3h};
  Quality next_quality_{};
  Sample last_;
  double level_ = 20.0;
  std::uint64_t lost_ = 0;
  std::uint64_t fed_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t calls_ = 0;
  bool first_anchor_ = true;
};

class Replay : public testing::Test {
 protected:
  Replay() {
    simulation_.plugin_folders = host::default_plugin_dirs();
    simulation_.routine = folder_.file("short.toml");
    std::ofstream(simulation_.routine) << kRoutine;
    simulation_.person = "compliant";
    simulation_.database = db_;
  }
  [[nodiscard]] Result<ReplayResult> replayed(std::int64_t id = 1, bool plugin = false) const {
    return replay({.database = db_, .id = id, .plugin = plugin, .plugin_folders = simulation_.plugin_folders});
  }
  void sql(const std::string& statement) const {
    SQLite::Database raw(db_, SQLite::OPEN_READWRITE);
    ASSERT_GT(raw.exec(statement), 0) << statement;
  }
  void simulate_one() const {
    const auto report = simulate(simulation_);
    ASSERT_TRUE(report) << report.error().message();
  }

  TempFolder folder_;
  std::string db_ = folder_.file("knead.db");
  SimulateOptions simulation_;
};

TEST_F(Replay, GivesEverySessionAgainWhateverBefellIt) {
  std::set<std::string, std::less<>> seen;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    {
      Chance session(db_, seed);
      ASSERT_TRUE(session.run());
      Chance::gather(seen, session);
    }
    const auto result = replayed(seed);
    ASSERT_EQ(words(result), "identical") << "seed " << seed;
    EXPECT_TRUE(result->whole);
    EXPECT_GT(result->events, 0U);
  }
  // Or the test would say less than it means.
  for (const char* kind : {"tripped",
                           "trip_cleared",
                           "samples_lost",
                           "paused",
                           "resumed",
                           "ball_lost",
                           "ball_back",
                           "plugin_failed",
                           "noted",
                           "stopped",
                           "rep_done",
                           "step_added",
                           "step_ended",
                           "input ring_lost",
                           "input trip_began",
                           "input trip_cleared",
                           "input silence",
                           "input ball_lost",
                           "input ball_back",
                           "input plugin_acted",
                           "input plugin_failed",
                           "input pause",
                           "input resume",
                           "input stop"}) {
    EXPECT_TRUE(seen.contains(kind)) << kind;
  }
}

TEST_F(Replay, GivesASimulatedSessionAgainAndItsPluginDoesTheSameAgain) {
  for (const char* person : {"compliant", "too-hard", "falls-asleep"}) {
    simulation_.person = person;
    ++simulation_.seed;
    simulate_one();
    const auto id = static_cast<std::int64_t>(simulation_.seed - 1);
    EXPECT_EQ(words(replayed(id)), "identical") << person;
    const auto with_plugin = replayed(id, true);
    EXPECT_EQ(words(with_plugin), "identical") << person;
    EXPECT_EQ(with_plugin->plugin->id, "activation");
    EXPECT_EQ(with_plugin->recorded_plugin, with_plugin->plugin);
  }
}

TEST_F(Replay, NamesTheEventThatWasAltered) {
  simulate_one();
  sql("UPDATE events SET json = replace(json, 'contact', 'contract') WHERE kind = 'contact'");
  const auto result = replayed();
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->difference);
  EXPECT_THAT(result->difference->where, HasSubstr("event "));
  EXPECT_THAT(result->difference->stored, HasSubstr("contract"));
  EXPECT_THAT(result->difference->replayed, HasSubstr("\"contact\""));
}

TEST_F(Replay, NamesTheEventThatIsMissing) {
  simulate_one();
  sql("DELETE FROM events WHERE ordinal = (SELECT max(ordinal) FROM events)");
  const auto result = replayed();
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->difference);
  EXPECT_EQ(result->difference->stored, "nothing");
  EXPECT_THAT(result->difference->replayed, HasSubstr("session_ended"));
}

TEST_F(Replay, NamesTheRepThatWasAltered) {
  simulate_one();
  sql("UPDATE reps SET peak_n = peak_n + 1e-12 WHERE ordinal = 2");
  EXPECT_THAT(words(replayed()), HasSubstr("rep 3: stored rep 3"));
}

TEST_F(Replay, NamesTheMeasureThatWasAltered) {
  simulate_one();
  sql("UPDATE measures SET value = value * 1.000000000001 WHERE name = 'dose'");
  EXPECT_THAT(words(replayed()), HasSubstr("dose (knead)"));
}

TEST_F(Replay, NamesTheBlockWhoseBytesWereAltered) {
  simulate_one();
  sql("UPDATE sample_blocks SET data = CAST(substr(data, 1, 60) || x'00' || substr(data, 62) AS BLOB) WHERE ordinal = "
      "7");
  EXPECT_THAT(words(replayed()), HasSubstr("session 1, block 7"));
}

TEST_F(Replay, NamesWhatOneAlteredSampleChanges) {
  simulate_one();
  {
    // As somebody would do it who knows the format, checksum and all: one count of one sample.
    SQLite::Database raw(db_, SQLite::OPEN_READWRITE);
    SQLite::Statement select(raw, "SELECT data FROM sample_blocks WHERE ordinal = 6");
    ASSERT_TRUE(select.executeStep());
    const SQLite::Column data = select.getColumn(0);
    record::BlockDecoder decoder;
    const auto samples =
        decoder.decode(record::kBlockCodec,
                       {static_cast<const std::byte*>(data.getBlob()), static_cast<std::size_t>(data.getBytes())}, {});
    ASSERT_TRUE(samples);
    std::vector<record::TimedSample> altered(samples->begin(), samples->end());
    altered[500].sample.raw += 1;
    const auto block = record::BlockEncoder().encode(altered);
    select.reset();
    SQLite::Statement update(raw, "UPDATE sample_blocks SET data = ? WHERE ordinal = 6");
    update.bind(1, block.data(), static_cast<int>(block.size()));
    ASSERT_EQ(update.exec(), 1);
  }
  EXPECT_THAT(words(replayed()), HasSubstr("(knead)")) << "the dose, or what else was computed from it";
}

TEST_F(Replay, NamesTheInputThatWasLeftOut) {
  simulate_one();
  sql("DELETE FROM inputs WHERE json LIKE '%\"rep\"%' AND ordinal = "
      "(SELECT min(ordinal) FROM inputs WHERE json LIKE '%\"rep\"%')");
  EXPECT_THAT(words(replayed()), HasSubstr("event "));
  EXPECT_THAT(words(replayed(1, true)), HasSubstr("of the plugin"));
}

TEST_F(Replay, NamesWhatThePluginDoesOtherwise) {
  simulate_one();
  // The record of a plugin that said something else, as one of another version would have.
  sql("UPDATE inputs SET json = replace(json, '\"count\":3', '\"count\":4') WHERE json LIKE '%\"count\":3%'");
  const auto result = replayed(1, true);
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->difference);
  EXPECT_THAT(result->difference->where, HasSubstr("of the plugin"));
  EXPECT_THAT(result->difference->stored, HasSubstr("\"count\":4"));
  EXPECT_THAT(result->difference->replayed, HasSubstr("\"count\":3"));
}

TEST_F(Replay, FollowsASessionWhoseProgramDiedAsFarAsItsRecordGoes) {
  simulate_one();
  sql("UPDATE sessions SET outcome = 'interrupted'");
  sql("DELETE FROM sample_blocks WHERE ordinal > 50");
  sql("DELETE FROM events WHERE t_us > 51000000");
  const auto result = replayed();
  ASSERT_EQ(words(result), "identical");
  EXPECT_FALSE(result->whole);
  EXPECT_GT(result->events, 3U);
}

TEST_F(Replay, RefusesWhatItCouldOnlyGuessAt) {
  simulate_one();
  sql("INSERT INTO gaps VALUES (1, 90, 1000, 'write', 17)");
  EXPECT_THAT(words(replayed()), HasSubstr("misses 17 samples, which could not be written"));
  sql("UPDATE gaps SET kind = 'ring'");
  EXPECT_THAT(words(replayed()), HasSubstr("misses 17 samples that the session had"));
  sql("UPDATE gaps SET kind = 'event'");
  EXPECT_THAT(words(replayed()), HasSubstr("misses 17 events or inputs"));
  sql("DELETE FROM gaps");
  EXPECT_EQ(words(replayed()), "identical");
  sql("UPDATE sessions SET inputs_kept = 0");
  EXPECT_THAT(words(replayed()), HasSubstr("recorded before Knead kept what enters a session besides its samples"));
  sql("UPDATE sessions SET outcome = NULL");
  EXPECT_THAT(words(replayed()), HasSubstr("still runs"));
  EXPECT_EQ(replayed(2).error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace knead::live
