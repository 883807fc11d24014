// SPDX-License-Identifier: Apache-2.0
// The real libusb runs in these tests; umockdev stands in for the kernel. Its library has to be loaded before libc's
// file functions are looked up, so the program starts itself once more with LD_PRELOAD: it can then be run like any
// other test, from a shell or a debugger.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

void append_to_env(const char* name, const std::string& value) {
  const char* old = std::getenv(name);
  setenv(name, (old != nullptr && *old != '\0' ? std::string(old) + ":" + value : value).c_str(), 1);
}

}  // namespace

// What GLib and umockdev keep until the end of the process is theirs. Found by the sanitizers by these names.
extern "C" {
__attribute__((visibility("default"))) const char*
__lsan_default_suppressions() {  // NOLINT(*-reserved-identifier,*-identifier-naming)
  return "leak:libumockdev\nleak:libglib-2.0\nleak:libgobject-2.0\nleak:libgio-2.0\n";
}
// None of these libraries is built with the sanitizer, so it cannot see how they synchronise.
__attribute__((visibility("default"))) const char*
__tsan_default_suppressions() {  // NOLINT(*-reserved-identifier,*-identifier-naming)
  return "called_from_lib:libumockdev.so.0\ncalled_from_lib:libgio-2.0.so.0\ncalled_from_lib:libglib-2.0.so.0\n"
         "called_from_lib:libgobject-2.0.so.0\ncalled_from_lib:libudev.so.1\n";
}
}

int main(int argc, char** argv) {
  constexpr const char* kStartedAgain = "KNEAD_TEST_UMOCKDEV";
  if (std::getenv(kStartedAgain) == nullptr) {
    setenv(kStartedAgain, "1", 1);
    append_to_env("LD_PRELOAD", "libumockdev-preload.so.0");
    append_to_env("ASAN_OPTIONS", "verify_asan_link_order=0");
    execv("/proc/self/exe", argv);
    std::perror("cannot start with umockdev");
    return EXIT_FAILURE;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
