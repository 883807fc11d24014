// SPDX-License-Identifier: Apache-2.0
// Errors are values (DESIGN.md section 6). A fault is not an error: it is a state of the interlock.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace knead {

enum class Errc : std::uint8_t {
  kInvalidInput,  ///< a file, option or request that is wrong; the context names file, line, key
  kNotFound,      ///< a routine, plugin, session or file that is not there
  kNoDaemon,      ///< nothing answers on the socket
  kNoBall,        ///< no ball, or not the one asked for
  kAccessDenied,  ///< the system refuses; the context or hint says what to grant
  kBusy,          ///< somebody else holds it: a session runs, a socket is taken, the ball is claimed
  kRefused,       ///< against a safety rule: stop latched, uncalibrated, over a limit
  kUnanswered,    ///< the safety questions come first; `knead safety` asks them
  kProtocol,      ///< the other side speaks something else: garbage, wrong version
  kDisconnected,  ///< the other side went away
  kTimeout,       ///< no answer in time
  kStorage,       ///< the database or disk
  kInternal,      ///< a broken assumption of ours
};

/// Short lower-case name for logs and JSON: "invalid-input".
std::string_view to_string(Errc code) noexcept;
/// What a person can do about this kind of error, one sentence.
std::string_view hint(Errc code) noexcept;

struct Error {
  Errc code = Errc::kInternal;
  int os_error = 0;      ///< errno, or 0
  std::string context;   ///< what was tried and what went wrong, one line, without the hint
  std::string remedy{};  ///< more exact than hint(code), or empty

  /// "context: strerror — remedy", one line, for a person.
  [[nodiscard]] std::string message() const;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string context, std::string remedy = {}, int os_error = 0) {
  return std::unexpected(Error{code, os_error, std::move(context), std::move(remedy)});
}

/// From the errno of the call just made.
std::unexpected<Error> fail_errno(Errc code, std::string context, std::string remedy = {});

}  // namespace knead
