// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/random/uniform_real_distribution.hpp>
#include <random>
#include <string>
#include <utility>

#include "hw/ball/hand.hpp"
#include "hw/ball/person.hpp"

namespace knead::ball {
namespace {

using namespace std::chrono_literals;

constexpr DeviceTime at(std::chrono::milliseconds t) { return DeviceTime{} + t; }

constexpr Newtons kMiddleOfBand{25.0};  // of the default band, 15..40 N
constexpr double kLeanNewtonsPerS =
    20.0;  // a ramp of 10 N/s is what protocols ask for (EVIDENCE.md); people are quicker

/// Somebody who does one thing, whatever is said.
class ScriptedPerson : public Person {
 public:
  explicit ScriptedPerson(std::uint64_t seed) : hand_(seed) {}
  Newtons force(DeviceTime t) override { return hand_.force(t); }

 protected:
  Hand& hand() { return hand_; }

 private:
  Hand hand_;
};

class NeverTouches final : public Person {
 public:
  Newtons force(DeviceTime /*t*/) override { return {}; }
};

class Steady final : public ScriptedPerson {
 public:
  explicit Steady(std::uint64_t seed) : ScriptedPerson(seed) { hand().aim(at(1s), kMiddleOfBand, kLeanNewtonsPerS); }
};

/// Above the band at first, then above the hard limit of 60 N.
class TooHard final : public ScriptedPerson {
 public:
  explicit TooHard(std::uint64_t seed) : ScriptedPerson(seed) {
    hand().aim(at(1s), Newtons{50.0}, 40.0);
    hand().aim(at(20s), Newtons{70.0}, kLeanNewtonsPerS);
  }
};

/// In the band for half a minute, then less and less; the arm's weight rests on the ball for a while before it slips.
class FallsAsleep final : public ScriptedPerson {
 public:
  explicit FallsAsleep(std::uint64_t seed) : ScriptedPerson(seed) {
    hand().aim(at(1s), kMiddleOfBand, kLeanNewtonsPerS);
    hand().aim(at(30s), Newtons{9.0}, 0.8);
    hand().aim(at(60s), Newtons{4.0}, 1.0);
    hand().aim(at(95s), Newtons{0.0}, 10.0);
  }
};

/// Follows cues, a human moment later. Before the first one it goes through the routine from memory, so that it is of
/// use to a ball whose host cannot talk to it.
class Compliant final : public Person {
 public:
  explicit Compliant(std::uint64_t seed) : hand_(seed), random_(seed) { plan_from_memory(); }

  Newtons force(DeviceTime t) override { return hand_.force(t); }

  void hear(DeviceTime now, PersonCue cue) override {
    if (!std::exchange(guided_, true)) hand_.forget_plans();
    switch (cue) {
      case PersonCue::kPress:
        pressing_ = true;
        move(now, lean_, kLeanNewtonsPerS);
        break;
      case PersonCue::kHarder:
        adjust(now, +1.0);
        break;
      case PersonCue::kLighter:
        adjust(now, -1.0);
        break;
      case PersonCue::kRepUp:
        pressing_ = false;
        move(now, rep_, kRepNewtonsPerS);
        break;
      case PersonCue::kLetGo:
      case PersonCue::kRest:
      case PersonCue::kDone:
        pressing_ = false;
        move(now, Newtons{}, kLetGoNewtonsPerS);
        break;
      case PersonCue::kRepDown:
        move(now, Newtons{}, kRepNewtonsPerS);
        break;
      case PersonCue::kRamp:
        ramp(now);
        break;
      case PersonCue::kHold:
      case PersonCue::kRepHold:
        break;
    }
  }

  bool button(DeviceTime t) override { return t >= button_from_ && t < button_until_; }

 private:
  static constexpr double kLetGoNewtonsPerS = 30.0;
  static constexpr double kRepNewtonsPerS = 5.0;
  static constexpr Newtons kLeanStep{4.0};
  static constexpr Newtons kRepStep{0.7};
  static constexpr std::chrono::milliseconds kSettle{1500};  // nobody corrects more often than they can feel the effect

