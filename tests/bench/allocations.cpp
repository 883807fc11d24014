// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::uint64_t allocation_count =
    0;  // NOLINT(*-avoid-non-const-global-variables): what operator new counts
}

// Replaces the program's operator new; the array and nothrow forms end here too.
void* operator new(std::size_t size) {
  ++allocation_count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocation_count;
  const auto a = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(a, (size + a - 1) / a * a)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace knead::bench {
std::uint64_t allocations() noexcept { return allocation_count; }
}  // namespace knead::bench
