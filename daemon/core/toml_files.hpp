// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace knead {

/// The files of @p folder named *.toml, sorted by name: the order of a folder is anybody's guess. None where the folder
/// is not there or cannot be read.
[[nodiscard]] std::vector<std::filesystem::path> toml_files(const std::string& folder);

}  // namespace knead
