// SPDX-License-Identifier: Apache-2.0
// knead-ball: the fronts of the virtual ball, one subcommand each.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "hw/usbip/front.hpp"

namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

int complain(int code, const std::string& what) {
  fmt::print(stderr, "knead-ball: {}\n", what);
  return code;
}

void add_options(CLI::App& command, knead::hw::usbip::FrontOptions& options) {
  command.add_option("--port", options.port, "TCP port on 127.0.0.1; 0 takes any free one")->capture_default_str();
  command.add_option("--serial", options.serials, "serial number; repeat it for more balls (busids 1-1, 1-2, ...)")
      ->delimiter(',');
  auto* person = command.add_option("--person", options.person, "who presses the ball")->capture_default_str();
  command.add_option("--trace", options.trace, "force trace that presses the ball: CSV t_s,force_n[,button]")
      ->excludes(person);
  command.add_option("--rate", options.rate_hz, "readings a second, 1000..8000")->capture_default_str();
  command.add_option("--speed", options.speed, "how much faster than life ball and person are")->capture_default_str();
  command.add_option("--seed", options.seed, "of the sensor's noise and the person's hand")->capture_default_str();
  command.add_flag("--attach", options.attach, "plug into this machine's own kernel (vhci_hcd, root), without TCP");
  command.add_option("--motor-trace", options.motor_trace, "write each change of the motor to this CSV file");
  command.add_option("--control", options.control, "take commands from this FIFO, or from stdin with -");
}

int run(int argc, char** argv) {
  CLI::App app{"Virtual ball: a Knead ball without hardware"};
  app.set_version_flag("--version", KNEAD_VERSION);
  app.require_subcommand(1);
  knead::hw::usbip::FrontOptions options;
  CLI::App* usbip = app.add_subcommand("usbip", "Offer balls over USB/IP, or attach them to this kernel");
  add_options(*usbip, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    return complain(kWrongUse, std::string(error.what()) + "; see knead-ball usbip --help");
  }

  boost::asio::io_context io{1};
  knead::hw::usbip::UsbipFront front(io, options);
  if (const auto prepared = front.prepare(); !prepared) return complain(kWrongUse, prepared.error().message());
  if (const auto started = front.start(); !started) return complain(kFailed, started.error().message());
  io.run();
  return kDone;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return complain(kFailed, error.what());
  }
}
