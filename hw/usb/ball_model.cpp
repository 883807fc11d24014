// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/ball_model.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "daemon/core/toml_reader.hpp"

namespace knead::hw {
namespace {

constexpr IntegerRange kUsbId{.min = 1, .max = std::numeric_limits<std::uint16_t>::max()};
constexpr IntegerRange kInterface{.min = 0, .max = std::numeric_limits<std::uint8_t>::max()};

}  // namespace

std::vector<BallModel> default_ball_models() { return {BallModel{}}; }

Result<BallModel> read_ball_model(std::string_view toml, std::string_view file) {
  auto document = TomlDocument::parse(toml);
  BallModel model;
  if (document.parsed()) {
    auto root = document.root();
    if (auto ball = root.table("ball", Need::kRequired)) {
      if (auto name = ball->string("name", Need::kRequired)) model.name = std::move(*name);
    }
    if (auto usb = root.table("usb", Need::kRequired)) {
      model.vendor = static_cast<std::uint16_t>(usb->integer("vendor_id", kUsbId, Need::kRequired).value_or(0));
      model.product = static_cast<std::uint16_t>(usb->integer("product_id", kUsbId, Need::kRequired).value_or(0));
      model.interface = static_cast<std::uint8_t>(usb->integer("interface", kInterface).value_or(model.interface));
    }
  }
  const auto findings = document.finish();
  if (has_errors(findings)) return std::unexpected(first_error(findings, file));
  return model;
}

const BallModel* find_model(std::span<const BallModel> models, std::uint16_t vendor, std::uint16_t product) noexcept {
  const auto it = std::ranges::find_if(
      models, [&](const BallModel& model) { return model.vendor == vendor && model.product == product; });
  return it == models.end() ? nullptr : &*it;
}

}  // namespace knead::hw
