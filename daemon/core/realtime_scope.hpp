// SPDX-License-Identifier: Apache-2.0
// Marks the sampling path for the guard of the test builds (tests/guard), which is preloaded there and ends the program
// with a backtrace when the path allocates, locks, makes a blocking system call or logs. Without the guard a mark is
// one untaken branch.
#pragma once

extern "C" {
// Defined by the guard alone; null elsewhere.
[[gnu::weak, gnu::visibility("default")]] void knead_guard_enter() noexcept;
[[gnu::weak, gnu::visibility("default")]] void knead_guard_leave() noexcept;
[[gnu::weak, gnu::visibility("default")]] void knead_guard_enter_library() noexcept;
[[gnu::weak, gnu::visibility("default")]] void knead_guard_leave_library() noexcept;
}

namespace knead {

/// From here to the end of the block this thread is on the sampling path.
class RealtimeScope {
 public:
  RealtimeScope() noexcept {
    if (knead_guard_enter != nullptr) knead_guard_enter();
  }
  ~RealtimeScope() {
    if (knead_guard_leave != nullptr) knead_guard_leave();
  }
  RealtimeScope(const RealtimeScope&) = delete;
  RealtimeScope& operator=(const RealtimeScope&) = delete;
};

/// Within a RealtimeScope: from here to the end of the block a library works whose ways are its own (libusb allocates
/// at each submit). The guard counts what it does there instead of ending the program.
class LibraryScope {
 public:
  LibraryScope() noexcept {
    if (knead_guard_enter_library != nullptr) knead_guard_enter_library();
  }
  ~LibraryScope() {
    if (knead_guard_leave_library != nullptr) knead_guard_leave_library();
  }
  LibraryScope(const LibraryScope&) = delete;
  LibraryScope& operator=(const LibraryScope&) = delete;
};

}  // namespace knead
