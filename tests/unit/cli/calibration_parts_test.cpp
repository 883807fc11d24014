// SPDX-License-Identifier: Apache-2.0
// What `knead calibrate` and `knead safety` are made of.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>
#include <functional>

#include "daemon/cli/ask_safety.hpp"
#include "daemon/cli/checks.hpp"
#include "daemon/cli/known_weight.hpp"
#include "daemon/cli/point_collector.hpp"
#include "daemon/cli/text.hpp"

namespace knead::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(KnownWeight, IsReadInKilogramsGramsAndNewtons) {
  EXPECT_DOUBLE_EQ(parse_known_weight("2kg")->value, 19.6133);
  EXPECT_DOUBLE_EQ(parse_known_weight("1500 g")->value, 1.5 * 9.80665);
  EXPECT_DOUBLE_EQ(parse_known_weight("19.6N")->value, 19.6);
}

TEST(KnownWeight, IsNotGuessedAt) {
  for (const char* text : {"", "2", "kg", "2 lb", "2KG", "2kg ", " 2kg", "-2kg", "0kg", "2,5kg", "1e3g", "nan N",
                           "inf kg", "2kgkg", "0x10N", "99999999kg"}) {
    const auto weight = parse_known_weight(text);
    ASSERT_FALSE(weight) << text;
    EXPECT_EQ(weight.error().code, Errc::kInvalidInput);
    EXPECT_THAT(weight.error().context, HasSubstr(fmt::format("\"{}\"", text)));
    EXPECT_THAT(weight.error().remedy, HasSubstr("2kg"));
  }
}

// ---- The points ---------------------------------------------------------------------------------------------------

HostTime at(std::chrono::milliseconds t) { return HostTime(t); }
Result<session::Rest> lies_at(double raw) { return session::Rest{.raw = raw, .spread_raw = 30.0, .readings = 1000}; }
Result<session::Rest> moves() { return fail(Errc::kRefused, "the ball is not at rest", "let go of it"); }
using Step = PointCollector::Step;

