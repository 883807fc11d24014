// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace knead::fault {

/// Lets this process mount, unseen by any other. Before the first FullDisk. @return whether it may.
bool take_mount_namespace();

/// A small disk for a database, which can be full. With a mount namespace a tmpfs that is filled to its last byte;
/// without one a limit on the size of the daemon's files, which fails the same writes with another errno.
class FullDisk {
 public:
  /// @param folder an empty one
  explicit FullDisk(std::string folder);
  ~FullDisk();
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  [[nodiscard]] std::string database() const { return folder_ + "/knead.db"; }
  void fill(pid_t daemon);
  void make_room(pid_t daemon);

 private:
  std::string folder_;
  bool mounted_ = false;
};

}  // namespace knead::fault
