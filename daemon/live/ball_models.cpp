// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/ball_models.hpp"

#include <fmt/format.h>

#include <utility>

#include "daemon/core/toml_files.hpp"
#include "daemon/core/toml_reader.hpp"

namespace knead::live {
namespace {

Result<hw::BallModel> read_file(const std::string& path) {
  const auto text = TomlDocument::read_text(path);
  if (!text) return std::unexpected(text.error());
  return hw::read_ball_model(*text, path);
}

}  // namespace

Result<std::vector<hw::BallModel>> load_ball_models(std::span<const std::string> folders) {
  std::vector<hw::BallModel> models;
  for (const std::string& folder : folders) {
    std::vector<hw::BallModel> of_folder;
    for (const auto& file : toml_files(folder)) {
      auto model = read_file(file.string());
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
