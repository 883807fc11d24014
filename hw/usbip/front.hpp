// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/streambuf.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/error.hpp"
#include "hw/ball/force_trace.hpp"
#include "hw/usbip/console.hpp"
#include "hw/usbip/motor_trace_file.hpp"
#include "hw/usbip/server.hpp"
#include "hw/usbip/shelf.hpp"
#include "hw/usbip/vhci.hpp"

namespace knead::hw::usbip {

struct FrontOptions {
  std::uint16_t port = kDefaultPort;
  std::vector<std::string> serials;            ///< one ball each; empty: one ball with the default serial
  std::string person = "steady";               ///< used when there is no trace
  std::optional<std::filesystem::path> trace;  ///< force trace, CSV
  std::uint16_t rate_hz = 1000;
  double speed = 1.0;
  std::uint64_t seed = 1;
  bool attach = false;  ///< plug into this machine's own kernel instead of listening
  std::optional<std::filesystem::path> motor_trace;
  std::optional<std::filesystem::path> control;  ///< a FIFO, or "-" for standard input
};

/// `knead-ball usbip`: balls, server, console and signals put together. Runs on the calling thread until SIGINT or
/// SIGTERM. Prints one line for each thing that happens to a ball: "1-1 KB0001 attached".
class UsbipFront final : private ServerEvents {
 public:
  /// @param options as the person gave them. @param io must outlive the front.
  UsbipFront(boost::asio::io_context& io, FrontOptions options);

  /// Makes the balls and opens what the options name. An error is a mistake in the options.
  Result<> prepare();
  /// Offers the balls, or attaches them. After prepare(). An error is the system's refusal.
  Result<> start();

 private:
  static constexpr std::size_t kLongestCommand = 256;

  void on_attached(const ShelfBall& ball) override;
  void on_detached(const ShelfBall& ball) override;
  void on_lived(ShelfBall& ball) override;
  void on_complaint(const std::string& what) override;

  Result<PersonMaker> person_maker(std::uint64_t seed) const;
  Result<> make_balls();
  Result<> open_console();
  Result<> plug_in(ShelfBall& ball);
  void read_console();
  void obey(std::string_view line);
  Result<> execute(const ConsoleCommand& command);
  void wait_for_signal();

  boost::asio::io_context& io_;
  FrontOptions options_;
  std::optional<ball::ForceTrace> trace_;
  std::optional<MotorTraceFile> motor_trace_;
  Vhci vhci_;
  Shelf shelf_;
  Server server_;
  boost::asio::signal_set signals_;
  boost::asio::posix::stream_descriptor console_;
  boost::asio::streambuf console_line_{kLongestCommand};  // a longer line ends the console
};

}  // namespace knead::hw::usbip
