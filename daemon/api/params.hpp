// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"

namespace knead::api {

/// Strict reading of a request's params. The first mistake is kept; ask finish() before using what was read. A key
/// nobody asked for is a mistake too, so that a misspelt option is not silently ignored.
///
///   Params params(object);
///   const auto serial = params.text("ball");
///   if (auto ok = params.finish(); !ok) return std::unexpected(ok.error());
class Params {
 public:
  /// @p object must outlive it.
  explicit Params(const boost::json::object& object) : object_(object) {}

  /// At most 4096 bytes.
  std::optional<std::string> text(std::string_view key);
  std::string required_text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<int> integer(std::string_view key, int min, int max);
  /// Finite, from @p min to @p max.
  std::optional<double> number(std::string_view key, double min, double max);
  /// At most @p most texts of at most 4096 bytes; empty when the key is absent.
  std::vector<std::string> texts(std::string_view key, std::size_t most);
  /// At most @p most objects; empty when the key is absent. They live as long as the params.
  std::vector<const boost::json::object*> objects(std::string_view key, std::size_t most);
  void mistake(std::string text, std::string remedy);

  /// Errors: kInvalidInput, the first mistake.
  [[nodiscard]] Result<> finish();

 private:
  const boost::json::value* find(std::string_view key);
  const boost::json::object& object_;
  std::vector<std::string_view> asked_;
  std::optional<Error> mistake_;
};

}  // namespace knead::api
