// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/table.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <cmath>
#include <string>

namespace knead::record {

namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

void append_number(fmt::memory_buffer& out, auto number) { fmt::format_to(std::back_inserter(out), "{}", number); }

/// RFC 4180: quoted when it holds a comma, a quote or a line break.
void append_csv_text(fmt::memory_buffer& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return append(out, text);
  append(out, "\"");
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  append(out, "\"");
}

}  // namespace

void append_csv(fmt::memory_buffer& out, const Cell& cell) {
  std::visit(Overload{[](std::monostate) {}, [&](bool value) { append(out, value ? "1" : "0"); },
                      [&](double value) {
                        if (std::isfinite(value)) append_number(out, value);
                      },
                      [&](std::integral auto value) { append_number(out, value); },
                      [&](std::string_view text) { append_csv_text(out, text); },
                      [&](Json json) { append_csv_text(out, json.text); }},
             cell);
}

void append_json(fmt::memory_buffer& out, const Cell& cell) {
  std::visit(
      Overload{[&](std::monostate) { append(out, "null"); }, [&](bool value) { append(out, value ? "true" : "false"); },
               [&](double value) { std::isfinite(value) ? append_number(out, value) : append(out, "null"); },
               [&](std::integral auto value) { append_number(out, value); },
               [&](std::string_view text) { append(out, boost::json::serialize(boost::json::string(text))); },
               [&](Json json) { append(out, json.text.empty() ? "null" : json.text); }},
      cell);
}

}  // namespace knead::record
