// SPDX-License-Identifier: Apache-2.0
// R6: kill -9 or a power cut at any moment leaves a database that opens, with all but the last second of samples.
//
// A child feeds a Recorder in real time, at twenty samples a millisecond, and notes in shared memory how far it was and
// when. The parent kills it at a random moment, opens what is left, and holds it against the notes. Several children
// run side by side, each on a database of its own that is killed again and again.
//
// A power cut is simulated before each kill: the child is held, and its database and log are copied. What it had
// written since the last sync of a file is then kept, torn at some byte, or turned into garbage, each write by chance,
// and the file may end in the last of them: all of that a disk may do.
//
//   recorder_kill [kills [seed]]        default: 50 kills, and as many power cuts
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/record/check.hpp"
#include "daemon/record/recorder.hpp"
#include "tests/beat.hpp"

namespace {

using namespace knead;          // NOLINT(google-build-using-namespace): a program of one file
using namespace knead::record;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kSideBySide = 5;
constexpr std::uint64_t kSamplesPerMs = 20;
constexpr std::uint64_t kMsPerEvent = 10;
/// The longest life: two and a half seconds, five transactions.
constexpr std::uint64_t kMostPushed = 2500 * kSamplesPerMs;
constexpr std::uint64_t kMostWritten = 150;
/// Between two looks at the children; in step with nothing of theirs.
constexpr std::chrono::microseconds kOutOfStep{370};
constexpr std::chrono::milliseconds kLongestWait{600};
constexpr std::size_t kMaxNotes = 1U << 17U;
constexpr std::size_t kMaxWrites = 1U << 14U;

/// How many samples had been pushed at which time. Written by the child, read by the parent when the child is dead.
struct Note {
  std::int64_t at_ns;
  std::uint64_t pushed;
};
/// To the database or to its log.
struct Write {
  std::size_t at;
  std::size_t size;
  bool log;
};
struct Notes {
  std::atomic<std::uint64_t> count;
  Note notes[kMaxNotes];               // NOLINT(cppcoreguidelines-avoid-c-arrays): a layout in shared memory
  std::atomic<std::uint64_t> written;  ///< writes since the child began
  std::atomic<std::uint64_t> unsynced;
  Write writes[kMaxWrites];  // NOLINT(cppcoreguidelines-avoid-c-arrays): those since the last sync of their file
};

/// Of the child: the functions below that SQLite calls have no other way to it.
Notes* notes_of_writes = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

enum class File : std::uint8_t { kDatabase, kLog, kOther };
File file_of(int fd) {
  std::array<char, 256> name{};
  const ssize_t n = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name.data(), name.size());
  const std::string_view path(name.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  return path.ends_with(".db") ? File::kDatabase : path.ends_with(".db-wal") ? File::kLog : File::kOther;
}

}  // namespace

// SQLite's writes and syncs pass here, in the place of libc's functions.
extern "C" [[gnu::visibility("default")]] ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  const File file = notes_of_writes != nullptr ? file_of(fd) : File::kOther;
  if (file != File::kOther) {
    const std::uint64_t n = notes_of_writes->unsynced;
    if (n == kMaxWrites) std::abort();
    notes_of_writes->writes[n] = {static_cast<std::size_t>(at), size, file == File::kLog};
    notes_of_writes->unsynced = n + 1;
    ++notes_of_writes->written;
  }
  return ::syscall(SYS_pwrite64, fd, data, size, at);
}

extern "C" [[gnu::visibility("default")]] int fdatasync(int fd) {
  const auto result = static_cast<int>(::syscall(SYS_fdatasync, fd));
  const File file = notes_of_writes != nullptr ? file_of(fd) : File::kOther;
  if (result != 0 || file == File::kOther) return result;
  std::uint64_t kept = 0;
  for (std::uint64_t i = 0; i < notes_of_writes->unsynced; ++i) {
    const Write write = notes_of_writes->writes[i];
    if (write.log != (file == File::kLog)) notes_of_writes->writes[kept++] = write;
  }
  notes_of_writes->unsynced = kept;
  return result;
}

