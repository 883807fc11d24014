// SPDX-License-Identifier: Apache-2.0
// One definition per row type, from which the CSV header, the CSV rows and the JSON objects all come: columns cannot
// shift against their names.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace knead::record {

/// JSON text that goes into JSON as it is, and into CSV as text.
struct Json {
  std::string_view text;
};

/// One value on its way out. Empty: an empty CSV field, null in JSON. Numbers in the shortest form that reads back as
/// the same number.
using Cell = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view, Json>;

template <class Row>
struct Column {
  std::string_view name;  ///< with its unit: "force_n"
  Cell (*get)(const Row&);
};

void append_csv(fmt::memory_buffer& out, const Cell& cell);
void append_json(fmt::memory_buffer& out, const Cell& cell);

inline void append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

template <class T>
Cell maybe(const std::optional<T>& value) {
  return value ? Cell(*value) : Cell();
}

template <class Row>
void append_csv_header(fmt::memory_buffer& out, std::span<const Column<Row>> columns) {
  std::string_view comma;
  for (const Column<Row>& column : columns) {
    append(out, comma);
    append(out, column.name);
    comma = ",";
  }
  append(out, "\n");
}

template <class Row>
void append_csv_row(fmt::memory_buffer& out, std::span<const Column<Row>> columns, const Row& row) {
  std::string_view comma;
  for (const Column<Row>& column : columns) {
    append(out, comma);
    append_csv(out, column.get(row));
    comma = ",";
  }
  append(out, "\n");
}

/// "name":value,... without the braces, so that more can follow.
template <class Row>
void append_json_members(fmt::memory_buffer& out, std::span<const Column<Row>> columns, const Row& row) {
  std::string_view comma;
  for (const Column<Row>& column : columns) {
    append(out, comma);
    append_json(out, Cell(column.name));
    append(out, ":");
    append_json(out, column.get(row));
    comma = ",";
  }
}

/// [value,...]: a row without its names.
template <class Row>
void append_json_tuple(fmt::memory_buffer& out, std::span<const Column<Row>> columns, const Row& row) {
  std::string_view comma = "[";
  for (const Column<Row>& column : columns) {
    append(out, comma);
    append_json(out, column.get(row));
    comma = ",";
  }
  append(out, "]");
}

}  // namespace knead::record
