// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "daemon/record/session_buffer.hpp"
#include "daemon/record/store.hpp"

namespace knead::record {

/// Writes one session synchronously: for `knead simulate --db`, where nobody waits for a sample. Live, a Recorder does
/// the same on a thread of its own. The store must outlive it. Every error means that nothing more was written; what
/// was is in the store, as a session that is "interrupted" when it is next opened.
class SessionWriter {
 public:
  /// The session's row is in the store when this returns.
  static Result<SessionWriter> begin(Store& store, SessionHeader header);

  /// In order. Sequence gaps are found and recorded.
  Result<> add_sample(SessionTime t, const Sample& sample);
  Result<> add_event(const session::Event& event);
  Result<> add_input(const session::Input& input);
  Result<> add_gap(SessionTime t, GapKind kind, std::uint64_t count);
  Result<> set_calibration(const protocol::Calibration& calibration);
  /// Writes all that is left, the last partial second too.
  Result<> end(SessionSummary summary);

  [[nodiscard]] std::int64_t id() const { return buffer_.id(); }

 private:
  SessionWriter(Store& store, SessionHeader header) : store_(&store), buffer_(std::move(header)) {}
  Result<> commit_if_due();

  Store* store_;
  SessionBuffer buffer_;
};

}  // namespace knead::record
