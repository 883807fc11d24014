// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "daemon/core/error.hpp"
#include "hw/ball/motor.hpp"
#include "hw/ball/paced_ball.hpp"

namespace knead::hw::usbip {

/// The motor trace on disk, for whoever must know what the motor did after its host died. CSV, each line handed to the
/// system at once:
///
///   serial,boot,device_us,host_ns,level,cause
///
/// device_us is the ball's clock, which begins at 0 with each boot; host_ns is CLOCK_MONOTONIC. One thread.
class MotorTraceFile {
 public:
  /// Replaces what is there. Error: kStorage.
  static Result<MotorTraceFile> create(const std::filesystem::path& path);
  /// Errors: kStorage, once; later lines are then not tried.
  Result<> append(const ball::PacedBall& ball, std::span<const ball::MotorChange> changes);

 private:
  MotorTraceFile(std::ofstream file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  std::ofstream file_;
  std::string path_;
  bool broken_ = false;
};

}  // namespace knead::hw::usbip
