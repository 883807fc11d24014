// SPDX-License-Identifier: Apache-2.0
#pragma once

// GCC says by macros what it builds with, Clang by features.
#if defined(__has_feature)
#define KNEAD_HAS_FEATURE(feature) __has_feature(feature)
#else
#define KNEAD_HAS_FEATURE(feature) 0
#endif

namespace knead {

#if defined(__SANITIZE_ADDRESS__) || KNEAD_HAS_FEATURE(address_sanitizer)
inline constexpr bool kUnderAddressSanitizer = true;
#else
inline constexpr bool kUnderAddressSanitizer = false;
#endif

/// Built with AddressSanitizer or ThreadSanitizer, whose own memory and system calls no limit may count.
#if defined(__SANITIZE_THREAD__) || KNEAD_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kUnderSanitizer = true;
#else
inline constexpr bool kUnderSanitizer = kUnderAddressSanitizer;
#endif

}  // namespace knead

#undef KNEAD_HAS_FEATURE
