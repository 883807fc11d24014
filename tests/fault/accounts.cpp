// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/accounts.hpp"

#include <fmt/format.h>

#include "daemon/record/store.hpp"

namespace knead::fault {
namespace {

Accounts read(const Result<record::Store>& store) {
  Accounts accounts;
  if (!store) return {.problem = store.error().message()};
  if (const auto sound = store->check(); !sound) return {.problem = sound.error().message()};
  const auto newest = store->list_sessions(1);
  if (!newest) return {.problem = newest.error().message()};
  if (newest->empty()) return {.problem = "no session is on record"};
  const auto session = store->load_session(newest->front().id);
  if (!session) return {.problem = session.error().message()};

  const auto done = store->for_each_sample(newest->front().id, [&](const record::TimedSample& timed) {
    const Sample& sample = timed.sample;
    const bool continues = accounts.stored > 0 && !has(sample.quality, Quality::kReanchored);
    if (continues && sample.seq > accounts.last_seq) accounts.missing += sample.seq - accounts.last_seq - 1;
    if (continues && sample.seq <= accounts.last_seq) accounts.problem = "the stored sequence does not rise";
    accounts.last_seq = sample.seq;
    ++accounts.stored;
  });
  if (!done) accounts.problem = done.error().message();
  for (const record::Gap& gap : session->gaps) {
    if (gap.kind != record::GapKind::kEvent) accounts.told += gap.count;
  }
  const record::SessionFacts& facts = session->facts;
  accounts.interrupted = facts.outcome == record::kInterrupted;
  if (facts.samples != accounts.stored) {
    accounts.problem = fmt::format("{} samples are stored, the session says {}", accounts.stored, facts.samples);
  }
  return accounts;
}

}  // namespace

Accounts read_accounts(const std::string& database) { return read(record::Store::open(database)); }

Accounts read_live_accounts(const std::string& database) { return read(record::Store::open_read_only(database)); }

}  // namespace knead::fault
