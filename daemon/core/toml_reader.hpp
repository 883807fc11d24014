// SPDX-License-Identifier: Apache-2.0
// Strict reading of the TOML files people write: routines and the configuration (R9). What is wrong is collected as
// findings with line, column and dotted key, all of it at once, instead of stopping at the first.
//
//   auto document = TomlDocument::parse(text);
//   TomlTable root = document.root();
//   if (auto motor = root.table("motor")) ceiling = motor->number("ceiling", {.min = 0, .max = 1}).value_or(ceiling);
//   auto findings = document.finish();   // adds every key nobody asked for
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/error.hpp"
#include "daemon/core/finding.hpp"

namespace knead {

/// What a number in a file may be; both ends belong to it.
struct NumberRange {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
struct IntegerRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// A missing key is a finding, or is left to the caller's default.
enum class Need : std::uint8_t { kOptional, kRequired };

namespace toml_detail {
struct Document;
}

/// One table of a document: a cheap handle, valid as long as its document. Asking for a key makes it known; finish()
/// of the document reports those nobody asked for. Every getter returns nothing when the key is absent or its value is
/// wrong, and in the second case (and when a required key is absent) leaves a finding.
class TomlTable {
 public:
  /// An integer is taken as a number too. NaN and infinity are findings, whatever the range.
  std::optional<double> number(std::string_view key, NumberRange range = {}, Need need = Need::kOptional);
  std::optional<std::int64_t> integer(std::string_view key, IntegerRange range = {}, Need need = Need::kOptional);
  std::optional<bool> boolean(std::string_view key, Need need = Need::kOptional);
  /// UTF-8 without control characters, at least one and at most @p max_bytes long.
  std::optional<std::string> string(std::string_view key, Need need = Need::kOptional, std::size_t max_bytes = 200);
  /// One of the given names; the index of it.
  std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> names,
                                    Need need = Need::kOptional);
  /// Exactly @p count numbers.
  std::optional<std::vector<double>> numbers(std::string_view key, std::size_t count, NumberRange range = {},
                                             Need need = Need::kOptional);
  /// Any number of strings, each as string() takes it.
  std::optional<std::vector<std::string>> strings(std::string_view key, Need need = Need::kOptional,
                                                  std::size_t max_bytes = 200);
  /// True or false, a number, or a text as string() takes it: for a value whose type somebody else knows.
  std::optional<std::variant<bool, double, std::string>> scalar(std::string_view key, std::size_t max_bytes = 200);
  std::optional<TomlTable> table(std::string_view key, Need need = Need::kOptional);
  /// The tables of [[key]]; empty when absent or wrong.
  std::vector<TomlTable> tables(std::string_view key, Need need = Need::kOptional);

  /// The key is written here, right or wrong. Does not make it known.
  [[nodiscard]] bool has(std::string_view key) const;
  /// Every key written here, in the order of the file. Does not make them known.
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Where the key is written, from 1; 0 when it is not.
  [[nodiscard]] int line(std::string_view key) const;
  [[nodiscard]] int column(std::string_view key) const;
  /// "release[0]", empty for the root.
  [[nodiscard]] const std::string& path() const;

  /// For what no getter can see, such as two keys that disagree. Placed at @p key, or at the table where @p key is
  /// empty or not written. @p text as in Finding: "what is wrong; what to do".
  void error(std::string_view key, std::string text);
  void warning(std::string_view key, std::string text);

 private:
  friend class TomlDocument;
  TomlTable(toml_detail::Document* document, std::size_t index) : document_(document), index_(index) {}
  toml_detail::Document* document_;
  std::size_t index_;
};

/// A parsed document and what is wrong with it.
class TomlDocument {
 public:
  /// Never fails: a syntax error is a finding, and the document is then empty. So is a text with keys of thousands of
  /// parts.
  static TomlDocument parse(std::string_view text);
  /// The text of a file of at most 1 MiB. Errors: kNotFound, kAccessDenied, kInvalidInput (too large, a directory).
  static Result<std::string> read_text(const std::string& path);

  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  ~TomlDocument();

  /// False after a syntax error: asking for keys would only add findings that are not true.
  [[nodiscard]] bool parsed() const noexcept;
  [[nodiscard]] TomlTable root();
  /// An error was found up to now. Checks over several keys can wait until each is right.
  [[nodiscard]] bool has_errors() const noexcept;
  /// Adds a finding for each key nobody asked for, with the nearest right name, and hands out everything found, in the
  /// order of the file. Call it once, after the last getter.
  [[nodiscard]] std::vector<Finding> finish();

 private:
  explicit TomlDocument(std::unique_ptr<toml_detail::Document> document);
  std::unique_ptr<toml_detail::Document> document_;
};

/// The name that @p word most likely meant, or nothing when none is near. Counts insertions, deletions, substitutions
/// and swaps of neighbours.
[[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view word,
                                                           std::span<const std::string_view> names);

}  // namespace knead
