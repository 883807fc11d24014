// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace knead {

/// Built with AddressSanitizer or ThreadSanitizer, whose own memory and system calls no limit may count. GCC says so by
/// macros, Clang by features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kUnderSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kUnderSanitizer = true;
#else
inline constexpr bool kUnderSanitizer = false;
#endif
#else
inline constexpr bool kUnderSanitizer = false;
#endif

}  // namespace knead
