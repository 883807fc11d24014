// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "tests/beat.hpp"

namespace knead::test {

/// The main loop of a program on a thread of its own, so that a test can be its client; what belongs on the loop the
/// test does by run(). The loop outlives it.
class LoopThread {
 public:
  explicit LoopThread(boost::asio::io_context& io) : io_(io) {}
  ~LoopThread() { end(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  void start() {
    thread_ = std::thread([this] { io_.run(); });
  }
  [[nodiscard]] bool runs() const { return thread_.joinable(); }
  /// Waits until nothing is left to be done, or the loop is stopped.
  void end() {
    work_.reset();
    if (runs()) thread_.join();
  }

  /// Does @p what on the loop, and waits for it.
  template <class What>
  auto run(What what) -> decltype(what()) {
    std::packaged_task<decltype(what())()> task(std::move(what));
    auto done = task.get_future();
    boost::asio::post(io_, std::move(task));
    return done.get();
  }
  /// Waits until @p holds, asked on the loop. @return whether it did within kPatience.
  template <class Condition>
  [[nodiscard]] bool eventually(const Condition& holds) {
    return test::eventually([&] { return run([&] { return static_cast<bool>(holds()); }); });
  }

 private:
  boost::asio::io_context& io_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_{
      boost::asio::make_work_guard(io_)};
  std::thread thread_;
};

}  // namespace knead::test
