// SPDX-License-Identifier: Apache-2.0
// The routine: release steps, then an activation, with doses and cues (DESIGN.md section 5). Data only; read_routine
// checks everything, so that a Routine in hand is one that may be run.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/finding.hpp"
#include "daemon/core/units.hpp"
#include "daemon/session/motor_request.hpp"

namespace knead::session {

enum class Method : std::uint8_t { kReleaseActivate, kCustom };
enum class Side : std::uint8_t { kLeft, kRight };
enum class StepSide : std::uint8_t { kLeft, kRight, kChosen };
enum class RepDetection : std::uint8_t { kPress, kTempo };
std::string_view to_string(Method method) noexcept;
std::string_view to_string(Side side) noexcept;
std::string_view to_string(StepSide side) noexcept;
/// The side a step is for, when the person chose @p chosen.
constexpr Side resolve(StepSide side, Side chosen) noexcept {
  if (side == StepSide::kChosen) return chosen;
  return side == StepSide::kLeft ? Side::kLeft : Side::kRight;
}
std::string_view to_string(RepDetection detection) noexcept;
std::optional<Side> side_from(std::string_view name) noexcept;

/// Target force interval with hysteresis: in band from lo <= F <= hi until F < lo - h or F > hi + h.
struct Band {
  Newtons lo{15.0};
  Newtons hi{40.0};
  Newtons hysteresis{1.0};
  constexpr bool operator==(const Band&) const = default;
};

/// From its first contact, for a step that does not say how long it may take. Half as long again as the credit: time to
/// find the spot and to breathe, and still an end. (choice)
constexpr std::chrono::microseconds usual_elapsed(std::chrono::microseconds credit) { return credit * 3 / 2; }

struct ReleaseStep {
  std::string muscle;
  StepSide side = StepSide::kChosen;
  std::chrono::microseconds credit{};
  std::chrono::microseconds max_elapsed{};  ///< from first contact; then the step ends uncompleted
  Band band;
  MotorRequest vibration;
};

struct Tempo {
  std::chrono::microseconds up{}, hold{}, down{}, rest{};
  [[nodiscard]] std::chrono::microseconds cycle() const { return up + hold + down + rest; }
};

/// What a routine's author sets for the plugin, under [activation.parameters]. Only the plugin knows what it may be;
/// the place is for whoever finds it wrong.
struct PluginParameter {
  std::string key;
  std::variant<bool, double, std::string> value;
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1
};

struct Activation {
  std::string plugin;
  std::string exercise;
  int reps = 0;
  Tempo tempo;
  RepDetection detect = RepDetection::kPress;
  Newtons press{3.0};
  Newtons ceiling{8.0};                     ///< a rep that peaks above it is too hard
  std::chrono::microseconds max_elapsed{};  ///< then the activation ends, done or not
  /// Credited time the plugin may ask for beyond the routine's own steps, in kMaxFurtherSteps further steps at most.
  std::chrono::microseconds further_release{};
  std::vector<PluginParameter> parameters{};
  int line = 0;    ///< of the table, from 1; for what only the plugin finds wrong with it
  int column = 0;  ///< from 1
};

struct Routine {
  std::string id;
  std::string title;
  Method method = Method::kReleaseActivate;
  std::vector<ReleaseStep> release;
  std::optional<Activation> activation;
  Newtons contact{2.0};  ///< a release step's clock starts at F >= contact
  std::string source;    ///< the file's text, stored with each session
  std::string file;      ///< its name, for messages; empty where it was not read from one

  /// Counted from the first contact: the session never outlives it. 240 s for the method; for a custom routine what
  /// its own bounds add up to.
  [[nodiscard]] std::chrono::microseconds worst_case() const;
  /// What the steps, those a plugin may add, the waits between them and the activation can take, nobody pausing. Not
  /// above worst_case().
  [[nodiscard]] std::chrono::microseconds longest_course() const;
};

// The method in numbers (R8; EVIDENCE.md, Dose).
constexpr std::chrono::seconds kMinCredit{60};
constexpr std::chrono::seconds kMaxCredit{120};
constexpr int kMaxReps = 9;
constexpr std::chrono::seconds kMaxSession{240};

// The safety limits, which hold for a custom routine as well (EVIDENCE.md, Safety; the last four are choices that keep
// a file's slip, such as a digit too many, from becoming somebody's afternoon).
constexpr Newtons kHardLimit{60.0};                  ///< no band reaches above it
constexpr std::chrono::seconds kMaxSpotCredit{120};  ///< on one muscle of one side, all steps together
constexpr std::chrono::seconds kMaxVibration{240};   ///< a session
constexpr std::uint16_t kMaxFrequencyHz =
    200;  ///< EVIDENCE.md, Dose: 30..47 Hz were tried; the rest is room for motors
constexpr std::chrono::seconds kMaxStepElapsed{180};
constexpr std::chrono::seconds kMaxCustomSession{900};
constexpr int kMaxCustomReps = 50;
constexpr int kMaxSteps = 8;
constexpr int kMaxFurtherSteps = 2;                   ///< that a plugin may ask for
constexpr std::chrono::seconds kMinFurtherCredit{5};  ///< of each of them

// Waiting.
constexpr std::chrono::seconds kContactWait{60};     ///< for the first contact
constexpr std::chrono::seconds kSideChangeWait{15};  ///< for the contact of each later step; then its clock runs anyway

/// What is wrong with a band, "what; what to do", or nothing. Also for a profile's own band.
std::optional<std::string> problem_with(const Band& band, Newtons contact);
/// A person's own band, where there is one, must fit the routine it replaces the bands of: one that holds no force at
/// all would earn credit with nobody there (R7). Error: kInvalidInput.
[[nodiscard]] Result<> check_own_band(const std::optional<Band>& band, const Routine& routine);

using knead::Finding;

struct RoutineCheck {
  std::optional<Routine> routine;  ///< when there is no error among the findings
  std::vector<Finding> findings;
};
/// Checks a routine's text and says everything that is wrong with it. @p file only names it: an id other than the
/// file's name is a warning.
RoutineCheck check_routine(std::string_view toml, std::string_view file);
/// The same from a file, as an error that names file, line, key and remedy (the first finding, and how many more).
Result<Routine> read_routine(const std::string& path);

}  // namespace knead::session
