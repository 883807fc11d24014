// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/json_rpc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <optional>
#include <utility>

namespace knead::api {
namespace json = boost::json;
namespace {

// Nothing we exchange nests deeper than 6; a line of brackets must not recurse the parser to death.
constexpr std::size_t kMaxDepth = 16;

/// Boost.JSON takes 1e3081 for infinity, which JSON has no word for: an answer with such an id could not be read.
bool all_finite(const json::value& value) {
  if (const double* number = value.if_double()) return std::isfinite(*number);
  if (const json::array* array = value.if_array()) return std::ranges::all_of(*array, all_finite);
  if (const json::object* object = value.if_object())
    return std::ranges::all_of(*object, [](const auto& entry) { return all_finite(entry.value()); });
  return true;
}

std::expected<json::value, std::string> parse_line(std::string_view line) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code failed;
  json::value value = json::parse({line.data(), line.size()}, failed, {}, options);
  if (failed) return std::unexpected(failed.message());
  if (!all_finite(value)) return std::unexpected("a number is too large");
  return value;
}

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::optional<std::string_view> text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return view(value->get_string());
}

std::string finish(const json::object& object) {
  std::string line = json::serialize(object);
  line += '\n';
  return line;
}

json::object envelope(const json::value& id) {
  json::object object;
  object["jsonrpc"] = "2.0";
  object["id"] = id;
  return object;
}

bool valid_id(const json::value& id) { return id.is_string() || id.is_number() || id.is_null(); }

Error error_from(const json::object& error) {
  Error out;
  out.context = text_at(error, "message").value_or("the daemon answered with an error");
  if (const json::value* data = error.if_contains("data"); data != nullptr && data->is_object()) {
    const json::object& fields = data->get_object();
    out.code = errc_from(text_at(fields, "errc").value_or(""));
    out.remedy = text_at(fields, "remedy").value_or("");
    if (const json::value* os = fields.if_contains("os_error"); os != nullptr && os->is_int64())
      out.os_error = static_cast<int>(os->get_int64());
    return out;
  }
  // No data: a mistake of the caller in JSON-RPC's own terms, or a daemon that knows other methods than we do.
  out.code = Errc::kProtocol;
  return out;
}

}  // namespace

Errc errc_from(std::string_view name) noexcept {
  for (int i = 0; i <= static_cast<int>(Errc::kInternal); ++i) {
    const auto code = static_cast<Errc>(i);
    if (to_string(code) == name) return code;
  }
  return Errc::kInternal;
}

std::expected<Request, std::string> parse_request(std::string_view line) {
  const auto parsed = parse_line(line);
  if (!parsed) return std::unexpected(error_line(nullptr, RpcCode::kParseError, "not JSON: " + parsed.error()));
  const json::object* object = parsed->if_object();
  if (object == nullptr)
    return std::unexpected(error_line(nullptr, RpcCode::kInvalidRequest, "a request is one JSON object on one line"));

  Request request;
  if (const json::value* id = object->if_contains("id"); id != nullptr) {
    if (!valid_id(*id))
      return std::unexpected(error_line(nullptr, RpcCode::kInvalidRequest, "id must be a string, a number or null"));
    request.id = *id;
  } else {
    request.wants_reply = false;
  }
  const auto method = text_at(*object, "method");
  if (text_at(*object, "jsonrpc") != "2.0" || !method)
    return std::unexpected(
        error_line(request.id, RpcCode::kInvalidRequest, R"(a request holds "jsonrpc": "2.0" and a "method")"));
  request.method = *method;
  if (const json::value* params = object->if_contains("params"); params != nullptr) {
    if (!params->is_object())
      return std::unexpected(error_line(request.id, RpcCode::kInvalidParams, "params must be an object"));
    request.params = params->get_object();
  }
  return request;
}

Result<std::variant<Reply, Notification>> parse_from_daemon(std::string_view line) {
  using Message = std::variant<Reply, Notification>;
  const auto parsed = parse_line(line);
  if (!parsed) return fail(Errc::kProtocol, "the daemon sent a line that is not JSON: " + parsed.error());
  const json::object* object = parsed->if_object();
  if (object == nullptr) return fail(Errc::kProtocol, "the daemon sent a line that is not an object");
  if (const auto method = text_at(*object, "method")) {
    Notification notification{.method = std::string(*method), .params = {}};
    if (const json::value* params = object->if_contains("params"); params != nullptr && params->is_object())
      notification.params = params->get_object();
    return Message(std::move(notification));
  }
  const json::value* id = object->if_contains("id");
  if (const json::value* result = object->if_contains("result"); id != nullptr && result != nullptr)
    return Message(Reply{.id = *id, .result = *result});
  if (const json::value* error = object->if_contains("error"); id != nullptr && error != nullptr && error->is_object())
    return Message(Reply{.id = *id, .result = std::unexpected(error_from(error->get_object()))});
  return fail(Errc::kProtocol, "the daemon sent neither a reply nor a notification");
}

std::string request_line(const json::value& id, std::string_view method, const json::object& params) {
  json::object object = envelope(id);
  object["method"] = json::string_view(method.data(), method.size());
  object["params"] = params;
  return finish(object);
}

std::string result_line(const json::value& id, const json::value& result) {
  json::object object = envelope(id);
  object["result"] = result;
  return finish(object);
}

std::string error_line(const json::value& id, RpcCode code, std::string_view message) {
  json::object object = envelope(id);
  object["error"] = {{"code", static_cast<int>(code)}, {"message", json::string_view(message.data(), message.size())}};
  return finish(object);
}

std::string error_line(const json::value& id, const Error& error) {
  const std::string_view errc = to_string(error.code);
  json::object object = envelope(id);
  object["error"] = {{"code", static_cast<int>(RpcCode::kKneadError)},
                     {"message", error.context},
                     {"data",
                      {{"errc", json::string_view(errc.data(), errc.size())},
                       {"remedy", error.remedy},
                       {"os_error", error.os_error}}}};
  return finish(object);
}

std::string notification_line(std::string_view method, const json::object& params) {
  json::object object;
  object["jsonrpc"] = "2.0";
  object["method"] = json::string_view(method.data(), method.size());
  object["params"] = params;
  return finish(object);
}

}  // namespace knead::api
