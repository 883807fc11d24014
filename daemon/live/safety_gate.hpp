// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "daemon/core/error.hpp"
#include "daemon/core/safety_rule.hpp"
#include "daemon/record/recorder.hpp"
#include "daemon/record/safety_answers.hpp"

namespace knead::live {

/// Stands before every session, whoever asks for it: has this profile answered the safety questions? Main thread.
class SafetyGate {
 public:
  /// Both outlive it. @p database is the recorder's file.
  SafetyGate(boost::asio::io_context& io, record::Recorder& recorder, SafetyRule rule, std::string database)
      : io_(io), recorder_(recorder), rule_(rule), database_(std::move(database)) {}

  [[nodiscard]] SafetyRule rule() const noexcept { return rule_; }
  /// Reads the record, so not while a session runs. Errors: kUnanswered, with how to answer; what the record says when
  /// it cannot be read: then nobody knows.
  [[nodiscard]] Result<> may_begin(const std::string& profile, bool simulated) const;

  // Asked and answered at any time, also while a session runs, whose stop must not wait for the disk: the recorder's
  // thread does it, and the main loop tells.
  /// What a profile answered last; empty: nothing yet.
  using Told = std::function<void(const Result<std::optional<record::SafetyAnswer>>&)>;
  /// Errors: of the record; kBusy, too much waits for it.
  void ask(const std::string& profile, const Told& told);
  /// Keeps what was answered. Errors: kInvalidInput; as ask().
  void answer(const std::string& profile, const session::SafetyAnswers& given, const Told& told);

 private:
  using Newest = Result<std::optional<record::SafetyAnswer>>;
  void look_up(std::function<Newest(record::SafetyJournal&)> what, const Told& told);

  boost::asio::io_context& io_;
  record::Recorder& recorder_;
  SafetyRule rule_;
  std::string database_;
};

}  // namespace knead::live
