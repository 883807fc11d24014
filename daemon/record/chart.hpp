// SPDX-License-Identifier: Apache-2.0
// The little of charting that the pages need: scales, ticks and a curve of many samples, as SVG.
//
// Why not a library: what Debian 12 has for C++ (PLplot, MathGL, giza) draws through drivers into fixed-size pictures:
// text as outlines or in a font that has to be there, no title and description for a screen reader, no colours that
// follow the reader's light or dark page, and packages of tens of megabytes on a Raspberry Pi without a screen. Those
// from npm and Python want a browser or an interpreter to draw; gnuplot is a program to be installed and run. The pages
// here must be one file that opens anywhere in years to come.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/record/model.hpp"

namespace knead::record {

/// From a quantity to a place in the picture.
struct Scale {
  double from = 0.0;
  double to = 1.0;
  double at_from = 0.0;
  double at_to = 1.0;
  [[nodiscard]] double operator()(double value) const {
    return to == from ? at_from : at_from + (value - from) / (to - from) * (at_to - at_from);
  }
};

/// Round numbers from @p lo to @p hi, about @p most of them: steps of 1, 2 or 5 times a power of ten. Never empty.
[[nodiscard]] std::vector<double> ticks(double lo, double hi, int most);
/// The same for seconds: steps that people count in (5, 10, 15, 30 s, minutes).
[[nodiscard]] std::vector<double> time_ticks(double lo, double hi, int most);
/// A place in the picture, to a tenth of a pixel: "12.3".
[[nodiscard]] std::string px(double place);
/// A tick's number without needless zeros: "0.5".
[[nodiscard]] std::string plain(double value);

/// A curve's lowest and highest value in each column of pixels: a peak of one sample stays visible, whatever the length
/// of the session, and the picture has the same size. Pure; memory by columns.
class PixelCurve {
 public:
  PixelCurve(std::size_t count, double from, double to) : from_(from), to_(to), columns_(count) {}
  void add(double at, double value);
  /// What comes next does not follow from what came before: the curve is interrupted.
  void interrupt() { interrupted_ = true; }
  /// SVG path data. @p x maps what add() was given.
  [[nodiscard]] std::string path(const Scale& x, const Scale& y) const;
  [[nodiscard]] std::optional<double> lowest() const;
  [[nodiscard]] std::optional<double> highest() const;

 private:
  struct PixelColumn {
    double lowest = 0.0;
    double highest = 0.0;
    double first = 0.0;
    double last = 0.0;
    bool filled = false;
    bool begins = false;  ///< the curve is interrupted before it
  };
  double from_;
  double to_;
  std::vector<PixelColumn> columns_;
  bool interrupted_ = true;
};

}  // namespace knead::record
