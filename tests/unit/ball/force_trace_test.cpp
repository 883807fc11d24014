// SPDX-License-Identifier: Apache-2.0
#include "hw/ball/force_trace.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/ball/bench.hpp"

namespace knead::ball {
namespace {

ForceTrace trace_of(std::string_view csv) {
  auto trace = ForceTrace::parse(csv, "t.csv");
  EXPECT_TRUE(trace) << trace.error().message();
  return trace.value();
}

TEST(ForceTrace, IsLinearBetweenRowsAndHoldsItsEnds) {
  const ForceTrace trace = trace_of("t_s,force_n\n1.0,10\n2.0,20\n4.0,0\n");
  EXPECT_DOUBLE_EQ(trace.force(at(0s)).value, 10.0);
  EXPECT_DOUBLE_EQ(trace.force(at(1s)).value, 10.0);
  EXPECT_DOUBLE_EQ(trace.force(at(1500ms)).value, 15.0);
  EXPECT_DOUBLE_EQ(trace.force(at(2s)).value, 20.0);
  EXPECT_DOUBLE_EQ(trace.force(at(3500ms)).value, 5.0);
  EXPECT_DOUBLE_EQ(trace.force(at(1h)).value, 0.0);
  EXPECT_EQ(trace.end(), at(4s));
}

TEST(ForceTrace, HasAButtonThatHoldsFromItsRowOn) {
  const ForceTrace trace = trace_of("t_s,force_n,button\n1,0,1\n2,0,0\n3,0,1\n");
  EXPECT_FALSE(trace.button(at(999ms)));
  EXPECT_TRUE(trace.button(at(1s)));
  EXPECT_TRUE(trace.button(at(1999ms)));
  EXPECT_FALSE(trace.button(at(2s)));
  EXPECT_TRUE(trace.button(at(1h)));
}

TEST(ForceTrace, TakesWhatSpreadsheetsWrite) {
  const ForceTrace trace = trace_of("\xEF\xBB\xBFt_s, force_n\r\n0, 1.5e1\r\n0.5,-0.01\r\n\r\n");
  ASSERT_EQ(trace.rows().size(), 2U);
  EXPECT_DOUBLE_EQ(trace.rows()[0].force_n, 15.0);
  EXPECT_DOUBLE_EQ(trace.rows()[1].force_n, -0.01);
}

TEST(ForceTrace, OfOneRowIsASteadyForce) { EXPECT_DOUBLE_EQ(trace_of("t_s,force_n\n0,7").force(at(9s)).value, 7.0); }

struct BadTrace {
  const char* name;
  const char* csv;
  const char* says;  ///< part of the message
};
class R9BadTrace : public testing::TestWithParam<BadTrace> {};
TEST_P(R9BadTrace, IsRefusedWithPlaceAndRemedyInOneLine) {
  const auto trace = ForceTrace::parse(GetParam().csv, "t.csv");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, Errc::kInvalidInput);
  EXPECT_FALSE(trace.error().remedy.empty());
  const std::string message = trace.error().message();
  EXPECT_NE(message.find(GetParam().says), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    ForceTrace, R9BadTrace,
    testing::Values(
        BadTrace{"empty", "", "t.csv: the file is empty"}, BadTrace{"blank", "\n \r\n", "t.csv: the file is empty"},
        BadTrace{"header_only", "t_s,force_n\n\n", "t.csv: no rows"},
        BadTrace{"no_header", "0,1\n1,2\n", "t.csv:1: \"0,1\" is not the header"},
        BadTrace{"wrong_header", "time,force\n0,1\n", "t.csv:1: \"time,force\""},
        BadTrace{"fourth_column", "t_s,force_n,button,x\n0,1,0,0\n", "t.csv:1:"},
        BadTrace{"binary",
                 "\x7F"
                 "ELF\x01\x02",
                 "t.csv:1:"},
        BadTrace{"text_cell", "t_s,force_n\n0,1\n0.5,hard\n", "t.csv:3:5: force_n: \"hard\" is not a number"},
        BadTrace{"number_with_unit", "t_s,force_n\n0,1N\n", "t.csv:2:3: force_n: \"1N\" is not a number"},
        BadTrace{"empty_cell", "t_s,force_n\n0,\n", "t.csv:2:3: force_n: \"\" is not a number"},
        BadTrace{"hexadecimal", "t_s,force_n\n0,0x10\n", "t.csv:2:3: force_n"},
        BadTrace{"missing_cell", "t_s,force_n\n0,1\n2\n", "t.csv:3: 1 column where the header names 2"},
        BadTrace{"decimal_comma", "t_s,force_n\n0,5,1,5\n", "t.csv:2: 4 columns where the header names 2"},
        BadTrace{"blank_line_within", "t_s,force_n\n0,1\n\n1,2\n", "t.csv:3: 1 column"},
        BadTrace{"not_a_number", "t_s,force_n\n0,nan\n", "t.csv:2:3: force_n: \"nan\" is not a finite number"},
        BadTrace{"infinite", "t_s,force_n\n0,1\n1,-inf\n", "t.csv:3:3: force_n: \"-inf\" is not a finite number"},
        BadTrace{"too_large_for_a_number", "t_s,force_n\n0,1e999\n", "t.csv:2:3: force_n"},
        BadTrace{"negative_force", "t_s,force_n\n0,-3\n", "t.csv:2:3: force_n: -3 N is negative"},
        BadTrace{"negative_time", "t_s,force_n\n-1,3\n", "t.csv:2:1: t_s: -1 s is out of range"},
        BadTrace{"endless_time", "t_s,force_n\n1e18,3\n", "t.csv:2:1: t_s"},
        BadTrace{"unsorted", "t_s,force_n\n0,1\n2,1\n1,1\n", "t.csv:4:1: t_s: 1 does not come after 2"},
        BadTrace{"same_time_twice", "t_s,force_n\n0,1\n0,1\n", "t.csv:3:1: t_s: 0 does not come after 0"},
        BadTrace{"half_a_button", "t_s,force_n,button\n0,1,0.5\n", "t.csv:2:5: button: 0.5 is neither 0 nor 1"}),
    [](const auto& one) { return one.param.name; });

TEST(ForceTrace, ThatIsNotThereIsNotFound) {
  const auto trace = ForceTrace::read("/nowhere/at/all.csv");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, Errc::kNotFound);
  EXPECT_NE(trace.error().message().find("/nowhere/at/all.csv: No such file"), std::string::npos);
}

TEST(ForceTrace, CannotBeADirectory) {
  const auto trace = ForceTrace::read("/");
  ASSERT_FALSE(trace);
  EXPECT_NE(trace.error().message().find("Is a directory"), std::string::npos) << trace.error().message();
}

TEST(ForceTrace, IsReadFromAFile) {
  const auto path = std::filesystem::temp_directory_path() / ("knead-trace-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(path) << "t_s,force_n\n0,1\n";
  const auto trace = ForceTrace::read(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(trace->rows().size(), 1U);
}

TEST(ForceTrace, TakesTheRecordedOnes) {
  const std::filesystem::path data = KNEAD_SOURCE_DIR "/../shared/data";
  if (!std::filesystem::exists(data / "squeeze-a.csv")) GTEST_SKIP() << "skipped: no recorded traces in " << data;
  const auto trace = ForceTrace::read(data / "squeeze-a.csv");
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(trace->rows().size(), 20158U);
  EXPECT_EQ(trace->end(), at(100785ms));
}

}  // namespace
}  // namespace knead::ball
