// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/live_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "daemon/cli/text.hpp"
#include "daemon/session/text.hpp"

namespace knead::cli {
namespace {

using session::CueKind;
using session::Phase;

enum class Style : std::uint8_t { kPlain, kBold, kGood, kHigh, kLow, kAlarm, kDim };

std::string_view code_of(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kGood:
      return "\x1b[1;32m";
    case Style::kHigh:
      return "\x1b[1;31m";
    case Style::kLow:
      return "\x1b[1;33m";
    case Style::kAlarm:
      return "\x1b[1;97;41m";
    case Style::kDim:
      return "\x1b[2m";
  }
  return "";
}

struct Glyphs {
  std::string_view full, band, empty, lo, hi, done, to_do, dot;
};
constexpr Glyphs kUtf8{"█", "░", "·", "┃", "┃", "●", "○", "·"};
constexpr Glyphs kAscii{"#", "=", ".", "[", "]", "*", "o", "-"};

/// A line that knows how many columns it takes, cuts what does not fit, and drops what the terminal cannot show.
class Line {
 public:
  explicit Line(const Look& look) : look_(look), left_(static_cast<std::size_t>(look.width)) {}

  Line& add(std::string_view text, Style style = Style::kPlain) {
    const bool styled = look_.colour && style != Style::kPlain;
    if (styled) text_ += code_of(style);
    append(text);
    if (styled) text_ += "\x1b[0m";
    return *this;
  }
  /// Fills up to @p column.
  Line& to(std::size_t column) {
    const std::size_t used = static_cast<std::size_t>(look_.width) - left_;
    if (column > used) append(std::string(column - used, ' '));
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void append(std::string_view text) {
    for (std::size_t i = 0; i < text.size() && left_ > 0; --left_) {
      std::size_t length = 1;
      while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xC0U) == 0x80U) ++length;
      if (length == 1 || look_.utf8)
        text_ += text.substr(i, length);
      else
        text_ += '?';
      i += length;
    }
  }

  const Look& look_;
  std::size_t left_;
  std::string text_;
};

std::string clean(std::string_view text) { return session::clean_text(text, session::kMaxCueBytes); }

double finite(double value) { return std::isfinite(value) ? value : 0.0; }

Style force_style(const api::LiveUpdate& live) {
  const auto& s = live.snapshot;
  if (s.phase != Phase::kRelease && s.phase != Phase::kWaiting) return Style::kBold;
  if (s.in_band) return Style::kGood;
  return s.force > s.band.hi ? Style::kHigh : Style::kLow;
}

/// Force as a bar from 0, the band marked. A fixed scale: a gauge that rescales cannot be read from the corner of an
/// eye.
std::string gauge(const api::LiveUpdate& live, const Look& look) {
  const Glyphs& glyphs = look.utf8 ? kUtf8 : kAscii;
  const auto& s = live.snapshot;
  const bool banded = s.phase == Phase::kRelease || s.phase == Phase::kWaiting;
  constexpr double kBandShare = 1.5;       // the band's upper end lies at two thirds of the bar
  constexpr double kActivationScale = 20;  // newtons; very light presses, some 3 to 8 N
  const double full = banded ? std::max(1.0, finite(s.band.hi.value) * kBandShare) : kActivationScale;
  const std::string value = fmt::format(" {:5.1f} N", std::clamp(finite(s.force.value), -999.0, 9999.0));
  const std::size_t cells = static_cast<std::size_t>(look.width) - 10 - value.size();
  const auto cell_of = [&](double newtons) {
    const double share = std::clamp(finite(newtons) / full, 0.0, 1.0);
    return static_cast<std::size_t>(std::lround(share * static_cast<double>(cells)));
  };
  const std::size_t filled = cell_of(s.force.value);
  const std::size_t lo = cell_of(s.band.lo.value);
  const std::size_t hi = cell_of(s.band.hi.value);
  Line line(look);
  line.add("Force").to(10);
  for (std::size_t i = 0; i < cells; ++i) {
    if (banded && i == lo)
      line.add(glyphs.lo, Style::kBold);
    else if (banded && i == hi)
      line.add(glyphs.hi, Style::kBold);
    else if (i < filled)
      line.add(glyphs.full, force_style(live));
    else if (banded && i > lo && i < hi)
      line.add(glyphs.band);
    else
      line.add(glyphs.empty, Style::kDim);
  }
  line.add(value, force_style(live));
  return line.take();
}

