// SPDX-License-Identifier: Apache-2.0
// What `knead plugin new` and `knead routine new` write: the files of a template, with its names replaced by the
// author's.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::cli {

struct SkeletonFile {
  std::string name;  ///< without a folder
  std::string text;
};

/// "my-plugin" by "shoulder", in texts and in file names.
using Renaming = std::pair<std::string_view, std::string_view>;

/// May @p name be an id, a file name and a build target at once? Error: kInvalidInput, with a name that may be.
Result<> check_new_name(std::string_view name);

/// Every file of the template in @p folder, by name. Errors: kNotFound, kStorage.
Result<std::vector<SkeletonFile>> read_template(const std::string& folder, const std::vector<Renaming>& renamings);

/// Makes @p folder with @p files in it: all of it, or, on any error, nothing. Errors: kRefused when there is something
/// of that name; kAccessDenied, kNotFound, kStorage.
Result<> write_folder(const std::string& folder, const std::vector<SkeletonFile>& files);

}  // namespace knead::cli
