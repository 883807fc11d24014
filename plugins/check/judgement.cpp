// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/judgement.hpp"

#include <utility>

namespace knead::check {
namespace {

std::string remedy_for(const Error& error) {
  if (!error.remedy.empty()) return error.remedy;
  switch (error.code) {
    case Errc::kTimeout:
      return "return from every callback within 50 ms and act on a later tick; never wait or sleep";
    case Errc::kDisconnected:
      return "run this check with --verbose, and the routine under `knead simulate`; build with -fsanitize=address "
             "to find what it touches";
    case Errc::kRefused:
      return "call nothing but knead/plugin.h, in the states that its tags name";
    default:
      return "call nothing but knead/plugin.h";
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kPass:
      return "PASS";
    case Verdict::kWarn:
      return "WARN";
    case Verdict::kFail:
      return "FAIL";
    case Verdict::kSkipped:
      return "skipped";
  }
  return "skipped";
}

Judgement pass(std::string reason) { return {Verdict::kPass, std::move(reason), {}}; }
Judgement warn(std::string reason, std::string remedy) {
  return {Verdict::kWarn, std::move(reason), std::move(remedy)};
}
Judgement failed(std::string reason, std::string remedy) {
  return {Verdict::kFail, std::move(reason), std::move(remedy)};
}
Judgement skipped(std::string reason) { return {Verdict::kSkipped, std::move(reason), {}}; }

Judgement ended(const std::string& when, const Error& error) {
  return failed((when.empty() ? "" : when + ": ") + error.context, remedy_for(error));
}

}  // namespace knead::check
