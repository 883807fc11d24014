// SPDX-License-Identifier: Apache-2.0
// A configuration somebody wrote: nothing in it raises a ceiling (R2), and what `config show` prints is the same
// configuration again.
#include <array>
#include <string>

#include "daemon/core/config.hpp"
#include "tests/fuzz/explained.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

namespace {

Result<LoadedConfig> load(const fuzz::MemoryFile& file, std::string_view text) {
  file.write(text);
  const std::array files{file.path()};
  Environment environment;
  environment.home = "/home/somebody";
  return load_config(environment, files);
}

void ceilings_hold(const Config& config) {
  const auto& interlock = config.interlock;
  must(interlock.hard_limit.value >= 1.0 && interlock.hard_limit <= ceiling::kHardLimit, "R2: the hard limit holds");
  must(interlock.lease.count() >= 1 && interlock.lease <= ceiling::kLease, "R2: a lease lapses");
  must(interlock.ttl.count() >= 1 && interlock.ttl <= ceiling::kTtl, "R2: the ball's TTL holds");
  must(interlock.stale.count() >= 1 && interlock.stale <= ceiling::kStale, "R4: silence stops");
  must(interlock.max_level >= 0.0 && interlock.max_level <= ceiling::kMotorLevel, "R2: the level holds");
  must(interlock.max_temperature_c <= ceiling::kTemperatureC, "R2: the temperature holds");
  if (const auto& band = config.session.band)
    must(band->lo < band->hi && band->lo.value >= 0.0 && band->hi <= ceiling::kHardLimit, "R2: a band ends in time");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const fuzz::MemoryFile file;
  const auto loaded = load(file, text);
  fuzz::must_be_explained(check_config(text), loaded.has_value(), "kneadd.toml");
  if (!loaded) {
    fuzz::must_be_explained(loaded.error(), file.path());
    return 0;
  }
  ceilings_hold(loaded->config);
  must(1'000'000 % loaded->config.ball.rate_hz == 0, "a period is of whole microseconds");
  must(!loaded->config.api.socket.empty() && !loaded->config.record.database.empty(), "the daemon knows its files");

  const auto again = load(file, render(*loaded));
  must(again.has_value(), "what is shown can be read");
  must(again->config == loaded->config, "what is shown is what is in force");
  return 0;
}
