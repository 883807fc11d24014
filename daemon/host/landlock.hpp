// SPDX-License-Identifier: Apache-2.0
// The kernel's Landlock: a process gives up what it could do to files, and can never have it back. See
// https://docs.kernel.org/userspace-api/landlock.html
#pragma once

#include <span>
#include <string>

#include "daemon/core/error.hpp"

namespace knead::host {

/// What it means that the kernel has none, for people.
constexpr const char* kNoLandlock =
    "this kernel has no Landlock: while a plugin is loaded it can read what the daemon can";

namespace landlock {

/// The version the running kernel has: 1 (Linux 5.13) and up; 0: none, or switched off at boot.
int version() noexcept;

/// From now on this process can open nothing but the @p readable files, and what lies below the @p readable folders, to
/// read. No file can be made, changed or run, no TCP port reached (version 4 on), no process outside signalled or
/// reached by an abstract socket (version 6 on). What is not there is passed over. Descriptors that are open stay so.
/// Precondition: PR_SET_NO_NEW_PRIVS is set, version() > 0. Errors: kInternal.
Result<> read_only(std::span<const std::string> readable);

}  // namespace landlock
}  // namespace knead::host
