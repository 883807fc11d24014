// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace knead::sdk {

// Parameters are constants of the plugin's class. One whose declaration Knead would refuse does not compile:
//
//   static constexpr NumberParameter kShare{
//       .key = "share", .summary = "Share of the peak.", .minimum = 0.1, .maximum = 0.5, .otherwise = 0.2};
//   static constexpr auto kParameters = knead::sdk::parameters(kShare);
//   ...
//   const double share = host.value(kShare);  // what the routine says, or 0.2

struct NumberParameter {
  const char* key = nullptr;
  const char* summary = nullptr;  ///< one sentence
  const char* unit = nullptr;     ///< "s", "N"
  double minimum = 0.0;
  double maximum = 0.0;
  double otherwise = 0.0;  ///< where the routine says nothing
};

struct SwitchParameter {
  const char* key = nullptr;
  const char* summary = nullptr;
  bool otherwise = false;
};

struct TextParameter {
  static constexpr std::size_t kMostTexts = 16;
  const char* key = nullptr;
  const char* summary = nullptr;
  const char* otherwise = nullptr;
  std::array<const char*, kMostTexts + 1> allowed{};  ///< none: any text. The last stays null
};

namespace detail {

constexpr std::string_view kParameterPrefix = "parameters.";

consteval bool is_plain(std::string_view name, bool with_hyphen) {
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (with_hyphen && c == '-');
    if (!plain) return false;
  }
  return !name.empty();
}

/// A throw ends a constant expression: the compiler shows the line and its text.
consteval void check_key(const char* key, const char* summary) {
  if (key == nullptr || !is_plain(key, false)) throw "a parameter's key is of a-z, 0-9 and _";
  if (kParameterPrefix.size() + std::string_view(key).size() > KNEAD_MAX_KEY) throw "a parameter's key is too long";
  if (summary == nullptr || *summary == '\0') throw "a parameter has a summary";
  if (std::string_view(summary).size() > KNEAD_MAX_CUE_TEXT) throw "a parameter's summary is too long";
}

consteval knead_parameter_t blank(std::uint32_t type, const char* key, const char* summary) {
  check_key(key, summary);
  knead_parameter_t parameter{};
  parameter.size = sizeof parameter;
  parameter.type = type;
  parameter.key = key;
  parameter.summary = summary;
  return parameter;
}

consteval knead_parameter_t to_abi(const NumberParameter& number) {
  if (!(number.minimum <= number.otherwise && number.otherwise <= number.maximum))
    throw "a number's default lies between its minimum and maximum";
  if (number.unit != nullptr && std::string_view(number.unit).size() > KNEAD_MAX_UNIT) throw "a unit is too long";
  knead_parameter_t parameter = blank(KNEAD_PARAMETER_NUMBER, number.key, number.summary);
  parameter.unit = number.unit;
  parameter.minimum = number.minimum;
  parameter.maximum = number.maximum;
  parameter.default_number = number.otherwise;
  return parameter;
}

consteval knead_parameter_t to_abi(const SwitchParameter& toggle) {
  knead_parameter_t parameter = blank(KNEAD_PARAMETER_SWITCH, toggle.key, toggle.summary);
  parameter.default_number = toggle.otherwise ? 1.0 : 0.0;
  return parameter;
}

consteval knead_parameter_t to_abi(const TextParameter& text) {
  if (text.otherwise == nullptr) throw "a text has a default";
  knead_parameter_t parameter = blank(KNEAD_PARAMETER_TEXT, text.key, text.summary);
  parameter.default_text = text.otherwise;
  if (text.allowed.front() == nullptr) return parameter;
  bool found = false;
  for (const char* const allowed : text.allowed)
    found = found || (allowed != nullptr && std::string_view(allowed) == text.otherwise);
  if (!found) throw "a text's default is one of those allowed";
  if (text.allowed.back() != nullptr) throw "at most 16 texts are allowed";
  parameter.allowed_texts = text.allowed.data();
  return parameter;
}

}  // namespace detail

/// The plugin's declared parameters, for its kParameters. Each argument is a static constant.
template <class... Parameters>
consteval std::array<knead_parameter_t, sizeof...(Parameters)> parameters(const Parameters&... declared) {
  static_assert(sizeof...(Parameters) <= KNEAD_MAX_PARAMETERS, "a plugin declares at most KNEAD_MAX_PARAMETERS");
  return {detail::to_abi(declared)...};
}

}  // namespace knead::sdk
