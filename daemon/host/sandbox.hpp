// SPDX-License-Identifier: Apache-2.0
// What knead-plugin-host gives up before a stranger's code runs in it. Each step can only take away.
#pragma once

#include <sys/types.h>

#include <string>

#include "daemon/core/error.hpp"

namespace knead::host::sandbox {

/// First thing in the process: dies with @p parent, keeps only the descriptors up to @p last_fd, gains no privileges,
/// leaves any real-time class, and is bounded in memory, processor time, files and processes.
/// Errors: kDisconnected when the parent is gone already; kInternal when the system refuses a step.
Result<> confine_process(pid_t parent, int last_fd);

/// With Landlock: from now on the plugin's own file can be read, and the libraries of the system that it may be linked
/// with; nothing else, not even in its constructors. Returns false, and takes nothing away, on a kernel without it:
/// there a plugin's constructors can read what the user can. Errors: kInternal.
Result<bool> confine_files(const std::string& plugin_file);

/// A seccomp allow-list, in force before the plugin's file is loaded, because loading it runs its constructors. Files
/// can be opened for reading, for the libraries a plugin is linked with. What no honest plugin needs (threads,
/// processes, sockets, tracing) ends the process after a ViolationFrame on @p report_fd; anything else unlisted fails
/// with EPERM.
Result<> allow_loading(int report_fd);

/// After the plugin is loaded: no file can be opened any more, and the filter cannot be changed.
Result<> forbid_loading();

}  // namespace knead::host::sandbox
