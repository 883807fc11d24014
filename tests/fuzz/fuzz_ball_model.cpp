// SPDX-License-Identifier: Apache-2.0
// A ball model somebody wrote: it is refused with file, key and remedy (R9), or has ids that a device can have.
#include "hw/usb/ball_model.hpp"
#include "tests/fuzz/explained.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/must.hpp"

using namespace knead;
using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto model = hw::read_ball_model(fuzz::text_of(data, size), "ball.toml");
  if (!model) {
    fuzz::must_be_explained(model.error(), "ball.toml");
    return 0;
  }
  must(model->vendor != 0 && model->product != 0, "no device has an id of 0");
  must(!model->name.empty() && fuzz::is_one_plain_line(model->name), "a name can be shown");
  return 0;
}
