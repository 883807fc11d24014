// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/plugin_process.hpp"

#include <fcntl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "daemon/host/connection.hpp"
#include "daemon/host/live_link.hpp"

namespace knead::host {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLoadLimit{2000};
// In lockstep nobody's motor runs: only a plugin that never answers must not hang the program for good.
constexpr milliseconds kExchangeLimit{5000};

std::unexpected<Error> load_timeout(Connection& connection, const std::string& file) {
  (void)connection.end(Errc::kTimeout, "was not loaded in time");
  return fail(Errc::kTimeout, file + ": the plugin was not ready within 2 s",
              "do less in its constructors and in create()");
}

Result<> wait_for_hello(Connection& connection, const std::string& file) {
  if (auto ok = connection.wait_limit(kLoadLimit); !ok) return ok;
  const auto ready = connection.receive_hello(Connection::Wait::kYes);
  if (ready) return {};
  if (ready.error().code == Errc::kTimeout) return load_timeout(connection, file);
  return std::unexpected(ready.error());
}

/// A plugin on its way: waits on the loop for its first frame.
class PendingLaunch : public std::enable_shared_from_this<PendingLaunch> {
 public:
  using Done = std::function<void(Result<std::shared_ptr<Connection>>)>;
  PendingLaunch(boost::asio::io_context& io, std::shared_ptr<Connection> connection, std::string file, Done done)
      : connection_(std::move(connection)),
        file_(std::move(file)),
        done_(std::move(done)),
        socket_(io, connection_->socket()),
        limit_(io, kLoadLimit) {}
  ~PendingLaunch() { (void)socket_.release(); }  // the connection closes it
  PendingLaunch(const PendingLaunch&) = delete;
  PendingLaunch& operator=(const PendingLaunch&) = delete;

  void start() {
    limit_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error && self->done_) self->finish(load_timeout(*self->connection_, self->file_));
    });
    wait();
  }

 private:
  void wait() {
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (error || !self->done_) return;
                         auto ready = self->connection_->receive_hello(Connection::Wait::kNo);
                         if (!ready) return self->finish(std::unexpected(ready.error()));
                         if (*ready) return self->finish(self->connection_);
                         self->wait();
                       });
  }
  void finish(Result<std::shared_ptr<Connection>> result) {
    const Done done = std::exchange(done_, nullptr);
    limit_.cancel();
    (void)socket_.release();
    done(std::move(result));
  }

  std::shared_ptr<Connection> connection_;
  std::string file_;
  Done done_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer limit_;
};

}  // namespace

PluginProcess::PluginProcess(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

PluginProcess::~PluginProcess() {
  if (live_) live_->close();
}

Result<std::unique_ptr<PluginProcess>> PluginProcess::launch(const PluginLaunch& launch) {
  auto connection = Connection::open(launch);
  if (!connection) return std::unexpected(connection.error());
  if (auto ok = wait_for_hello(**connection, launch.plugin_file); !ok) return std::unexpected(ok.error());
  if (auto ok = (*connection)->wait_limit(kExchangeLimit); !ok) return std::unexpected(ok.error());
  return std::unique_ptr<PluginProcess>(new PluginProcess(std::move(*connection)));
}

Result<PluginInfo> PluginProcess::describe(const std::string& file, const std::string& host_program) {
  // Nobody presses: the ring's place is taken by what has nothing in it.
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) return fail_errno(Errc::kInternal, "cannot open /dev/null");
  const auto plugin = launch(
      {.plugin_file = file, .host_program = host_program, .activation = {}, .ring_fd = nothing, .only_describe = true});
  if (!plugin) return std::unexpected(plugin.error());
  return (*plugin)->info();
}

std::expected<PluginInfo, PluginProcess::Refusal> PluginProcess::examine(const PluginLaunch& launch) {
  auto connection = Connection::open(launch);
  if (!connection) return std::unexpected(Refusal{connection.error(), {}});
  if (auto ok = wait_for_hello(**connection, launch.plugin_file); !ok) {
    return std::unexpected(Refusal{ok.error(), (*connection)->finding()});
  }
  return (*connection)->info();
}

void PluginProcess::launch(boost::asio::io_context& io, const PluginLaunch& launch, LaunchHandler on_ready) {
  auto connection = Connection::open(launch);
  if (!connection) {
    boost::asio::post(
        io, [on_ready = std::move(on_ready), error = connection.error()] { on_ready(std::unexpected(error)); });
    return;
  }
  auto done = [on_ready = std::move(on_ready)](Result<std::shared_ptr<Connection>> result) {
    if (!result) return on_ready(std::unexpected(result.error()));
    if (auto ok = (*result)->wait_limit(kExchangeLimit); !ok) return on_ready(std::unexpected(ok.error()));
    on_ready(std::unique_ptr<PluginProcess>(new PluginProcess(std::move(*result))));
  };
  std::make_shared<PendingLaunch>(io, std::move(*connection), launch.plugin_file, std::move(done))->start();
}

const PluginInfo& PluginProcess::info() const noexcept { return connection_->info(); }
const std::string& PluginProcess::file() const noexcept { return connection_->file(); }
const PluginStatistics& PluginProcess::statistics() const noexcept { return connection_->statistics(); }
pid_t PluginProcess::pid() const noexcept { return connection_->pid(); }

Result<std::vector<session::PluginAction>> PluginProcess::exchange(const session::Event& event, std::uint64_t ring_head,
                                                                   DeviceTime epoch) {
  std::vector<session::input::PluginActed> answers;
  if (auto done = exchange(event, ring_head, epoch, answers); !done) return std::unexpected(std::move(done.error()));
  std::vector<session::PluginAction> actions;
  for (session::input::PluginActed& answer : answers) actions.push_back(std::move(answer.action));
  return actions;
}

Result<> PluginProcess::exchange(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch,
                                 std::vector<session::input::PluginActed>& answers) {
  for (EventFrame& frame : connection_->map(event)) {
    frame.ring_head = ring_head;
    frame.epoch = epoch;
    ++calls_;
    if (auto sent = connection_->send(frame); !sent) return sent;
    for (bool acknowledged = false; !acknowledged;) {
      auto received = connection_->receive(Connection::Wait::kYes);
      if (!received) return std::unexpected(received.error());
      if (auto* action = std::get_if<session::PluginAction>(&*received)) {
        answers.push_back({.call = calls_, .by_host = false, .action = std::move(*action)});
      } else {
        acknowledged = true;
      }
    }
  }
  return {};
}

Result<> PluginProcess::close(std::chrono::milliseconds limit) { return connection_->close(limit); }

void PluginProcess::attach(boost::asio::io_context& io, ActionHandler on_action, FailureHandler on_failed) {
  live_ = std::make_shared<LiveLink>(io, connection_, std::move(on_action), std::move(on_failed));
  live_->start();
}

PluginProcess::Answering PluginProcess::answering() const noexcept { return live_ ? live_->answering() : Answering{}; }

void PluginProcess::on_tick_skipped(std::function<void(SessionTime)> on_skipped) {
  if (live_) live_->on_tick_skipped(std::move(on_skipped));
}

void PluginProcess::post(const session::Event& event, std::uint64_t ring_head, DeviceTime epoch) {
  if (!live_) return;
  for (EventFrame& frame : connection_->map(event)) {
    frame.ring_head = ring_head;
    frame.epoch = epoch;
    live_->post(frame);
  }
}

}  // namespace knead::host
