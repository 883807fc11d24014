// SPDX-License-Identifier: Apache-2.0
// Routines that are well written but for their numbers. Mutated letters seldom make two steps too long together;
// numbers do, and so the sums of R8 are tried and not the grammar.
#include <fmt/format.h>

#include <array>
#include <string>

#include "daemon/session/routine.hpp"
#include "tests/fuzz/dose.hpp"
#include "tests/fuzz/explained.hpp"
#include "tests/fuzz/input.hpp"

using namespace knead;

namespace {

/// Tenths, so that sums meet a bound from both sides.
std::string tenths(std::uint16_t number) { return fmt::format("{}.{}", number / 10, number % 10); }

std::string step(fuzz::Input& input) {
  constexpr std::array kSides{"left", "right", "chosen"};
  const std::uint8_t how = input.u8();
  std::string text = fmt::format("[[release]]\nmuscle = \"m{}\"\nside = \"{}\"\ncredit_s = {}\n", how % 2,
                                 kSides[(how >> 1U & 3U) % kSides.size()], tenths(input.u16() % 1300));
  if ((how & 0x10U) != 0) text += fmt::format("max_elapsed_s = {}\n", tenths(input.u16() % 1900));
  if ((how & 0x20U) != 0) text += fmt::format("hysteresis_n = {}\n", tenths(input.u8()));
  if ((how & 0x40U) != 0) text += fmt::format("vibration = {{ level = {} }}\n", tenths(input.u8() % 12));
  const std::string lo = tenths(input.u16() % 700);
  return text + fmt::format("band_n = [{}, {}]\n", lo, tenths(input.u16() % 700));
}

std::string activation(fuzz::Input& input) {
  const std::uint8_t how = input.u8();
  std::string text = fmt::format("[activation]\nplugin = \"p\"\nexercise = \"e\"\nreps = {}\n", input.u8() % 64);
  if ((how & 1U) != 0) text += fmt::format("max_elapsed_s = {}\n", tenths(input.u16() % 9100));
  if ((how & 2U) != 0)
    text += fmt::format("press_n = {}\nceiling_n = {}\n", tenths(input.u8()), tenths(input.u16() % 700));
  const std::string up = tenths(input.u8());
  return text + fmt::format("tempo_s = {{ up = {}, down = {} }}\n", up, tenths(input.u8()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint8_t how = input.u8();
  std::string text = fmt::format("[routine]\nid = \"r\"\ntitle = \"R\"\nmethod = \"{}\"\n",
                                 (how & 1U) != 0 ? "custom" : "release-activate");
  if ((how & 2U) != 0) text += fmt::format("contact_n = {}\n", tenths(input.u8() % 110));
  for (int i = how >> 4U; i >= 0; --i) text += step(input);
  if ((how & 4U) != 0) text += activation(input);

  const auto check = session::check_routine(text, "r.toml");
  fuzz::must_be_explained(check.findings, check.routine.has_value(), "r.toml");
  if (check.routine) fuzz::may_be_run(*check.routine);
  return 0;
}
