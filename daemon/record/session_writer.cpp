// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/session_writer.hpp"

#include <utility>

namespace knead::record {

namespace {
/// A minute of samples per transaction: a simulated session is a handful of them.
constexpr std::size_t kBlocksPerCommit = 60;
constexpr std::size_t kEventsPerCommit = 1000;
}  // namespace

Result<SessionWriter> SessionWriter::begin(Store& store, SessionHeader header) {
  SessionWriter writer(store, std::move(header));
  if (auto written = store.commit(writer.buffer_); !written) return std::unexpected(written.error());
  return writer;
}

Result<> SessionWriter::add_sample(SessionTime t, const Sample& sample) {
  buffer_.add_sample(t, sample);
  return commit_if_due();
}

Result<> SessionWriter::add_event(const session::Event& event) {
  buffer_.add_event(event);
  return commit_if_due();
}

Result<> SessionWriter::add_input(const session::Input& input) {
  buffer_.add_input(input);
  return commit_if_due();
}

Result<> SessionWriter::add_gap(SessionTime t, GapKind kind, std::uint64_t count) {
  buffer_.add_gap(t, kind, count);
  return commit_if_due();
}

Result<> SessionWriter::set_calibration(const protocol::Calibration& calibration) {
  buffer_.set_calibration(calibration);
  return commit_if_due();
}

Result<> SessionWriter::end(SessionSummary summary) {
  buffer_.end(std::move(summary));
  return store_->commit(buffer_);
}

Result<> SessionWriter::commit_if_due() {
  const PendingRows& rows = buffer_.pending();
  if (rows.blocks.size() < kBlocksPerCommit &&
      rows.events.size() + rows.inputs.size() + rows.gaps.size() < kEventsPerCommit)
    return {};
  return store_->commit(buffer_);
}

}  // namespace knead::record
