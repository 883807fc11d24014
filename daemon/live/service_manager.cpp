// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace knead::live {

ServiceManager::ServiceManager(boost::asio::io_context& io) : timer_(io) {
  sd_notify(0, "READY=1");
  std::uint64_t limit_us = 0;
  if (sd_watchdog_enabled(0, &limit_us) > 0) {
    every_ = std::chrono::microseconds(limit_us / 2);  // as sd_watchdog_enabled(3) advises
    feed_watchdog();
  }
}

ServiceManager::~ServiceManager() { sd_notify(0, "STOPPING=1"); }

void ServiceManager::feed_watchdog() {
  sd_notify(0, "WATCHDOG=1");
  timer_.expires_after(every_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) feed_watchdog();
  });
}

}  // namespace knead::live
