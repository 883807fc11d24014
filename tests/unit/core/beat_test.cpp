// SPDX-License-Identifier: Apache-2.0
#include "tests/beat.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace knead::test {
namespace {

using namespace std::chrono_literals;

TEST(Eventually, LooksOnceMoreWhenItsThreadWasKeptWaitingBeyondTheBound) {
  const auto bound = 20ms;
  int looks = 0;
  const auto true_once_the_bound_has_passed = [&] {
    if (++looks == 2) Beat(2 * bound).wait();  // as a thread that the machine keeps waiting
    return looks > 2;
  };
  EXPECT_TRUE(eventually(true_once_the_bound_has_passed, bound));
}

TEST(Eventually, EndsWhenTheConditionNeverComesTrue) {
  EXPECT_FALSE(eventually([] { return false; }, 5ms));
}

}  // namespace
}  // namespace knead::test
