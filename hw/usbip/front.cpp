// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/front.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/read_until.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <istream>
#include <memory>
#include <unordered_set>
#include <utility>

#include "hw/protocol/protocol.hpp"
#include "hw/usbip/connection.hpp"

namespace knead::hw::usbip {
namespace {

constexpr std::string_view kStandardInput = "-";

/// One line, at once: tests and people follow what happens.
void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}
void say(const ShelfBall& ball, std::string_view what) {
  say(fmt::format("{} {} {}", ball.bus_id(), ball.serial(), what));
}

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

/// A FIFO that stays readable while writers come and go; made when it is not there.
Result<int> open_fifo(const std::filesystem::path& path) {
  if (::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) != 0 && errno != EEXIST) {
    return fail_errno(Errc::kInvalidInput, "--control: cannot make " + path.string(), "name a FIFO, or - for stdin");
  }
  // Opened for writing too, so that the last writer's leaving is not the end.
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0 || !S_ISFIFO(status.st_mode)) {
    return fail(Errc::kInvalidInput, fmt::format("--control: {} is not a FIFO that can be opened", path.string()),
                "name a FIFO, or - for stdin");
  }
  return fd.release();
}

}  // namespace

UsbipFront::UsbipFront(boost::asio::io_context& io, FrontOptions options)
    : io_(io), options_(std::move(options)), server_(io, shelf_, *this), signals_(io), console_(io) {}

Result<> UsbipFront::prepare() {
  if (auto made = make_balls(); !made) return made;
  if (options_.motor_trace) {
    auto file = MotorTraceFile::create(*options_.motor_trace);
    if (!file) return std::unexpected(std::move(file.error()));
    motor_trace_ = std::move(*file);
  }
  return open_console();
}

Result<> UsbipFront::start() {
  wait_for_signal();
  if (!options_.attach) {
    const auto port = server_.listen(options_.port);
    if (!port) return std::unexpected(port.error());
    for (const auto& ball : shelf_.balls()) say(*ball, fmt::format("listening on 127.0.0.1:{}", *port));
    return {};
  }
  for (const auto& ball : shelf_.balls()) {
    if (auto plugged = plug_in(*ball); !plugged) return plugged;
  }
  return {};
}

Result<PersonMaker> UsbipFront::person_maker(std::uint64_t seed) const {
  if (trace_) {
    return [trace = *trace_]() -> std::unique_ptr<ball::Person> { return std::make_unique<ball::TracePerson>(trace); };
  }
  if (auto known = ball::make_person(options_.person, seed); !known) return std::unexpected(std::move(known.error()));
  return [name = options_.person, seed]() -> std::unique_ptr<ball::Person> {
    return std::move(*ball::make_person(name, seed));  // the name was found good above
  };
}

Result<> UsbipFront::make_balls() {
  if (options_.serials.empty()) options_.serials.push_back(ball::BallConfig{}.serial);
  if (std::unordered_set<std::string>(options_.serials.begin(), options_.serials.end()).size() !=
      options_.serials.size()) {
    return fail(Errc::kInvalidInput, "--serial: two balls of one serial", "give each ball its own");
  }
  if (options_.trace) {
    auto trace = ball::ForceTrace::read(*options_.trace);
    if (!trace) return std::unexpected(std::move(trace.error()));
    trace_ = std::move(*trace);
  }
  const HostTime now = HostClock::now();
  for (const std::string& serial : options_.serials) {
    const std::uint64_t seed = options_.seed + shelf_.balls().size();
    auto ball = ball::Ball::create(
        {.serial = serial, .seed = seed, .rate_hz = options_.rate_hz, .clock_speed = options_.speed});
    if (!ball) return std::unexpected(std::move(ball.error()));
    auto person = person_maker(seed);
    if (!person) return std::unexpected(std::move(person.error()));
    shelf_.add(std::move(*ball), std::move(*person), now);
  }
  return {};
}

