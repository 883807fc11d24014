// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/error.hpp"

#include <cerrno>
#include <system_error>

namespace knead {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::kInvalidInput:
      return "invalid-input";
    case Errc::kNotFound:
      return "not-found";
    case Errc::kNoDaemon:
      return "no-daemon";
    case Errc::kNoBall:
      return "no-ball";
    case Errc::kAccessDenied:
      return "access-denied";
    case Errc::kBusy:
      return "busy";
    case Errc::kRefused:
      return "refused";
    case Errc::kUnanswered:
      return "unanswered";
    case Errc::kProtocol:
      return "protocol";
    case Errc::kDisconnected:
      return "disconnected";
    case Errc::kTimeout:
      return "timeout";
    case Errc::kStorage:
      return "storage";
    case Errc::kInternal:
      return "internal";
  }
  return "internal";
}

std::string_view hint(Errc code) noexcept {
  switch (code) {
    case Errc::kInvalidInput:
      return "correct the input named above and try again";
    case Errc::kNotFound:
      return "check the name; `knead routine list` and `knead sessions` show what there is";
    case Errc::kNoDaemon:
      return "start the daemon with `systemctl start kneadd` or `kneadd`";
    case Errc::kNoBall:
      return "plug in the ball; `knead doctor` shows what the computer sees";
    case Errc::kAccessDenied:
      return "`knead doctor` says which permission is missing";
    case Errc::kBusy:
      return "wait for it to end, or stop it with `knead stop`";
    case Errc::kRefused:
      return "`knead status` says why";
    case Errc::kUnanswered:
      return "answer them with `knead safety`";
    case Errc::kProtocol:
      return "check that both sides are of the same version";
    case Errc::kDisconnected:
      return "check the cable and try again";
    case Errc::kTimeout:
      return "try again; `knead doctor` helps to find the cause";
    case Errc::kStorage:
      return "check the free space and the permissions of the database's folder";
    case Errc::kInternal:
      return "please report this with the log";
  }
  return "";
}

std::string Error::message() const {
  std::string text = context;
  if (os_error != 0) text += ": " + std::generic_category().message(os_error);
  const std::string_view what_to_do = remedy.empty() ? hint(code) : std::string_view(remedy);
  if (!what_to_do.empty()) {
    text += "; ";
    text += what_to_do;
  }
  return text;
}

std::unexpected<Error> fail_errno(Errc code, std::string context, std::string remedy) {
  const int os_error = errno;
  return fail(code, std::move(context), std::move(remedy), os_error);
}

}  // namespace knead
