// SPDX-License-Identifier: Apache-2.0
// What a routine's author may set for a plugin: the declaration in the plugin's descriptor, and what the routine gives
// under [activation.parameters], held against it. Pure.
#pragma once

#include <knead/plugin.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace knead::host {

using ParameterValue = std::variant<double, std::string, bool>;

/// A value of the routine's [activation] table, by its dotted key. Those under [activation.parameters] have the prefix
/// kParameterPrefix.
struct Parameter {
  std::string key;
  ParameterValue value;
  bool operator==(const Parameter&) const = default;
};
inline constexpr std::string_view kParameterPrefix = "parameters.";

/// knead_parameter_t, checked and copied.
struct DeclaredParameter {
  enum class Type : std::uint8_t { kNumber, kSwitch, kText };
  std::string key;
  std::string summary;
  std::string unit;
  Type type = Type::kNumber;
  double minimum = 0.0;
  double maximum = 0.0;
  ParameterValue fallback;
  std::vector<std::string> allowed;  ///< of a text; empty: any
};

/// A declared parameter in words, for people.
struct ParameterInfo {
  std::string key;
  std::string summary;
  std::string values;    ///< "a number from 0 to 20 N"
  std::string fallback;  ///< as it would be written in a routine
  /// The first and the last value it may have, for whoever tries them out; none of a text that may be any.
  std::vector<ParameterValue> ends{};
  bool operator==(const ParameterInfo&) const = default;
};

/// Error: what is wrong with the declaration, for the plugin's author, as in "its parameter gain has no range".
std::expected<std::vector<DeclaredParameter>, std::string> read_declarations(const knead_descriptor_t& descriptor);

/// "a number from 0 to 20 N", "true or false", "one of \"low\", \"high\"".
std::string describe_values(const DeclaredParameter& parameter);
std::string describe_default(const DeclaredParameter& parameter);
std::vector<ParameterValue> ends_of(const DeclaredParameter& parameter);

/// What a routine gives and the plugin does not take: "is 90; give a number from 0 to 20 N".
struct ParameterFault {
  std::string key;  ///< without the prefix
  std::string text;
};
/// Adds the default of every declared parameter that @p given does not hold. Nothing when all of @p given fits.
std::optional<ParameterFault> settle(std::vector<Parameter>& given, std::span<const DeclaredParameter> declared);

}  // namespace knead::host