  void plan_from_memory() {
    constexpr auto kPressFor = 95s;  // 90 s credited, and a little to get there
    constexpr auto kRepEvery = 7s;   // up 2, hold 2, down 2, rest 1
    constexpr int kReps = 9;
    std::chrono::milliseconds t = 1500ms;
    hand_.aim(at(t), lean_, kLeanNewtonsPerS);
    t += kPressFor;
    hand_.aim(at(t), Newtons{}, kLetGoNewtonsPerS);
    t += 4s;
    for (int n = 0; n < kReps; ++n, t += kRepEvery) {
      hand_.aim(at(t), rep_, kRepNewtonsPerS);
      hand_.aim(at(t + 4s), Newtons{}, kRepNewtonsPerS);
    }
  }

  /// At a protocol's rate up to a discomfort that differs a little each time; then the button, and away.
  void ramp(DeviceTime now) {
    constexpr double kRampNewtonsPerS = 5.0;
    // A hand eases in and out: it is at 85 % of its way after 75 % of the time, and at a contact after 15 %. Between
    // the two it rises at the rate that is asked for.
    constexpr double kShareOfWay = 0.848;
    constexpr double kPressAt = 0.745;
    constexpr double kContactAt = 0.148;
    constexpr double kContactN = 2.0;
    boost::random::uniform_real_distribution<double> discomfort_n(26.0, 30.0);
    const double force = discomfort_n(random_);
    const double duration_s = (force - kContactN) / kRampNewtonsPerS / (kPressAt - kContactAt);
    const double way = force / kShareOfWay;
    const DeviceTime begins = now + 400ms;
    hand_.aim(begins, Newtons{way}, way / duration_s);
    button_from_ = begins + from_seconds(kPressAt * duration_s);
    button_until_ = button_from_ + 300ms;  // shorter than the long press that stops
    hand_.aim(button_from_ + 200ms, Newtons{}, kLetGoNewtonsPerS);
  }

  void move(DeviceTime now, Newtons to, double newtons_per_s) {
    // Reaction to a heard or seen cue, with the time to understand it.
    boost::random::uniform_real_distribution<double> reaction_s(0.3, 0.6);
    hand_.aim(now + from_seconds(reaction_s(random_)), to, newtons_per_s);
  }

  void adjust(DeviceTime now, double direction) {
    if (now < next_adjustment_) return;
    next_adjustment_ = now + kSettle;
    if (pressing_) {
      lean_ = std::clamp(Newtons{lean_.value + direction * kLeanStep.value}, Newtons{5.0}, Newtons{55.0});
      move(now, lean_, kLeanNewtonsPerS);
    } else {
      // Between reps: the next one will differ.
      rep_ = std::clamp(Newtons{rep_.value + direction * kRepStep.value}, Newtons{2.0}, Newtons{10.0});
    }
  }

  Hand hand_;
  std::mt19937_64 random_;
  Newtons lean_ = kMiddleOfBand;
  Newtons rep_{5.0};
  bool guided_ = false;
  bool pressing_ = false;
  DeviceTime next_adjustment_{};
  DeviceTime button_from_ = DeviceTime::max();
  DeviceTime button_until_ = DeviceTime::max();
};

using Maker = std::unique_ptr<Person> (*)(std::uint64_t seed);
template <class P>
std::unique_ptr<Person> make(std::uint64_t seed) {
  return std::make_unique<P>(seed);
}

constexpr std::array<std::string_view, 5> kNames{"compliant", "steady", "too-hard", "falls-asleep", "never-touches"};
constexpr std::array<Maker, kNames.size()> kMakers{
    &make<Compliant>, &make<Steady>, &make<TooHard>, &make<FallsAsleep>,
    [](std::uint64_t /*seed*/) -> std::unique_ptr<Person> { return std::make_unique<NeverTouches>(); }};

}  // namespace

std::span<const std::string_view> person_names() noexcept { return kNames; }

Result<std::unique_ptr<Person>> make_person(std::string_view name, std::uint64_t seed) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    return fail(Errc::kNotFound, fmt::format("there is no person \"{}\"", name),
                fmt::format("use one of {}", fmt::join(kNames, ", ")));
  }
  return kMakers[static_cast<std::size_t>(found - kNames.begin())](seed);
}

}  // namespace knead::ball