std::string credit(const api::LiveUpdate& live, const Look& look) {
  const Glyphs& glyphs = look.utf8 ? kUtf8 : kAscii;
  const auto& s = live.snapshot;
  const double done = std::max(0.0, to_seconds(s.credited));
  const double target = std::max(0.0, to_seconds(s.target));
  const double share = target > 0 ? std::clamp(done / target, 0.0, 1.0) : 0.0;
  const std::string value = fmt::format(" {:3.0f}/{:.0f} s", done, target);
  const std::size_t cells = static_cast<std::size_t>(look.width) - 10 - std::min<std::size_t>(value.size(), 20);
  // Down, not nearest: a bar that is full before the time is earned would be a promise.
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(cells));
  Line line(look);
  line.add("Credited").to(10);
  for (std::size_t i = 0; i < cells; ++i)
    line.add(i < filled ? glyphs.full : glyphs.empty, i < filled ? Style::kGood : Style::kDim);
  line.add(value);
  return line.take();
}

std::string reps(const api::LiveUpdate& live, const Look& look) {
  const Glyphs& glyphs = look.utf8 ? kUtf8 : kAscii;
  const auto& s = live.snapshot;
  Line line(look);
  line.add("Reps").to(10);
  if (s.target_reps <= 0) return line.add("none in this routine").take();
  constexpr int kMostDots = 20;
  if (s.target_reps <= kMostDots)
    for (int i = 0; i < s.target_reps; ++i) line.add(i < s.reps ? glyphs.done : glyphs.to_do);
  line.add(fmt::format(" {}/{}", s.reps, s.target_reps), s.phase == Phase::kActivation ? Style::kBold : Style::kPlain);
  return line.take();
}

std::string cue(const api::LiveUpdate& live, const Look& look) {
  const auto& cue = live.snapshot.last_cue;
  Style style = Style::kBold;
  if (cue.kind == CueKind::kWarning) style = Style::kAlarm;
  if (cue.kind == CueKind::kLighter || cue.kind == CueKind::kLetGo) style = Style::kHigh;
  if (cue.kind == CueKind::kHarder || cue.kind == CueKind::kPress) style = Style::kLow;
  if (cue.kind == CueKind::kHold || cue.kind == CueKind::kDone) style = Style::kGood;
  Line line(look);
  line.add("  ");
  std::string text = clean(cue.text);
  if (cue.count) text += fmt::format("  {}", *cue.count);
  return line.add(look.utf8 ? "▶ " : "> ", style).add(text, style).take();
}

std::string state(const api::LiveUpdate& live, const LiveTitle& title, const Look& look) {
  const auto& s = live.snapshot;
  Line line(look);
  line.add("State").to(10);
  if (title.stopping) return line.add("stopping; Ctrl-C again leaves at once", Style::kAlarm).take();
  if (!live.trips.empty()) {
    const auto& trip = live.trips.front();
    line.add("motor held off: " + clean(trip.detail.empty() ? trip.kind : trip.detail), Style::kAlarm);
    if (live.trips.size() > 1) line.add(fmt::format(" (and {} more)", live.trips.size() - 1));
    return line.take();
  }
  if (s.paused) return line.add("PAUSED; space goes on", Style::kAlarm).take();
  switch (s.phase) {
    case Phase::kWaiting:
      line.add("waiting for you to lean on the ball");
      break;
    case Phase::kRelease:
      line.add(s.steps > 1 ? fmt::format("release {} of {}", s.step + 1, s.steps) : "release");
      break;
    case Phase::kActivation:
      line.add("activation");
      break;
    case Phase::kEnded:
      line.add("ended");
      break;
  }
  line.add(fmt::format(", {}", clock_text(to_seconds(s.t.time_since_epoch()))));
  line.add(live.motor_level > 0 ? fmt::format(", motor {:.0f} %", std::clamp(live.motor_level, 0.0, 1.0) * 100)
                                : ", motor off");
  return line.take();
}

}  // namespace

std::vector<std::string> render_live(const api::LiveUpdate& live, const LiveTitle& title, const Look& wanted) {
  Look look = wanted;
  look.width = std::clamp(look.width, kMinWidth, kMaxWidth);
  const std::string between = look.utf8 ? " · " : " - ";
  Line head(look);
  head.add(std::string(session::to_string(live.snapshot.side)), Style::kBold)
      .add(between + clean(title.title))
      .add(title.custom ? between + "custom, leaves the method" : std::string(), Style::kLow)
      .add(title.ball.empty() ? std::string() : between + clean(title.ball), Style::kDim);
  Line keys(look);
  keys.add("space pause or go on, q stop", Style::kDim);
  return {head.take(),       "",
          cue(live, look),   "",
          gauge(live, look), credit(live, look),
          reps(live, look),  state(live, title, look),
          keys.take()};
}

}  // namespace knead::cli
