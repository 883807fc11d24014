// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sys/prctl.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>

#include "tests/beat.hpp"
#include "tests/bench/paired/comparisons.hpp"
#include "tests/bench/paired/sampling_rig.hpp"

namespace knead::bench {
namespace {

constexpr int kTimedWakes = 3000;
/// Until the motor has risen to what is asked of it: while it rises, nearly each report is answered by a command.
constexpr int kSettlingWakes = 1000;
/// A running motor is spoken to each third of a TTL.
constexpr int kReportsToWish = 160;

/// How long a thread of this process has run, by the scheduler's account. Exact while the thread sleeps.
class ThreadTime {
 public:
  /// By its name. Where there is none, or no account of it, ns() is always 0.
  explicit ThreadTime(const std::string& wanted) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::string name;
      std::getline(std::ifstream(task.path() / "comm"), name);
      if (name == wanted) account_.open(task.path() / "schedstat");
    }
  }
  [[nodiscard]] std::uint64_t ns() {
    std::uint64_t nanoseconds = 0;
    account_.seekg(0);
    account_ >> nanoseconds;
    return nanoseconds;
  }

 private:
  std::ifstream account_;
};

/// The ball's side: a packet a thousand times a second, and whatever comes back on @p socket taken.
/// @return processor time of each wake of the thread named @p woken.
template <class Send>
std::vector<double> at_one_kilohertz(const std::string& woken, int socket, Send send) {
  std::array<std::byte, 64> command{};
  test::Beat beat;
  const auto wake = [&] {
    send();
    beat.wait();
    while (::recv(socket, command.data(), command.size(), MSG_DONTWAIT) > 0) {
    }
  };
  for (int i = 0; i < kSettlingWakes; ++i) wake();
  ThreadTime time(woken);
  std::vector<double> of_each;
  auto before = time.ns();
  for (int i = 0; i < kTimedWakes; ++i) {
    wake();
    const auto after = time.ns();
    of_each.push_back(static_cast<double>(after - before));
    before = after;
  }
  return of_each;
}

/// A thread that receives each packet and gives it to @p answer, which has the socket too.
template <class Answer>
std::vector<double> bare_wakes(const Scheduling& scheduling, Answer answer) {
  const OnProcessor here(scheduling.other_cpu);
  const SocketPair sockets;
  std::thread other([&] {
    pthread_setname_np(pthread_self(), "bare-loop");
    receive_until_shut(sockets.ends[0], [&](const auto& packet) { answer(sockets.ends[0], packet); });
  });
  schedule(other, scheduling);
  const std::array<std::byte, 32> report{};
  auto spent = at_one_kilohertz("bare-loop", sockets.ends[1],
                                [&] { static_cast<void>(::send(sockets.ends[1], report.data(), report.size(), 0)); });
  ::shutdown(sockets.ends[1], SHUT_RDWR);
  other.join();
  return spent;
}

std::vector<double> idle_wakes(const Scheduling& scheduling) {
  return bare_wakes(scheduling, [](int, const auto&) {});
}

/// What a round cost altogether, of each wake: all that the thread was charged with, rare and dear wakes included.
std::vector<double> mean_of(const std::vector<double>& wakes) {
  return {std::accumulate(wakes.begin(), wakes.end(), 0.0) / static_cast<double>(wakes.size())};
}

/// As long as this lives what is mapped lies in small pages.
class InSmallPages {
 public:
  InSmallPages() { ::prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL); }
  ~InSmallPages() { ::prctl(PR_SET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL); }
  InSmallPages(const InSmallPages&) = delete;
  InSmallPages& operator=(const InSmallPages&) = delete;
};

std::vector<double> sampling_wakes(const Scheduling& scheduling, int reports_to_wish) {
  const OnProcessor here(scheduling.other_cpu);
  SamplingRig rig(scheduling);
  int sent = 0;
  return at_one_kilohertz("knead-sampling", rig.ball(), [&] { rig.send_report(++sent % reports_to_wish == 0); });
}

}  // namespace

std::vector<Comparison> processor_time_between_sessions(const Scheduling& scheduling) {
  return {{.name = "processor time of a wake at 1 kHz, processors may sleep / bare loop",
           .baseline = [scheduling] { return mean_of(idle_wakes(scheduling)); },
           .subject = [scheduling] { return mean_of(sampling_wakes(scheduling, kReportsToWish)); },
           .p50_bound = 1.25}};
}

std::vector<Comparison> processor_time_in_a_session(const Scheduling& scheduling) {
  const auto nothing = [scheduling] { return idle_wakes(scheduling); };
  const auto echo = [scheduling] {
    return bare_wakes(scheduling, [](int socket, const auto& packet) {
      static_cast<void>(::send(socket, packet.data(), protocol::kMotorCommandSize, 0));
    });
  };
  const auto knead = [scheduling] { return sampling_wakes(scheduling, kReportsToWish); };
  const auto in_small_pages = [knead] {
    const InSmallPages small;
    return knead();
  };
  // The mean is what the daemon takes of a processor. The median is of the common wake, without the rare ones that are
  // charged with 0.1 ms and more.
  return {{.name = "processor time of a wake at 1 kHz, kept from sleep / bare loop",
           .baseline = [nothing] { return mean_of(nothing()); },
           .subject = [knead] { return mean_of(knead()); },
           .p50_bound = 1.25},
          {.name = "... of a single wake, the median / bare loop",
           .baseline = nothing,
           .subject = knead,
           .p50_bound = 1.25},
          {.name = "... of a wake that commands, the median / echo",
           .baseline = echo,
           .subject = [scheduling] { return sampling_wakes(scheduling, 1); },
           .p50_bound = 1.25},
          {.name = "... of a wake, ring in huge pages / small ones",
           .baseline = [in_small_pages] { return mean_of(in_small_pages()); },
           .subject = [knead] { return mean_of(knead()); }}};
}

}  // namespace knead::bench
