// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/ball_models.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "daemon/core/toml_files.hpp"
#include "daemon/core/toml_reader.hpp"

namespace knead::live {
namespace {

constexpr IntegerRange kUsbId{.min = 1, .max = std::numeric_limits<std::uint16_t>::max()};
constexpr IntegerRange kInterface{.min = 0, .max = std::numeric_limits<std::uint8_t>::max()};

Result<hw::BallModel> read_ball_model(const std::string& path) {
  const auto text = TomlDocument::read_text(path);
  if (!text) return std::unexpected(text.error());
  auto document = TomlDocument::parse(*text);
  hw::BallModel model;
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
  if (has_errors(findings)) return std::unexpected(first_error(findings, path));
  return model;
}

}  // namespace

Result<std::vector<hw::BallModel>> load_ball_models(std::span<const std::string> folders) {
  std::vector<hw::BallModel> models;
  for (const std::string& folder : folders) {
    std::vector<hw::BallModel> of_folder;
    for (const auto& file : toml_files(folder)) {
      auto model = read_ball_model(file.string());
      if (!model) return std::unexpected(std::move(model.error()));
      if (hw::find_model(of_folder, model->vendor, model->product) != nullptr)
        return fail(Errc::kInvalidInput,
                    fmt::format("{}: usb: another file of this folder has the ids {:04x}:{:04x} too", file.string(),
                                model->vendor, model->product),
                    "remove one of the two");
      of_folder.push_back(std::move(*model));
    }
    for (auto& model : of_folder) {
      if (hw::find_model(models, model.vendor, model.product) == nullptr) models.push_back(std::move(model));
    }
  }
  return models.empty() ? hw::default_ball_models() : models;
}

}  // namespace knead::live
