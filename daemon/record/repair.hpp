// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::record {

struct Repair {
  bool needed = false;             ///< false: it was sound, and was left as it is
  std::string kept_as;             ///< where the damaged file lies now
  std::vector<std::string> done;   ///< a sentence each
  std::uint64_t samples_lost = 0;  ///< that were on record, and now are a gap there
};

/// Makes a sound database of what can be read of @p path. The damaged file is never written to: what it holds is
/// copied, table by table, to a new file beside it; blocks that cannot be read become gaps; counts are made anew; the
/// new file is checked, and only then takes the place of the old one, which stays beside it under another name
/// (swap.hpp says what a stop leaves). On any error everything is as it was. Errors: kBusy while a daemon writes;
/// kStorage when nothing can be read, or the disk has no room for the copy, and for that of its log.
Result<Repair> repair_database(const std::string& path);

}  // namespace knead::record
