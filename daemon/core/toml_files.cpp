// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/toml_files.hpp"

#include <algorithm>
#include <system_error>

namespace knead {

namespace fs = std::filesystem;

std::vector<fs::path> toml_files(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace knead
