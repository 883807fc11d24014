// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/toml_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

namespace knead {
namespace toml_detail {

/// A table somebody holds a handle of.
struct OpenTable {
  const toml::table* node = nullptr;
  std::string path;
  std::set<std::string, std::less<>> known;  ///< keys asked for
};

struct Document {
  toml::table root;
  bool parsed = false;
  std::vector<OpenTable> tables;
  std::vector<Finding> findings;

  std::size_t open(const toml::table& node, std::string path) {
    const auto found = std::ranges::find(tables, &node, &OpenTable::node);
    if (found != tables.end()) return static_cast<std::size_t>(found - tables.begin());
    tables.push_back({&node, std::move(path), {}});
    return tables.size() - 1;
  }
};

}  // namespace toml_detail

namespace {

using toml_detail::Document;
using toml_detail::OpenTable;

/// Bytes of the control character (C0, DEL, C1) that UTF-8 @p text begins with; 0 when it is none.
std::size_t control_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : ' '); };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  return byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0 ? 2 : 0;
}

bool has_control(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(1))
    if (control_length(text) > 0) return true;
  return false;
}

/// What a file says may be shown on a terminal: no control characters, and not a screenful of it.
std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string shown;
  for (std::string_view rest = text.substr(0, kShown); !rest.empty();) {
    const std::size_t control = control_length(rest);
    shown += control > 0 ? '?' : rest.front();
    rest.remove_prefix(std::max<std::size_t>(control, 1));
  }
  if (text.size() > kShown) {
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0U) == 0x80U) shown.pop_back();
    if (!shown.empty() && static_cast<unsigned char>(shown.back()) >= 0xC0U) shown.pop_back();
    shown += "...";
  }
  return shown;
}

std::string dotted(const std::string& path, std::string_view key) {
  if (key.empty()) return path;
  return path.empty() ? printable(key) : path + "." + printable(key);
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date and time";
  }
  return "something else";
}

template <class Range>
std::string describe(const Range& range, std::string_view noun) {
  using Value = decltype(range.min);
  constexpr Range kAny{};
  const bool has_min = range.min != Value{kAny.min};
  const bool has_max = range.max != Value{kAny.max};
  if (has_min && has_max) return fmt::format("{} from {} to {}", noun, range.min, range.max);
  if (has_min) return fmt::format("{} of at least {}", noun, range.min);
  if (has_max) return fmt::format("{} of at most {}", noun, range.max);
  return std::string(noun);
}
std::string describe_number(const NumberRange& range) { return describe(range, "a number"); }
std::string describe_integer(const IntegerRange& range) { return describe(range, "a whole number"); }

/// Where a key stands, or its table when it is not written.
toml::source_position position_of(const OpenTable& table, std::string_view key) {
  if (!key.empty()) {
    if (const auto it = table.node->find(key); it != table.node->cend()) {
      if (const auto at = it->first.source().begin; at.line > 0) return at;
      return it->second.source().begin;
    }
  }
  // The root has no line of its own.
  if (table.path.empty()) return {};
  return table.node->source().begin;
}

void add(Document& document, const OpenTable& table, std::string_view key, std::string text,
         Finding::Severity severity = Finding::Severity::kError) {
  const auto at = position_of(table, key);
  document.findings.push_back({.severity = severity,
                               .line = static_cast<int>(at.line),
                               .column = static_cast<int>(at.column),
                               .key = dotted(table.path, key),
                               .text = std::move(text)});
}

/// Marks the key as known. A required one that is missing is a finding; @p wanted says what it should be.
const toml::node* ask(Document& document, OpenTable& table, std::string_view key, Need need, std::string_view wanted) {
  table.known.emplace(key);
  const toml::node* node = table.node->get(key);
  if (node == nullptr && need == Need::kRequired && document.parsed) {
    add(document, table, key, fmt::format("is missing; give {}", wanted));
  }
  return node;
}

