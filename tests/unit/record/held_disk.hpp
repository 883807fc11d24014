// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <utility>

#include "daemon/record/recorder.hpp"

namespace knead::record::test {

/// A disk that takes its time: from here on the recorder's thread does nothing, until it is let go.
class HeldDisk {
 public:
  explicit HeldDisk(Recorder& recorder) {
    const auto began = std::make_shared<std::promise<void>>();
    EXPECT_TRUE(recorder.with_store([began, may_go_on = go_on_.get_future().share()](Store&) {
      began->set_value();
      may_go_on.wait();
    }));
    began->get_future().wait();
  }
  ~HeldDisk() { let_go(); }
  HeldDisk(const HeldDisk&) = delete;
  HeldDisk& operator=(const HeldDisk&) = delete;
  void let_go() {
    if (std::exchange(held_, false)) go_on_.set_value();
  }

 private:
  std::promise<void> go_on_;
  bool held_ = true;
};

}  // namespace knead::record::test