namespace {

/// The n-th sample, the same for both sides. One in a thousand is missing from the sequence.
Sample sample_at(std::uint64_t n) {
  Sample s;
  s.seq = n + n / 1000;
  s.raw = static_cast<std::int32_t>(100'000 + (n * 2'654'435'761U >> 8U) % 512);
  s.device_time = DeviceTime(std::chrono::microseconds(s.seq * 50));
  s.host_time = HostTime(std::chrono::nanoseconds(s.seq * 50'000));
  s.motor = Level{static_cast<std::uint8_t>(n / 5000)};
  return s;
}

[[noreturn]] void child(const std::string& path, Notes& notes) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  notes_of_writes = &notes;
  auto store = Store::open(path);
  auto ring = SampleRing::create(std::uint64_t{1} << 20U);
  if (!store || !ring) {
    std::fprintf(stderr, "child: %s\n", (store ? ring.error() : store.error()).message().c_str());
    std::_Exit(3);
  }
  SessionHeader header;
  header.profile = "kill";
  header.routine.id = "kill";
  header.calibration = {.calibrated = true, .point_b_raw = 1000, .point_b_mn = 100};
  Recorder recorder(std::move(*store));
  recorder.start_session(header, RingReader(*ring), {});
  std::uint64_t pushed = 0;
  test::Beat beat;
  const auto start = HostClock::now();
  for (;;) {
    // Catches up when it was not scheduled, as a real ball's queue does.
    const auto due = static_cast<std::uint64_t>((HostClock::now() - start) / std::chrono::milliseconds(1)) + 1;
    for (; pushed < due * kSamplesPerMs; ++pushed) ring->push(sample_at(pushed));
    recorder.advance(pushed);
    if (due % kMsPerEvent == 0) {
      recorder.event({SessionTime(std::chrono::microseconds(pushed * 50)), session::event::SamplesLost{pushed}});
    }
    const std::uint64_t n = notes.count.load(std::memory_order_relaxed);
    if (n < kMaxNotes) {
      notes.notes[n] = {HostClock::now().time_since_epoch().count(), pushed};
      notes.count.store(n + 1, std::memory_order_release);
    }
    beat.wait();
  }
}

/// What must be there: everything pushed a second before the kill.
std::uint64_t owed(const Notes& notes, HostTime killed) {
  const auto deadline = (killed - std::chrono::seconds(1)).time_since_epoch().count();
  std::uint64_t pushed = 0;
  for (std::uint64_t i = 0; i < notes.count.load(std::memory_order_acquire); ++i) {
    if (notes.notes[i].at_ns <= deadline) pushed = notes.notes[i].pushed;
  }
  return pushed;
}

/// When a child dies: with so many samples pushed, or so many writes made, whichever comes first.
struct Fate {
  std::uint64_t pushed = 0;
  std::uint64_t written = 0;
};

struct Victim {
  std::string path;
  Notes* notes = nullptr;
  pid_t pid = -1;
  Fate fate{};
  HostTime died{};
  int kills = 0;