/// The number itself, or what is wrong with it.
std::expected<double, std::string> number_of(const toml::node& node, const NumberRange& range) {
  const auto value = node.value<double>();
  if (!value || !node.is_number()) {
    return std::unexpected(fmt::format("is {}; give {}", type_name(node), describe_number(range)));
  }
  if (!std::isfinite(*value) || *value < range.min || *value > range.max) {
    return std::unexpected(fmt::format("is {}; give {}", *value, describe_number(range)));
  }
  return *value;
}

std::expected<std::string, std::string> string_of(const toml::node& node, std::size_t max_bytes) {
  const auto* value = node.as_string();
  if (value == nullptr) return std::unexpected(fmt::format("is {}; give a text in quotes", type_name(node)));
  const std::string& text = value->get();
  if (text.empty()) return std::unexpected("is empty; give a text");
  if (text.size() > max_bytes) {
    return std::unexpected(fmt::format("is {} bytes long; give at most {}", text.size(), max_bytes));
  }
  if (has_control(text)) {
    return std::unexpected("holds a control character such as a line break; give plain text on one line");
  }
  return text;
}

std::vector<std::string_view> names_of(const OpenTable& table) { return {table.known.begin(), table.known.end()}; }

void report_unknown(Document& document, const OpenTable& table) {
  for (const auto& [key, node] : *table.node) {
    if (table.known.contains(key.str())) continue;
    const auto names = names_of(table);
    std::string text;
    if (const auto nearest = nearest_name(key.str(), names)) {
      text = fmt::format("is not a known key; did you mean \"{}\"?", *nearest);
    } else {
      text = fmt::format("is not a known key; the keys here are {}", fmt::join(names, ", "));
    }
    add(document, table, key.str(), std::move(text));
  }
}

}  // namespace

// ---- TomlTable ----------------------------------------------------------------------------------------------------

std::optional<double> TomlTable::number(std::string_view key, NumberRange range, Need need) {
  OpenTable& table = document_->tables[index_];
  const toml::node* node = ask(*document_, table, key, need, describe_number(range));
  if (node == nullptr) return std::nullopt;
  auto value = number_of(*node, range);
  if (value) return *value;
  add(*document_, table, key, std::move(value.error()));
  return std::nullopt;
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, IntegerRange range, Need need) {
  OpenTable& table = document_->tables[index_];
  const toml::node* node = ask(*document_, table, key, need, describe_integer(range));
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr) {
    const auto* fraction = node->as_floating_point();
    const std::string is = fraction != nullptr ? fmt::format("{}", fraction->get()) : std::string(type_name(*node));
    add(*document_, table, key, fmt::format("is {}; give {}", is, describe_integer(range)));
    return std::nullopt;
  }
  if (value->get() < range.min || value->get() > range.max) {
    add(*document_, table, key, fmt::format("is {}; give {}", value->get(), describe_integer(range)));
    return std::nullopt;
  }
  return value->get();
}

std::optional<bool> TomlTable::boolean(std::string_view key, Need need) {
  OpenTable& table = document_->tables[index_];
  const toml::node* node = ask(*document_, table, key, need, "true or false");
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  add(*document_, table, key, fmt::format("is {}; give true or false, without quotes", type_name(*node)));
  return std::nullopt;
}

std::optional<std::string> TomlTable::string(std::string_view key, Need need, std::size_t max_bytes) {
  OpenTable& table = document_->tables[index_];
  const toml::node* node = ask(*document_, table, key, need, "a text in quotes");
  if (node == nullptr) return std::nullopt;
  auto value = string_of(*node, max_bytes);
  if (value) return *std::move(value);
  add(*document_, table, key, std::move(value.error()));
  return std::nullopt;
}

std::optional<std::size_t> TomlTable::choice(std::string_view key, std::span<const std::string_view> names, Need need) {
  OpenTable& table = document_->tables[index_];
  const std::string wanted = fmt::format("one of \"{}\"", fmt::join(names, "\", \""));
  const toml::node* node = ask(*document_, table, key, need, wanted);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_string();
  if (value == nullptr) {
    add(*document_, table, key, fmt::format("is {}; give {}", type_name(*node), wanted));
    return std::nullopt;
  }
  const auto found = std::ranges::find(names, value->get());
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const auto nearest = nearest_name(value->get(), names);
  const std::string remedy = nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "give " + wanted;
  add(*document_, table, key, fmt::format("is \"{}\"; {}", printable(value->get()), remedy));
  return std::nullopt;
}

