// SPDX-License-Identifier: Apache-2.0
// What the tests of a damaged record share: sessions to damage, ways to do it, and a look at what is left.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "daemon/record/check.hpp"
#include "daemon/record/session_writer.hpp"
#include "tests/unit/record/support.hpp"

namespace knead::record::test {

/// @return of each session its samples.
inline std::map<std::int64_t, std::vector<TimedSample>> write_sessions(const std::string& path, int sessions,
                                                                       std::size_t samples = 5000) {
  std::map<std::int64_t, std::vector<TimedSample>> written;
  Store store = open_store(path);
  for (int n = 0; n < sessions; ++n) {
    auto ride = rough_ride(samples, static_cast<std::uint32_t>(n) + 1);
    auto writer = SessionWriter::begin(store, header()).value();
    for (const TimedSample& s : ride) EXPECT_TRUE(writer.add_sample(s.t, s.sample));
    EXPECT_TRUE(writer.add_event({ride.back().t, session::event::SamplesLost{1}}));
    EXPECT_TRUE(writer.add_input({samples, session::input::Pause{"cli"}}));
    EXPECT_TRUE(writer.end(summary()));
    written[writer.id()] = std::move(ride);
  }
  return written;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string what_is_wrong(const std::string& path) {
  const auto check = check_database(path);
  if (!check) return check.error().message();
  std::string text;
  for (const DatabaseFinding& finding : check->findings) text += to_string(finding) + "\n";
  return text;
}

/// As another program would, which knows nothing of ours.
inline void tamper(const std::string& path, const std::string& sql) {
  SQLite::Database raw(path, SQLite::OPEN_READWRITE);
  raw.exec("PRAGMA foreign_keys = OFF");
  raw.exec(sql);
}

/// The number, from 1, of the @p n-th page that holds rows of @p table, from 0.
inline int page_of(const std::string& path, const std::string& table, int n) {
  SQLite::Database raw(path);
  SQLite::Statement pages(
      raw, "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET ?");
  pages.bind(1, table);
  pages.bind(2, n);
  return pages.executeStep() ? pages.getColumn(0).getInt() : 0;
}

/// Puts something else where a page was.
inline void spoil_page(const std::string& path, int page) {
  constexpr std::streamoff kPage = 4096;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * kPage);
  file << std::string(kPage, '\x5a');
}

/// Every sample that is there is one that was written, in order. @return how many.
inline std::size_t expect_part_of(const std::vector<TimedSample>& got, const std::vector<TimedSample>& written) {
  std::size_t at = 0;
  for (const TimedSample& s : got) {
    while (at < written.size() && written[at].t != s.t) ++at;
    EXPECT_LT(at, written.size()) << "a sample that nobody wrote";
    if (at == written.size()) break;
    // Millions of them: in words only where they differ.
    if (!is_same(s, written[at])) expect_same(s, written[at], at);
  }
  return got.size();
}

}  // namespace knead::record::test
