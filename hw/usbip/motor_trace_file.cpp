// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/motor_trace_file.hpp"

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace knead::hw::usbip {
namespace {
constexpr std::string_view kRemedy = "name a file in a folder that is there and has room";
}  // namespace

Result<MotorTraceFile> MotorTraceFile::create(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::trunc);
  file << "serial,boot,device_us,host_ns,level,cause\n" << std::flush;
  if (!file)
    return fail_errno(Errc::kStorage, "cannot write the motor trace to " + path.string(), std::string(kRemedy));
  return MotorTraceFile(std::move(file), path.string());
}

Result<> MotorTraceFile::append(const ball::PacedBall& ball, std::span<const ball::MotorChange> changes) {
  if (changes.empty() || broken_) return {};
  for (const ball::MotorChange& change : changes) {
    file_ << fmt::format("{},{},{},{},{},{}\n", ball.ball().serial(), change.boot, change.at.time_since_epoch().count(),
                         ball.host_time(change).time_since_epoch().count(), change.level.value,
                         ball::to_string(change.cause));
  }
  file_ << std::flush;
  if (file_) return {};
  broken_ = true;
  return fail_errno(Errc::kStorage, "cannot write the motor trace to " + path_, std::string(kRemedy));
}

}  // namespace knead::hw::usbip