std::optional<std::vector<double>> TomlTable::numbers(std::string_view key, std::size_t count, NumberRange range,
                                                      Need need) {
  OpenTable& table = document_->tables[index_];
  const std::string wanted = fmt::format("an array of {} numbers", count);
  const toml::node* node = ask(*document_, table, key, need, wanted);
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    add(*document_, table, key, fmt::format("is {}; give {}", type_name(*node), wanted));
    return std::nullopt;
  }
  if (array->size() != count) {
    add(*document_, table, key, fmt::format("has {} values; give {}", array->size(), wanted));
    return std::nullopt;
  }
  std::vector<double> values;
  for (const toml::node& element : *array) {
    auto value = number_of(element, range);
    if (!value) {
      add(*document_, table, key, fmt::format("value {} {}", values.size() + 1, value.error()));
      return std::nullopt;
    }
    values.push_back(*value);
  }
  return values;
}

std::optional<std::vector<std::string>> TomlTable::strings(std::string_view key, Need need, std::size_t max_bytes) {
  OpenTable& table = document_->tables[index_];
  const toml::node* node = ask(*document_, table, key, need, "an array of texts");
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    add(*document_, table, key, fmt::format("is {}; give an array of texts", type_name(*node)));
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (const toml::node& element : *array) {
    auto value = string_of(element, max_bytes);
    if (!value) {
      add(*document_, table, key, fmt::format("value {} {}", values.size() + 1, value.error()));
      return std::nullopt;
    }
    values.push_back(*std::move(value));
  }
  return values;
}

std::optional<std::variant<bool, double, std::string>> TomlTable::scalar(std::string_view key, std::size_t max_bytes) {
  OpenTable& table = document_->tables[index_];
  const toml::node* node = ask(*document_, table, key, Need::kOptional, "a value");
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  if (node->is_number()) return number(key);
  if (node->is_string()) return string(key, Need::kOptional, max_bytes);
  add(*document_, table, key, fmt::format("is {}; give a number, a text, true or false", type_name(*node)));
  return std::nullopt;
}

std::optional<TomlTable> TomlTable::table(std::string_view key, Need need) {
  OpenTable& table = document_->tables[index_];
  const std::string wanted = fmt::format("a table: [{}]", dotted(table.path, key));
  const toml::node* node = ask(*document_, table, key, need, wanted);
  if (node == nullptr) return std::nullopt;
  if (const toml::table* inner = node->as_table()) {
    return TomlTable(document_, document_->open(*inner, dotted(table.path, key)));
  }
  add(*document_, table, key, fmt::format("is {}; give {}", type_name(*node), wanted));
  return std::nullopt;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key, Need need) {
  const std::string path = dotted(document_->tables[index_].path, key);
  const std::string wanted = fmt::format("one or more tables: [[{}]]", path);
  const toml::node* node = ask(*document_, document_->tables[index_], key, need, wanted);
  if (node == nullptr) return {};
  const toml::array* array = node->as_array();
  if (array == nullptr || !std::ranges::all_of(*array, [](const toml::node& e) { return e.is_table(); })) {
    const std::string_view is = array == nullptr ? type_name(*node) : "an array of something else than tables";
    add(*document_, document_->tables[index_], key, fmt::format("is {}; give {}", is, wanted));
    return {};
  }
  if (array->empty() && need == Need::kRequired) {
    add(*document_, document_->tables[index_], key, fmt::format("is empty; give {}", wanted));
  }
  std::vector<TomlTable> handles;
  for (const toml::node& element : *array) {
    handles.push_back(
        TomlTable(document_, document_->open(*element.as_table(), fmt::format("{}[{}]", path, handles.size()))));
  }
  return handles;
}

