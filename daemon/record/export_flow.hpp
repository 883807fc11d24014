// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <ostream>

#include "daemon/core/error.hpp"

namespace knead::record {

/// Hands over what has gathered, and notices a full disk or a closed pipe.
inline Result<> flow(fmt::memory_buffer& from, std::ostream& to) {
  to.write(from.data(), static_cast<std::streamsize>(from.size()));
  from.clear();
  if (!to) return fail(Errc::kStorage, "cannot write the export", "check the free space where it goes");
  return {};
}

}  // namespace knead::record
