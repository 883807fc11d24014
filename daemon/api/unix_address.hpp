// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "daemon/core/error.hpp"

namespace knead::api {

/// Errors: kInvalidInput when the path does not fit (107 bytes) or is empty.
inline Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos)
    return fail(Errc::kInvalidInput, "socket path \"" + path + "\" is empty or longer than 107 bytes",
                "choose a shorter path with [api] socket or --socket");
  path.copy(static_cast<char*>(address.sun_path), path.size());
  return address;
}

inline const sockaddr* as_sockaddr(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

}  // namespace knead::api
