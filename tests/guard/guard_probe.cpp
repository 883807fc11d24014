// SPDX-License-Identifier: Apache-2.0
// Does one thing that the sampling path may not, inside a RealtimeScope, so that a test sees the guard end it.
//
//   guard_probe nothing|allocate|free|lock|write|log|sleep|library
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <string_view>

#include "daemon/core/realtime_scope.hpp"

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  std::mutex mutex;
  void* volatile before = std::malloc(64);
  {
    const knead::RealtimeScope on_the_path;
    if (what == "allocate") {
      void* volatile memory = std::malloc(64);
      std::free(memory);
    } else if (what == "free") {
      std::free(before);
    } else if (what == "lock") {
      const std::lock_guard lock(mutex);
    } else if (what == "write") {
      static_cast<void>(!::write(STDOUT_FILENO, "x", 1));
    } else if (what == "log") {
      spdlog::info("a log line");
    } else if (what == "sleep") {
      const timespec moment{.tv_sec = 0, .tv_nsec = 1};
      ::nanosleep(&moment, nullptr);
    } else if (what == "library") {
      const knead::LibraryScope inside;
      void* volatile memory = std::malloc(64);
      std::free(memory);
    } else if (what != "nothing") {
      return 2;
    }
  }
  return 0;
}
