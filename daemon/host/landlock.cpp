// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "daemon/host/unique_fd.hpp"

namespace knead::host::landlock {
namespace {

// Of versions that Debian 12's header does not know yet. The numbers are the kernel's, and never change.
constexpr std::uint64_t kTruncate = 1ULL << 14U;  // version 3
constexpr std::uint64_t kIoctlDev = 1ULL << 15U;  // version 5
constexpr std::uint64_t kBindTcp = 1ULL << 0U;    // version 4
constexpr std::uint64_t kConnectTcp = 1ULL << 1U;
constexpr std::uint64_t kScopeAbstractSocket = 1ULL << 0U;  // version 6
constexpr std::uint64_t kScopeSignal = 1ULL << 1U;

/// landlock_ruleset_attr as of version 6.
struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scope = 0;
};

/// Each right that the version knows of; what a ruleset does not handle stays allowed.
Ruleset all_rights(int version) {
  constexpr std::uint64_t kFirst = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;  // version 1: all up to this one
  Ruleset all{.files = kFirst};
  if (version >= 2) all.files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) all.files |= kTruncate;
  if (version >= 4) all.network = kBindTcp | kConnectTcp;
  if (version >= 5) all.files |= kIoctlDev;
  if (version >= 6) all.scope = kScopeAbstractSocket | kScopeSignal;
  return all;
}

/// A kernel takes a longer struct than it knows only when the rest is zero; an older one knows less of it.
std::size_t size_for(int version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? offsetof(Ruleset, scope) : offsetof(Ruleset, network);
}

}  // namespace

int version() noexcept {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<> read_only(std::span<const std::string> readable) {
  const int known = version();
  const Ruleset rights = all_rights(known);
  const UniqueFd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rights, size_for(known), 0)));
  if (!ruleset.valid()) return fail_errno(Errc::kInternal, "cannot make a Landlock ruleset");
  for (const std::string& path : readable) {
    const UniqueFd there(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!there.valid()) continue;
    const landlock_path_beneath_attr rule{.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = there.get()};
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
      return fail_errno(Errc::kInternal, "cannot add a Landlock rule for " + path);
    }
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return fail_errno(Errc::kInternal, "cannot put Landlock in force");
  }
  return {};
}

}  // namespace knead::host::landlock
