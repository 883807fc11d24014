// SPDX-License-Identifier: Apache-2.0
// Random sessions: whatever can befall one, from a seed. For tests of the record and of all that is made of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "daemon/record/model.hpp"
#include "daemon/record/store.hpp"
#include "daemon/session/event.hpp"
#include "daemon/session/input.hpp"

namespace knead::test {

struct RandomSessionOptions {
  std::uint32_t seed = 1;
  /// Of the session's clock, at 1 kHz; a faster ball gets as many samples fewer seconds. A person may end it sooner.
  std::chrono::seconds longest{20};
};

/// What went into the store, to be held against what comes out.
struct MadeSession {
  std::int64_t id = 0;
  record::SessionHeader header;
  std::vector<record::TimedSample> samples;  ///< that the session was given
  std::vector<session::Event> events;        ///< without ticks
  std::vector<session::Input> inputs;
  session::SessionReport report;                    ///< as far as it came
  std::vector<protocol::Calibration> calibrations;  ///< in the order in which they came into force
  std::optional<int> nrs_after;
  bool ended = true;     ///< false: its program died under it, and the store has no outcome
  bool complete = true;  ///< false: the disk was full for a while, and the store lacks some of it
  /// What befell it: kinds of events, of inputs ("input silence") and of gaps ("gap ring"), and what else was drawn
  /// ("8000 Hz", "no plugin", "calibration").
  std::set<std::string, std::less<>> saw;
};

/// Makes one session and stores it in @p store. The ball's own code makes the reports for a random person; they take
/// the live way through codec, clock sync, interlock, ring and session, in virtual time, with chance in the place of
/// plugin, USB and disk. The same options give the same session, to the byte.
///
/// Readings are lost in the ball, in the ring and on the disk; reports come late or garbled; sensors fail; the ball is
/// unplugged and back, with its clock begun anew; people pause, go on, stop and press the button; taring changes the
/// calibration under way. Names, reasons and a plugin's words hold commas, quotes, line breaks and letters of any
/// script. Throws std::runtime_error when the store refuses.
MadeSession make_random_session(record::Store& store, const RandomSessionOptions& options);

/// Something that a person, a plugin or a client may write. @p one_line: as a routine's title may be.
std::string awkward_text(std::uint32_t seed, bool one_line = false);

}  // namespace knead::test