Result<> UsbipFront::plug_in(ShelfBall& ball) {
  auto fd = vhci_.attach(ball.record().device_id(), ball.record().speed);
  if (!fd) return std::unexpected(std::move(fd.error()));
  // A descriptor that has just been made by socketpair(): assigning it to the io_context can only fail out of memory.
  server_.adopt(Connection::Socket(io_, boost::asio::generic::stream_protocol(AF_UNIX, 0), fd->release()), ball);
  return {};
}

// ---- What happens to the balls ------------------------------------------------------------------------------------

void UsbipFront::on_attached(const ShelfBall& ball) { say(ball, "attached"); }
void UsbipFront::on_detached(const ShelfBall& ball) { say(ball, "detached"); }
void UsbipFront::on_lived(ShelfBall& ball) {
  const auto changes = ball.new_motor_changes();
  if (!motor_trace_) return;
  if (auto written = motor_trace_->append(ball.paced(), changes); !written) say("error: " + written.error().message());
}
void UsbipFront::on_complaint(const std::string& what) { say("error: a client was sent away: " + what); }

// ---- Console ------------------------------------------------------------------------------------------------------

Result<> UsbipFront::open_console() {
  if (!options_.control) return {};
  int fd = -1;
  if (*options_.control == kStandardInput) {
    fd = ::dup(STDIN_FILENO);
  } else {
    const auto fifo = open_fifo(*options_.control);
    if (!fifo) return std::unexpected(fifo.error());
    fd = *fifo;
  }
  boost::system::error_code error;
  error = console_.assign(fd, error);
  if (error) {
    ::close(fd);
    // epoll takes no regular file.
    return fail(Errc::kInvalidInput, "--control: standard input cannot be waited for", "give a pipe or a terminal",
                error.value());
  }
  read_console();
  return {};
}

void UsbipFront::read_console() {
  boost::asio::async_read_until(console_, console_line_, '\n',
                                [this](const boost::system::error_code& error, std::size_t) {
                                  if (error) return;  // end of input: the balls stay as they are
                                  std::istream stream(&console_line_);
                                  std::string line;
                                  std::getline(stream, line);
                                  obey(line);
                                  read_console();
                                });
}

void UsbipFront::obey(std::string_view line) {
  const auto command = parse_command(line);
  if (!command) return say("error: " + command.error().message());
  if (const auto done = execute(*command); !done) return say("error: " + done.error().message());
  say(fmt::format("ok {}", line));
}

Result<> UsbipFront::execute(const ConsoleCommand& command) {
  ShelfBall* ball = shelf_.find(command.bus_id);
  if (ball == nullptr) {
    return fail(Errc::kInvalidInput, fmt::format("no ball '{}'", command.bus_id), "bus ids are 1-1, 1-2, ...");
  }
  const HostTime now = HostClock::now();
  return std::visit(Overloaded{
                        [&](UnplugBall) -> Result<> {
                          server_.drop(*ball);
                          ball->pull(now);
                          return {};
                        },
                        [&](ReplugBall) -> Result<> {
                          if (ball->attached()) return fail(Errc::kInvalidInput, "it is plugged in", "unplug it first");
                          ball->put();
                          return options_.attach ? plug_in(*ball) : Result<>{};
                        },
                        [&](RestartPerson) -> Result<> {
                          ball->restart_person(now);
                          return {};
                        },
                        [&](TellPerson tell) -> Result<> {
                          ball->paced().hear(now, tell.cue);
                          return {};
                        },
                        [&](DropReadings drop) -> Result<> {
                          ball->paced().ball().drop_readings(drop.count);
                          return {};
                        },
                        [&](GarbleReports garble) -> Result<> {
                          ball->paced().ball().garble_reports(garble.count);
                          return {};
                        },
                        [&](ShowStatus) -> Result<> {
                          const protocol::Status status = ball->paced().ball().status();
                          say(*ball, fmt::format("dropped={} rejected={} ttl-expiries={}", status.dropped_readings,
                                                 status.rejected_commands, status.ttl_expiries));
                          return {};
                        },
                    },
                    command.what);
}

void UsbipFront::wait_for_signal() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    server_.stop();
    boost::system::error_code ignored;  // it is closed all the same
    ignored = console_.close(ignored);
  });
}

}  // namespace knead::hw::usbip
