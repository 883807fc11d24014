// SPDX-License-Identifier: Apache-2.0
// JSON-RPC 2.0, one object per line: what a line means and how an answer is written. Pure; used by both ends.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/core/error.hpp"

namespace knead::api {

/// Longest line either side accepts, newline included. A session's report with its reps is about 4 KiB.
constexpr std::size_t kMaxLine = std::size_t{64} * 1024;

/// Error numbers of the JSON-RPC 2.0 specification, section 5.1, and ours for every knead::Error.
enum class RpcCode : int {
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternalError = -32603,
  kKneadError = -32000,  ///< "data" holds {"errc", "remedy", "os_error"}
};

struct Request {
  boost::json::value id;  ///< null for a notification
  bool wants_reply = true;
  std::string method;
  boost::json::object params;
};

struct Reply {
  boost::json::value id;
  Result<boost::json::value> result;
};

struct Notification {
  std::string method;
  boost::json::object params;
};

/// One line from a client. The error is the line to send back.
std::expected<Request, std::string> parse_request(std::string_view line);
/// One line from the daemon. Errors: kProtocol.
Result<std::variant<Reply, Notification>> parse_from_daemon(std::string_view line);

// Every line ends with a newline.
std::string request_line(const boost::json::value& id, std::string_view method, const boost::json::object& params);
std::string result_line(const boost::json::value& id, const boost::json::value& result);
std::string error_line(const boost::json::value& id, RpcCode code, std::string_view message);
std::string error_line(const boost::json::value& id, const Error& error);
std::string notification_line(std::string_view method, const boost::json::object& params);

/// The error a name from to_string(Errc) stands for; kInternal for a name of a newer daemon.
Errc errc_from(std::string_view name) noexcept;

}  // namespace knead::api