  [[nodiscard]] bool due() const {
    if (pid < 0) return false;
    const std::uint64_t noted = notes->count.load(std::memory_order_acquire);
    const std::uint64_t pushed = noted == 0 ? 0 : notes->notes[noted - 1].pushed;
    return pushed >= fate.pushed || notes->written.load(std::memory_order_acquire) >= fate.written;
  }
};

void fail_with(const Victim& victim, const std::string& why) {
  std::fprintf(stderr, "FAILED: %s, kill %d: %s\n", victim.path.c_str(), victim.kills, why.c_str());
  std::exit(1);
}

/// Opens what the kill or the cut left at @p path and compares. @return samples found.
std::uint64_t inspect(const Victim& victim, const std::string& path) {
  auto store = Store::open(path);
  if (!store) fail_with(victim, store.error().message());
  const auto check = check_database(path);
  if (!check) fail_with(victim, check.error().message());
  if (!check->sound()) fail_with(victim, to_string(check->findings.front()));
  const auto sessions = store->list_sessions(1000);
  if (!sessions) fail_with(victim, sessions.error().message());
  const std::uint64_t must = owed(*victim.notes, victim.died);
  const std::uint64_t could = victim.notes->count == 0 ? 0 : victim.notes->notes[victim.notes->count - 1].pushed;
  // Killed before its first transaction a session may be missing, and owes nothing.
  if (store->interrupted().empty()) {
    if (must != 0) fail_with(victim, "the whole session is missing");
    return 0;
  }
  if (store->interrupted().size() != 1) fail_with(victim, "more than one session was unfinished");
  const std::int64_t id = store->interrupted()[0];
  const auto session = store->load_session(id);
  if (!session) fail_with(victim, session.error().message());
  if (session->facts.outcome != kInterrupted) fail_with(victim, "the session is not marked interrupted");

  std::uint64_t found = 0;
  bool same = true;
  const auto read = store->for_each_sample(id, [&](const TimedSample& got) {
    const Sample want = sample_at(found++);
    same = same && got.sample.seq == want.seq && got.sample.raw == want.raw && got.sample.motor == want.motor &&
           got.sample.device_time == want.device_time && got.sample.host_time == want.host_time &&
           got.t.time_since_epoch() == want.device_time.time_since_epoch();
  });
  if (!read) fail_with(victim, read.error().message());
  if (!same) fail_with(victim, "a sample is not what was pushed");
  if (found < must) {
    fail_with(victim, std::to_string(found) + " samples are there, " + std::to_string(must) +
                          " were pushed more than a second before the kill");
  }
  if (found > could + kSamplesPerMs * 1000) fail_with(victim, "there are samples that were never pushed");
  std::uint64_t lost = 0;
  for (const Gap& gap : session->gaps) lost += gap.count;
  const std::uint64_t skipped = found == 0 ? 0 : (found - 1) / 1000;
  if (lost != skipped) fail_with(victim, "the gaps do not add up");
  if (session->facts.samples != found || session->facts.lost != lost)
    fail_with(victim, "the session's counts are wrong");
  return found;
}

// ---- Power cuts ----------------------------------------------------------------------------------------------------

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What may be left of a file when the power goes before @p unsynced writes to it are on the disk.
void tear(std::string& bytes, const std::vector<Write>& unsynced, std::mt19937& random) {
  for (const Write& write : unsynced) {
    if (random() % 3 == 0) continue;  // it got there
    const std::size_t from = write.at + (random() % 2 == 0 ? 0 : random() % write.size);
    for (std::size_t at = from; at < std::min<std::size_t>(write.at + write.size, bytes.size()); ++at) {
      bytes[at] = static_cast<char>(random());
    }
  }
  if (unsynced.empty() || random() % 3 != 0) return;
  const Write& last = unsynced.back();
  if (last.at + last.size == bytes.size()) bytes.resize(last.at + random() % last.size);
}

/// Copies the files of @p victim, which is held, to @p copy as a power cut at this moment may leave them.
/// @return writes that were not on the disk yet.
std::size_t cut_power(const Victim& victim, const std::string& copy, std::mt19937& random) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(copy + suffix, ignored);
  std::size_t unsynced_in_all = 0;
  for (const bool log : {false, true}) {
    const std::string suffix = log ? "-wal" : "";
    if (!std::filesystem::exists(victim.path + suffix)) continue;
    std::vector<Write> unsynced;
    for (std::uint64_t i = 0; i < victim.notes->unsynced; ++i) {
      if (victim.notes->writes[i].log == log) unsynced.push_back(victim.notes->writes[i]);
    }
    std::string bytes = bytes_of(victim.path + suffix);
    tear(bytes, unsynced, random);
    std::ofstream(copy + suffix, std::ios::binary) << bytes;
    unsynced_in_all += unsynced.size();
  }
  return unsynced_in_all;
}

