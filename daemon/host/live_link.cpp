// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/live_link.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace knead::host {
namespace {

using std::chrono::milliseconds;
// DESIGN.md section 5.
constexpr milliseconds kSlowAfter{50};
constexpr milliseconds kRevokedAfter{200};
constexpr milliseconds kKilledAfter{1000};

// After these many frames the loop's other work gets its turn.
constexpr int kFramesAtOnce = 64;

bool is_motor_request(const session::PluginAction& action) {
  return std::holds_alternative<session::action::RequestMotor>(action);
}

}  // namespace

LiveLink::LiveLink(boost::asio::io_context& io, std::shared_ptr<Connection> connection,
                   PluginProcess::ActionHandler on_action, PluginProcess::FailureHandler on_failed)
    : connection_(std::move(connection)),
      on_action_(std::move(on_action)),
      on_failed_(std::move(on_failed)),
      socket_(io, connection_->socket()),
      deadline_(io) {}

LiveLink::~LiveLink() { (void)socket_.release(); }  // the connection closes it

void LiveLink::close() noexcept {
  state_ = State::kOver;
  queue_.clear();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  deadline_.cancel();
}

void LiveLink::wait_readable() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [weak = weak_from_this()](const boost::system::error_code& error) {
                       const auto self = weak.lock();
                       if (!self || error || self->state_ == State::kOver) return;
                       self->drain();
                       if (self->state_ != State::kOver) self->wait_readable();
                     });
}

void LiveLink::post(EventFrame frame) {
  if (state_ == State::kOver) return;
  const bool tick_waits = !queue_.empty() && queue_.back().kind == EventKind::kTick;
  if (frame.kind == EventKind::kTick && tick_waits) {
    if (on_tick_skipped_) on_tick_skipped_(queue_.back().t);
    queue_.back() = frame;  // a plugin that is late learns the newest time, not every one it missed
  } else {
    queue_.push_back(frame);
  }
  if (state_ == State::kIdle) send_next();
}

void LiveLink::send_next() {
  const EventFrame next = queue_.front();
  queue_.pop_front();
  ++calls_;
  if (const auto sent = connection_->send(next); !sent) {
    // Told from the loop: post() must not call back into its caller.
    state_ = State::kOver;
    boost::asio::post(socket_.get_executor(), [weak = weak_from_this(), error = sent.error()] {
      if (const auto self = weak.lock()) self->fail(error);
    });
    return;
  }
  state_ = State::kCalled;
  called_at_ = std::chrono::steady_clock::now();
  if (!armed_) arm(kSlowAfter);
}

void LiveLink::arm(std::chrono::nanoseconds delay) {
  armed_ = true;
  deadline_.expires_after(delay);
  deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->armed_ = false;
    self->drain();
    // drain() may have found a late answer and sent the next event, whose own timer then runs.
    if (!self->armed_) self->on_deadline();
  });
}

void LiveLink::on_deadline() {
  switch (state_) {
    case State::kCalled:
      // Armed for a call before this one.
      if (const auto left = called_at_ + kSlowAfter - std::chrono::steady_clock::now(); left.count() > 0)
        return arm(left);
      state_ = State::kSlow;
      ++connection_->statistics().slow_calls;
      arm(kRevokedAfter - kSlowAfter);
      break;
    case State::kSlow:
      state_ = State::kRevoked;
      arm(kKilledAfter - kRevokedAfter);
      withdraw_motor();
      break;
    case State::kRevoked:
      fail(connection_->end(Errc::kTimeout, "did not answer for a second and was ended").error());
      break;
    case State::kIdle:
    case State::kOver:
      break;
  }
}

void LiveLink::withdraw_motor() {
  const auto self = shared_from_this();  // on_action_ may end us
  withdrawing_ = true;
  on_action_(session::action::RequestMotor{});
  withdrawing_ = false;
}

void LiveLink::drain() {
  for (int i = 0; i < kFramesAtOnce && state_ != State::kOver; ++i) {
    auto received = connection_->receive(Connection::Wait::kNo);
    if (!received) {
      fail(received.error());
      return;
    }
    if (std::holds_alternative<Connection::Nothing>(*received)) return;
    if (const auto* action = std::get_if<session::PluginAction>(&*received)) {
      take(*action);
    } else {
      // A call that was in time leaves the timer to the next: setting it anew for each would cost as much as the call.
      if (state_ != State::kCalled) {
        deadline_.cancel();
        armed_ = false;
      }
      state_ = State::kIdle;
      if (!queue_.empty()) send_next();
    }
  }
}

void LiveLink::take(const session::PluginAction& action) {
  // A call that is late has lost its say over the motor until it returns.
  if (state_ == State::kRevoked && is_motor_request(action)) return;
  on_action_(action);
}

void LiveLink::fail(const Error& error) {
  const auto on_failed = std::move(on_failed_);
  on_failed_ = nullptr;
  close();
  if (on_failed) on_failed(error.context);
}

}  // namespace knead::host
