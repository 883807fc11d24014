// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace knead::live {

/// Tells systemd that the daemon is ready, and from the main loop that it lives, so that a hung one is restarted. Does
/// nothing where systemd did not start us. Main thread.
class ServiceManager {
 public:
  explicit ServiceManager(boost::asio::io_context& io);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

 private:
  void feed_watchdog();
  boost::asio::steady_timer timer_;
  std::chrono::microseconds every_{};
};

}  // namespace knead::live