TEST(PointCollector, TakesTheUnloadedBallAndThenEachWeightWhenItLiesStill) {
  PointCollector collector({Newtons{20.0}, Newtons{10.0}}, false, 60s);
  EXPECT_EQ(collector.current(), Newtons{0.0});
  collector.begin(at(0s));
  EXPECT_EQ(collector.take(at(0s), moves()), Step::kLooking);
  EXPECT_EQ(collector.take(at(1s), lies_at(84'000.0)), Step::kTaken);
  EXPECT_EQ(collector.current(), Newtons{20.0});
  collector.begin(at(10s));
  EXPECT_EQ(collector.take(at(10s), lies_at(484'000.0)), Step::kTaken);
  EXPECT_FALSE(collector.complete());
  collector.begin(at(20s));
  EXPECT_EQ(collector.take(at(20s), lies_at(284'000.0)), Step::kTaken);
  EXPECT_FALSE(collector.complete()) << "and the unloaded ball once more";
  EXPECT_EQ(collector.current(), Newtons{0.0});
  collector.begin(at(30s));
  EXPECT_EQ(collector.take(at(30s), lies_at(84'900.0)), Step::kTaken);
  EXPECT_TRUE(collector.complete());
  EXPECT_TRUE(collector.check_zero());
  EXPECT_EQ(collector.points().size(), 3U) << "which is no point of the line";
  const session::KnownForce heaviest{.force = {20.0}, .raw = 484'000.0, .spread_raw = 30.0};
  EXPECT_EQ(collector.points()[1], heaviest);
}

TEST(PointCollector, HandsFreeAReadingCountsOnceItIsWhereNoneWasBefore) {
  PointCollector collector({Newtons{20.0}, Newtons{10.0}}, true, 60s);
  collector.begin(at(0s));
  EXPECT_EQ(collector.take(at(0s), lies_at(84'000.0)), Step::kTaken);
  collector.begin(at(0s));
  EXPECT_EQ(collector.take(at(1s), lies_at(84'200.0)), Step::kLooking) << "noise and creep are no weight";
  EXPECT_THAT(collector.problem().context, HasSubstr("did not change"));
  EXPECT_EQ(collector.take(at(2s), lies_at(484'000.0)), Step::kTaken);
  collector.begin(at(2s));
  EXPECT_EQ(collector.take(at(3s), lies_at(484'100.0)), Step::kLooking) << "still the weight before";
  EXPECT_EQ(collector.take(at(5s), lies_at(84'050.0)), Step::kLooking) << "between two weights nothing is on the ball";
  EXPECT_EQ(collector.take(at(9s), lies_at(284'000.0)), Step::kTaken);
  collector.begin(at(9s));
  EXPECT_EQ(collector.take(at(10s), lies_at(284'050.0)), Step::kLooking) << "the last weight still lies on it";
  EXPECT_EQ(collector.take(at(11s), lies_at(84'020.0)), Step::kTaken) << "where it was at first";
  EXPECT_TRUE(collector.complete());
}

TEST(PointCollector, ABallThatDoesNotComeBackToItsZeroIsNotCalibrated) {
  PointCollector collector({Newtons{10.0}, Newtons{20.0}}, false, 60s);
  for (const double raw : {84'000.0, 284'000.0, 484'000.0, 84'000.0 + 0.6 * 20'000.0}) {
    collector.begin(at(0s));
    ASSERT_EQ(collector.take(at(0s), lies_at(raw)), Step::kTaken);
  }
  ASSERT_TRUE(collector.complete());
  const auto same = collector.check_zero();
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().code, Errc::kRefused);
  EXPECT_THAT(same.error().context, AllOf(HasSubstr("+0.60 N"), HasSubstr("creeps")));
  EXPECT_THAT(same.error().remedy, HasSubstr("begin again"));
}

TEST(PointCollector, WhereNoWeightWasFeltTheSensorIsNotBlamed) {
  PointCollector collector({Newtons{20.0}}, false, 60s);
  for (const double raw : {84'000.0, 84'020.0, 84'040.0}) {
    collector.begin(at(0s));
    ASSERT_EQ(collector.take(at(0s), lies_at(raw)), Step::kTaken);
  }
  EXPECT_TRUE(collector.check_zero()) << "of 20 counts for 20 N the daemon says what is wrong";
}

TEST(PointCollector, GivesUpWithWhatWasInTheWayAndHasKeptNothingOfIt) {
  PointCollector collector({Newtons{20.0}}, false, 5s);
  collector.begin(at(100s));
  EXPECT_EQ(collector.take(at(104'999ms), moves()), Step::kLooking);
  EXPECT_EQ(collector.take(at(105s), moves()), Step::kGivenUp);
  EXPECT_EQ(collector.problem().context, "the ball is not at rest");
  EXPECT_THAT(collector.points(), IsEmpty());
  collector.begin(at(200s));
  EXPECT_EQ(collector.take(at(200s), lies_at(1.0)), Step::kTaken) << "and can be asked again";
}

// ---- The safety questions -----------------------------------------------------------------------------------------

class Answers {
 public:
  explicit Answers(std::deque<std::string> lines) : lines_(std::move(lines)) {}
  std::optional<std::string> operator()(const std::string& question) {
    asked += question + "\n";
    if (lines_.empty()) return std::nullopt;
    auto line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  std::string asked;

 private:
  std::deque<std::string> lines_;
};

std::deque<std::string> all(const char* word) { return {session::safety_questions().size(), word}; }

TEST(AskSafety, NoToAllAndYesToTheWarningsIsAllThereIs) {
  auto lines = all("n");
  lines.emplace_back("y");
  Answers answers(lines);
  const auto given = ask_safety_questions(std::ref(answers));
  ASSERT_TRUE(given) << given.error().message();
  EXPECT_EQ(given->version, session::kSafetyQuestionsVersion);
  EXPECT_THAT(given->yes, IsEmpty());
  EXPECT_FALSE(given->clinician_asked);
  EXPECT_THAT(answers.asked, AllOf(HasSubstr("Are you pregnant? (y/n)"), HasSubstr("front or the side of the neck")));
}

TEST(AskSafety, AYesAsksForWordsThatNobodyTypesByMistake) {
  for (const auto& [words, clinician] :
       {std::pair("I asked a clinician", true), std::pair("  i asked a CLINICIAN ", true), std::pair("y", false),
        std::pair("yes", false), std::pair("", false)}) {
    auto lines = all("no");
    lines[5] = "Yes";
    lines.emplace_back("yes");
    lines.emplace_back(words);
    Answers answers(lines);
    const auto given = ask_safety_questions(std::ref(answers));
    ASSERT_TRUE(given) << given.error().message();
    EXPECT_THAT(given->yes, ElementsAre(session::safety_questions()[5].id));
    EXPECT_EQ(given->clinician_asked, clinician) << words;
    EXPECT_THAT(answers.asked, HasSubstr("Ask a clinician first: you said yes to"));
  }
}

TEST(AskSafety, WhatIsNeitherYesNorNoIsAskedAgainAndAnEndOfInputKeepsNothing) {
  auto lines = all("n");
  lines.emplace_front("maybe");
  lines.emplace_front("");
  lines.emplace_back("y");
  EXPECT_TRUE(ask_safety_questions(Answers(lines)));
  lines.pop_back();
  const auto ended = ask_safety_questions(Answers(lines));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::kInvalidInput);
  lines.emplace_back("n");
  const auto against = ask_safety_questions(Answers(lines));
  ASSERT_FALSE(against);
  EXPECT_EQ(against.error().code, Errc::kRefused) << "the warnings are not for sale";
}

// ---- What doctor and status say -----------------------------------------------------------------------------------

TEST(CalibrationCheck, SaysWhenHowStraightAndWhatToDo) {
  using Verdict = Check::Verdict;
  api::BallStatus ball{.serial = "KN-1", .path = "sim"};
  EXPECT_EQ(judge_calibration(ball).verdict, Verdict::kBad);
  EXPECT_THAT(judge_calibration(ball).remedy, HasSubstr("`knead calibrate`"));
  EXPECT_THAT(describe(ball), HasSubstr("`knead calibrate`"));
  ball.calibrated = true;
  EXPECT_EQ(judge_calibration(ball).verdict, Verdict::kGood);
  ball.calibration = api::CalibrationStatus{
      .at = "2026-03-01T07:15:00.000250Z", .by_weights = true, .residual_pct = 0.213, .age_days = 3.4};
  EXPECT_EQ(judge_calibration(ball).saw, "KN-1: calibrated 2026-03-01 (3 days ago), residual 0.21 %");
  EXPECT_THAT(describe(ball), HasSubstr("calibrated 2026-03-01 (3 days ago), residual 0.21 %"));
  ball.calibration->age_days = 366.0;
  EXPECT_EQ(judge_calibration(ball).verdict, Verdict::kNote);
  ball.calibration->age_days = 1.0;
  ball.calibration->residual_pct = 1.5;
  EXPECT_EQ(judge_calibration(ball).verdict, Verdict::kNote);
  ball.calibration->by_weights = false;
  EXPECT_THAT(judge_calibration(ball).saw, HasSubstr("calibrated before 2026-03-01"));
}

TEST(SafetyCheck, ShowsEachProfilesAnswersAgain) {
  record::SafetyAnswer answer{.profile = "anna", .at = "2026-03-01T07:15:00.000250Z"};
  answer.given = {.version = session::kSafetyQuestionsVersion, .yes = {"pregnancy"}};
  EXPECT_EQ(judge_safety(answer).saw, "anna: answered on 2026-03-01, yes to pregnancy");
  EXPECT_EQ(judge_safety(answer).verdict, Check::Verdict::kNote);
  EXPECT_THAT(judge_safety(answer).remedy, HasSubstr("ask a clinician first"));
  answer.given.clinician_asked = true;
  EXPECT_EQ(judge_safety(answer).verdict, Check::Verdict::kGood);
  answer.given.version = 0;
  EXPECT_THAT(judge_safety(answer).remedy, HasSubstr("have changed"));
}

}  // namespace
}  // namespace knead::cli
