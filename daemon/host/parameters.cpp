// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "daemon/core/toml_reader.hpp"
#include "daemon/host/text.hpp"

namespace knead::host {
namespace {

using Type = DeclaredParameter::Type;
using Flaw = std::string;

constexpr std::size_t kMaxAllowed = 16;
// Some lengths are shorter in the frames than a sentence may be; one bound for all texts of a parameter.
constexpr std::size_t kMaxText = KNEAD_MAX_CUE_TEXT;

/// The text when it is there, plain and short enough.
std::optional<std::string> text_of(const char* text, std::size_t longest) {
  if (text == nullptr) return std::nullopt;
  const std::string_view view(text, ::strnlen(text, longest + 1));
  if (!is_plain_text(view, longest)) return std::nullopt;
  return std::string(view);
}

bool is_key(std::string_view key) {
  return !key.empty() &&
         std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::optional<Flaw> read_number(const knead_parameter_t& raw, DeclaredParameter& out) {
  if (raw.unit != nullptr) {
    auto unit = text_of(raw.unit, KNEAD_MAX_UNIT);
    if (!unit) return "has no fit unit";
    out.unit = *std::move(unit);
  }
  out.minimum = raw.minimum;
  out.maximum = raw.maximum;
  if (!std::isfinite(raw.minimum) || !std::isfinite(raw.maximum) || raw.minimum > raw.maximum)
    return "has no fit range";
  if (!(raw.default_number >= raw.minimum && raw.default_number <= raw.maximum))
    return "has a default out of its range";
  out.fallback = raw.default_number;
  return std::nullopt;
}

std::optional<Flaw> read_text(const knead_parameter_t& raw, DeclaredParameter& out) {
  for (const char* const* each = raw.allowed_texts; each != nullptr && *each != nullptr; ++each) {
    auto text = text_of(*each, KNEAD_MAX_KEY);
    if (!text || out.allowed.size() == kMaxAllowed) return "has no fit list of allowed texts";
    out.allowed.push_back(*std::move(text));
  }
  auto fallback = text_of(raw.default_text, kMaxText);
  if (!fallback) return "has no fit default";
  const bool allowed = out.allowed.empty() || std::ranges::find(out.allowed, *fallback) != out.allowed.end();
  if (!allowed) return "has a default that it does not allow";
  out.fallback = *std::move(fallback);
  return std::nullopt;
}

std::optional<Flaw> read_values(const knead_parameter_t& raw, DeclaredParameter& out) {
  switch (raw.type) {
    case KNEAD_PARAMETER_NUMBER:
      out.type = Type::kNumber;
      return read_number(raw, out);
    case KNEAD_PARAMETER_SWITCH:
      out.type = Type::kSwitch;
      if (raw.default_number != 0.0 && raw.default_number != 1.0) return "is a switch whose default is neither 0 nor 1";
      out.fallback = raw.default_number == 1.0;
      return std::nullopt;
    case KNEAD_PARAMETER_TEXT:
      out.type = Type::kText;
      return read_text(raw, out);
    default:
      return "is of a type that this Knead does not know";
  }
}

std::string shown(const ParameterValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* on = std::get_if<bool>(&value)) return *on ? "true" : "false";
  return fmt::format("\"{}\"", std::get<std::string>(value));
}

bool fits(const ParameterValue& value, const DeclaredParameter& declared) {
  switch (declared.type) {
    case Type::kNumber: {
      const auto* number = std::get_if<double>(&value);
      return number != nullptr && *number >= declared.minimum && *number <= declared.maximum;
    }
    case Type::kSwitch:
      return std::holds_alternative<bool>(value);
    case Type::kText: {
      const auto* text = std::get_if<std::string>(&value);
      return text != nullptr && text->size() <= kMaxText &&
             (declared.allowed.empty() || std::ranges::find(declared.allowed, *text) != declared.allowed.end());
    }
  }
  return false;
}

std::string unknown_key(std::string_view key, std::span<const DeclaredParameter> declared) {
  if (declared.empty()) return "is not a parameter of this plugin, which has none; remove it";
  std::vector<std::string_view> names;
  for (const DeclaredParameter& each : declared) names.push_back(each.key);
  if (const auto nearest = nearest_name(key, names)) {
    return fmt::format("is not a parameter of this plugin; did you mean \"{}\"?", *nearest);
  }
  return fmt::format("is not a parameter of this plugin; its parameters are {}", fmt::join(names, ", "));
}

}  // namespace

std::expected<std::vector<DeclaredParameter>, std::string> read_declarations(const knead_descriptor_t& descriptor) {
  std::vector<DeclaredParameter> declared;
  if (descriptor.parameters == nullptr) return declared;
  for (const knead_parameter_t* const* each = descriptor.parameters; *each != nullptr; ++each) {
    const knead_parameter_t& raw = **each;
    if (declared.size() == KNEAD_MAX_PARAMETERS) {
      return std::unexpected(fmt::format("it declares more than {} parameters", KNEAD_MAX_PARAMETERS));
    }
    if (raw.size < sizeof(knead_parameter_t)) return std::unexpected("one of its parameters is too small a struct");
    auto key = text_of(raw.key, KNEAD_MAX_KEY - kParameterPrefix.size());
    if (!key || !is_key(*key)) return std::unexpected("one of its parameters has a key not made of a-z, 0-9 and _");
    if (std::ranges::find(declared, *key, &DeclaredParameter::key) != declared.end()) {
      return std::unexpected(fmt::format("it declares the parameter {} twice", *key));
    }
    auto summary = text_of(raw.summary, kMaxText);
    if (!summary || summary->empty()) return std::unexpected(fmt::format("its parameter {} has no fit summary", *key));
    DeclaredParameter& out = declared.emplace_back();
    out.key = *std::move(key);
    out.summary = *std::move(summary);
    if (const auto flaw = read_values(raw, out)) {
      return std::unexpected(fmt::format("its parameter {} {}", out.key, *flaw));
    }
  }
  return declared;
}

std::string describe_values(const DeclaredParameter& parameter) {
  switch (parameter.type) {
    case Type::kNumber:
      return fmt::format("a number from {} to {}{}{}", parameter.minimum, parameter.maximum,
                         parameter.unit.empty() ? "" : " ", parameter.unit);
    case Type::kSwitch:
      return "true or false";
    case Type::kText:
      if (!parameter.allowed.empty()) return fmt::format("one of \"{}\"", fmt::join(parameter.allowed, "\", \""));
      return fmt::format("a text of at most {} bytes", kMaxText);
  }
  return {};
}

std::string describe_default(const DeclaredParameter& parameter) { return shown(parameter.fallback); }

std::vector<ParameterValue> ends_of(const DeclaredParameter& parameter) {
  switch (parameter.type) {
    case Type::kNumber:
      return {parameter.minimum, parameter.maximum};
    case Type::kSwitch:
      return {false, true};
    case Type::kText:
      if (parameter.allowed.empty()) return {};
      return {parameter.allowed.front(), parameter.allowed.back()};
  }
  return {};
}

std::optional<ParameterFault> settle(std::vector<Parameter>& given, std::span<const DeclaredParameter> declared) {
  for (const Parameter& parameter : given) {
    if (!parameter.key.starts_with(kParameterPrefix)) continue;
    const std::string_view key = std::string_view(parameter.key).substr(kParameterPrefix.size());
    const auto known = std::ranges::find(declared, key, &DeclaredParameter::key);
    if (known == declared.end()) return ParameterFault{std::string(key), unknown_key(key, declared)};
    if (!fits(parameter.value, *known)) {
      return ParameterFault{std::string(key),
                            fmt::format("is {}; give {}", shown(parameter.value), describe_values(*known))};
    }
  }
  for (const DeclaredParameter& each : declared) {
    std::string key = std::string(kParameterPrefix) + each.key;
    if (std::ranges::find(given, key, &Parameter::key) == given.end()) {
      given.push_back({std::move(key), each.fallback});
    }
  }
  return std::nullopt;
}

}  // namespace knead::host
