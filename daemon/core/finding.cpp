// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/finding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace knead {
namespace {

bool is_error(const Finding& finding) { return finding.severity == Finding::Severity::kError; }

std::string place(const Finding& finding, std::string_view file) {
  std::string text(file);
  if (finding.line > 0) text += fmt::format(":{}", finding.line);
  if (finding.line > 0 && finding.column > 0) text += fmt::format(":{}", finding.column);
  text += ": ";
  if (!is_error(finding)) text += "warning: ";
  if (!finding.key.empty()) text += finding.key + ": ";
  return text;
}

}  // namespace

std::string to_string(const Finding& finding, std::string_view file) { return place(finding, file) + finding.text; }

Error to_error(const Finding& finding, std::string_view file) {
  constexpr std::string_view kBetween = "; ";
  const std::size_t split = finding.text.rfind(kBetween);
  Error error{.code = Errc::kInvalidInput, .context = place(finding, file) + finding.text.substr(0, split)};
  if (split != std::string::npos) error.remedy = finding.text.substr(split + kBetween.size());
  return error;
}

bool has_errors(std::span<const Finding> findings) noexcept { return std::ranges::any_of(findings, is_error); }

Error first_error(std::span<const Finding> findings, std::string_view file) {
  Error error = to_error(*std::ranges::find_if(findings, is_error), file);
  if (const auto more = std::ranges::count_if(findings, is_error) - 1; more > 0) {
    error.context += fmt::format(" (and {} more)", more);
  }
  return error;
}

}  // namespace knead
