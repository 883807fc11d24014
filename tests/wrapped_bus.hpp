// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "hw/link/link.hpp"

namespace knead::test {

/// Another bus's link, passed through. Who measures or breaks something overrides the one call that it is about.
class WrappedLink : public hw::Link {
 public:
  explicit WrappedLink(std::unique_ptr<hw::Link> inner) : inner_(std::move(inner)) {}
  Result<> start(hw::ReportSink& sink) override { return inner_->start(sink); }
  bool submit(const protocol::MotorCommand& command) noexcept override { return inner_->submit(command); }
  void emergency_stop() noexcept override { inner_->emergency_stop(); }
  Result<std::size_t> control_in(protocol::Request request, std::uint16_t value, std::span<std::byte> data,
                                 std::chrono::milliseconds timeout) override {
    return inner_->control_in(request, value, data, timeout);
  }
  Result<> control_out(protocol::Request request, std::uint16_t value, std::span<const std::byte> data,
                       std::chrono::milliseconds timeout) override {
    return inner_->control_out(request, value, data, timeout);
  }

 protected:
  /// For the destructor of what gave itself to the inner link as its sink: the link calls it until it is closed.
  void close() noexcept { inner_.reset(); }

 private:
  std::unique_ptr<hw::Link> inner_;
};

using WrapLink = std::function<std::unique_ptr<hw::Link>(std::unique_ptr<hw::Link>)>;

/// Another bus, passed through, with each of its links wrapped.
class WrappedBus : public hw::Bus, protected hw::BusEvents {
 public:
  /// @p inner outlives it. Without @p wrap its links are as they are.
  explicit WrappedBus(hw::Bus& inner, WrapLink wrap = {}) : inner_(inner), wrap_(std::move(wrap)) {}
  Result<> start(hw::BusEvents& events) override {
    events_ = &events;
    return inner_.start(*this);
  }
  void run_once(HostTime deadline) noexcept override { inner_.run_once(deadline); }
  void wake() noexcept override { inner_.wake(); }
  Result<std::unique_ptr<hw::Link>> open(hw::BallId ball) override {
    auto link = inner_.open(ball);
    if (!link || !wrap_) return link;
    return wrap_(std::move(*link));
  }

 protected:
  void on_arrived(hw::BallInfo ball) override { events_->on_arrived(std::move(ball)); }
  void on_left(hw::BallId ball) override { events_->on_left(ball); }

 private:
  hw::Bus& inner_;
  WrapLink wrap_;
  hw::BusEvents* events_ = nullptr;
};

}  // namespace knead::test
