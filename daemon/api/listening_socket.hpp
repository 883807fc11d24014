// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "daemon/core/error.hpp"

namespace knead::api {

/// A Unix stream socket that listens on a path only we hold. Closing removes the file. Movable.
class ListeningSocket {
 public:
  /// Errors as Server::listen.
  static Result<ListeningSocket> open(const std::string& path, const std::string& group);
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) = delete;
  ~ListeningSocket();

  /// Hands over the descriptor; the file and the lock stay ours.
  [[nodiscard]] int release_fd() noexcept;

 private:
  ListeningSocket() = default;
  std::string path_;
  int fd_ = -1;
  int lock_fd_ = -1;
  dev_t device_ = 0;  ///< with inode_: the file we made, so that only that one is removed
  ino_t inode_ = 0;
};

}  // namespace knead::api