bool TomlTable::has(std::string_view key) const { return document_->tables[index_].node->contains(key); }

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::tuple<toml::source_index, toml::source_index, std::string>> placed;
  for (const auto& [key, node] : *document_->tables[index_].node) {
    placed.emplace_back(key.source().begin.line, key.source().begin.column, std::string(key.str()));
  }
  std::ranges::sort(placed);
  std::vector<std::string> names;
  for (auto& [line, column, name] : placed) names.push_back(std::move(name));
  return names;
}

int TomlTable::line(std::string_view key) const {
  const toml::table& node = *document_->tables[index_].node;
  const auto found = node.find(key);
  return found == node.end() ? 0 : static_cast<int>(found->first.source().begin.line);
}

int TomlTable::column(std::string_view key) const {
  const toml::table& node = *document_->tables[index_].node;
  const auto found = node.find(key);
  return found == node.end() ? 0 : static_cast<int>(found->first.source().begin.column);
}

const std::string& TomlTable::path() const { return document_->tables[index_].path; }

void TomlTable::error(std::string_view key, std::string text) {
  add(*document_, document_->tables[index_], key, std::move(text));
}

void TomlTable::warning(std::string_view key, std::string text) {
  add(*document_, document_->tables[index_], key, std::move(text), Finding::Severity::kWarning);
}

// ---- TomlDocument -------------------------------------------------------------------------------------------------

TomlDocument::TomlDocument(std::unique_ptr<Document> document) : document_(std::move(document)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

TomlDocument TomlDocument::parse(std::string_view text) {
  auto document = std::make_unique<Document>();
  // toml++ bounds brackets, but a key such as a.a.a.a is a table in a table in a table, and each level is a few hundred
  // bytes of stack when they are destroyed. Every level costs a dot; no file written by hand has so many.
  constexpr std::ptrdiff_t kMaxDots = 4096;
  if (const auto dots = std::ranges::count(text, '.'); dots > kMaxDots) {
    document->findings.push_back(
        {.key = {}, .text = fmt::format("holds {} dots, and keys might nest too deep; keep it to {}", dots, kMaxDots)});
    return TomlDocument(std::move(document));
  }
  try {
    document->root = toml::parse(text);
    document->parsed = true;
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    document->findings.push_back(
        {.line = static_cast<int>(at.line),
         .column = static_cast<int>(at.column),
         .key = {},
         .text = fmt::format("not valid TOML: {}; correct this line", printable(error.description()))});
  }
  return TomlDocument(std::move(document));
}

Result<std::string> TomlDocument::read_text(const std::string& path) {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
  // Not a FIFO, which would block, nor a device, which need not end.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return fail_errno(errno == EACCES ? Errc::kAccessDenied : Errc::kNotFound, "cannot read " + path);
  }
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } const closer{fd};
  struct stat info{};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(Errc::kInvalidInput, path + " is not a file", "name a TOML file");
  }
  std::string text;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(Errc::kNotFound, "cannot read " + path);
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxBytes) {
      return fail(Errc::kInvalidInput, path + " is larger than 1 MiB", "name a TOML file written by hand");
    }
  }
}

bool TomlDocument::parsed() const noexcept { return document_->parsed; }

bool TomlDocument::has_errors() const noexcept { return knead::has_errors(document_->findings); }

TomlTable TomlDocument::root() { return {document_.get(), document_->open(document_->root, "")}; }

std::vector<Finding> TomlDocument::finish() {
  for (const OpenTable& table : document_->tables) report_unknown(*document_, table);
  std::ranges::sort(document_->findings, {},
                    [](const Finding& f) { return std::tie(f.line, f.column, f.key, f.text); });
  return std::move(document_->findings);
}

// ---- nearest_name -------------------------------------------------------------------------------------------------

namespace {

/// Optimal string alignment distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view word, std::span<const std::string_view> names) {
  constexpr std::size_t kLongestWord = 100;
  if (word.size() > kLongestWord) return std::nullopt;
  std::optional<std::string_view> best;
  // A third of the letters may differ; short words may differ in two, so that "rep" finds "reps", but not in all.
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view name : names) {
    const std::size_t distance = edit_distance(word, name);
    if (distance < best_distance && distance < std::max(word.size(), name.size())) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace knead
