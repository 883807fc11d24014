// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/params.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>

namespace knead::api {
namespace {
constexpr std::size_t kMaxText = 4096;
}

const boost::json::value* Params::find(std::string_view key) {
  asked_.push_back(key);
  const auto* value = object_.if_contains({key.data(), key.size()});
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Params::mistake(std::string text, std::string remedy) {
  if (mistake_) return;
  mistake_ = Error{.code = Errc::kInvalidInput, .context = std::move(text), .remedy = std::move(remedy)};
}

std::optional<std::string> Params::text(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || value->get_string().size() > kMaxText) {
    mistake(fmt::format("\"{}\" must be a text of at most {} bytes", key, kMaxText), "see daemon/api/API.md");
    return std::nullopt;
  }
  return std::string(value->get_string());
}

std::string Params::required_text(std::string_view key) {
  const auto value = text(key);
  if (!value) mistake(fmt::format("\"{}\" is missing", key), "see daemon/api/API.md");
  return value.value_or("");
}

std::optional<bool> Params::boolean(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    mistake(fmt::format("\"{}\" must be true or false", key), "see daemon/api/API.md");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<int> Params::integer(std::string_view key, int min, int max) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code failed;
  const auto number = value->to_number<int>(failed);
  if (failed || number < min || number > max) {
    mistake(fmt::format("\"{}\" must be a whole number from {} to {}", key, min, max), "see daemon/api/API.md");
    return std::nullopt;
  }
  return number;
}

std::optional<double> Params::number(std::string_view key, double min, double max) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code failed;
  const double number = value->is_number() ? value->to_number<double>(failed) : std::nan("");
  if (failed || !(number >= min && number <= max)) {
    mistake(fmt::format("\"{}\" must be a number from {} to {}", key, min, max), "see daemon/api/API.md");
    return std::nullopt;
  }
  return number;
}

std::vector<std::string> Params::texts(std::string_view key, std::size_t most) {
  std::vector<std::string> out;
  const auto* value = find(key);
  if (value == nullptr) return out;
  bool right = value->is_array() && value->get_array().size() <= most;
  if (right) {
    for (const auto& item : value->get_array()) {
      right = right && item.is_string() && item.get_string().size() <= kMaxText;
      if (right) out.emplace_back(item.get_string());
    }
  }
  if (right) return out;
  mistake(fmt::format("\"{}\" must be a list of at most {} texts", key, most), "see daemon/api/API.md");
  return {};
}

std::vector<const boost::json::object*> Params::objects(std::string_view key, std::size_t most) {
  std::vector<const boost::json::object*> out;
  const auto* value = find(key);
  if (value == nullptr) return out;
  bool right = value->is_array() && value->get_array().size() <= most;
  if (right) {
    for (const auto& item : value->get_array()) {
      right = right && item.is_object();
      if (right) out.push_back(&item.get_object());
    }
  }
  if (right) return out;
  mistake(fmt::format("\"{}\" must be a list of at most {} objects", key, most), "see daemon/api/API.md");
  return {};
}

Result<> Params::finish() {
  for (const auto& entry : object_) {
    const std::string_view key(entry.key().data(), entry.key().size());
    if (std::ranges::find(asked_, key) == asked_.end())
      mistake(fmt::format("unknown parameter \"{}\"", key), "see daemon/api/API.md");
  }
  if (mistake_) return std::unexpected(*mistake_);
  return {};
}

}  // namespace knead::api