/// Half of them die of their samples' number, at any moment; half of their writes' number, which is while the database
/// is opened or in the middle of a transaction.
Fate fate(std::mt19937& random) {
  Fate fate{.pushed = random() % kMostPushed, .written = std::numeric_limits<std::uint64_t>::max()};
  if (random() % 2 == 0) fate = {.pushed = kMostPushed, .written = random() % kMostWritten};
  return fate;
}

/// @return samples found in what it leaves.
std::uint64_t inspect_after_power_cut(Victim& victim, std::mt19937& random, int& torn) {
  if (random() % 2 == 0) {
    // Most moments are between writes. This one is in the middle of some.
    const HostTime patience = HostClock::now() + kLongestWait;
    while (victim.notes->unsynced == 0 && HostClock::now() < patience) {
    }
  }
  victim.died = HostClock::now();
  ::kill(victim.pid, SIGSTOP);
  int status = 0;
  ::waitpid(victim.pid, &status, WUNTRACED);
  const std::string copy = victim.path + ".cut";
  if (cut_power(victim, copy, random) > 0) ++torn;
  return inspect(victim, copy);
}

int number_or(const char* text, int otherwise) {
  int value = otherwise;
  if (text != nullptr) std::from_chars(text, text + std::string_view(text).size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const int kills = number_or(argc > 1 ? argv[1] : nullptr, 50);
  const auto seed = static_cast<unsigned>(number_or(argc > 2 ? argv[2] : nullptr, 20250301));
  std::printf("recorder_kill: %d kills, seed %u\n", kills, seed);
  std::mt19937 random(seed);
  std::string folder = (std::filesystem::temp_directory_path() / "knead-kill-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 3;

  std::vector<Victim> victims(kSideBySide);
  for (std::size_t i = 0; i < victims.size(); ++i) {
    victims[i].path = folder + "/" + std::to_string(i) + ".db";
    void* shared = ::mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 3;
    victims[i].notes = static_cast<Notes*>(shared);
  }
  int started = 0;
  int done = 0;
  std::uint64_t found = 0;
  std::uint64_t found_after_cuts = 0;
  int torn = 0;
  while (done < kills) {
    for (Victim& victim : victims) {
      if (victim.pid < 0 && started < kills) {
        victim.notes->count = 0;
        victim.notes->written = 0;
        victim.notes->unsynced = 0;
        std::fflush(nullptr);
        victim.pid = ::fork();
        if (victim.pid == 0) child(victim.path, *victim.notes);
        if (victim.pid < 0) return 3;
        ++started;
        victim.fate = fate(random);
      }
    }
    auto due = victims.end();
    const bool one_is_due = test::eventually(
        [&] {
          due = std::ranges::find_if(victims, &Victim::due);
          return due != victims.end();
        },
        test::kPatience, kOutOfStep);
    if (!one_is_due) fail_with(victims.front(), "no child gets on");
    Victim& next = *due;
    found_after_cuts += inspect_after_power_cut(next, random, torn);
    ::kill(next.pid, SIGKILL);
    int status = 0;
    ::waitpid(next.pid, &status, 0);
    next.pid = -1;
    ++next.kills;
    ++done;
    if (!WIFSIGNALED(status)) fail_with(next, "the child ended by itself");
    found += inspect(next, next.path);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::printf(
      "ok: %d kills, %llu samples found; as many power cuts, %d of them with writes under way, %llu samples found\n",
      done, static_cast<unsigned long long>(found), torn, static_cast<unsigned long long>(found_after_cuts));
  // A run that found next to nothing would have shown nothing.
  return std::min(found, found_after_cuts) > static_cast<std::uint64_t>(kills) * 1000 && torn > 0 ? 0 : 1;
}
