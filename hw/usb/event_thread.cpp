// SPDX-License-Identifier: Apache-2.0
#include "hw/usb/event_thread.hpp"

#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

namespace knead::hw {

/// Outlives bus and thread, whichever ends last: both hold it.
struct EventThread::Mark {
  std::atomic<const Tenure*> holder = nullptr;
};

/// One in each thread that ever handled events; its destructor runs as that thread ends. Its address names the thread.
class EventThread::Tenure {
 public:
  Tenure() = default;
  Tenure(const Tenure&) = delete;
  Tenure& operator=(const Tenure&) = delete;
  ~Tenure() { give_up(); }

  void hold(const std::shared_ptr<Mark>& mark) noexcept {
    if (held_ != mark) {
      give_up();
      held_ = mark;
    }
    mark->holder.store(this, std::memory_order_release);
  }

 private:
  void give_up() noexcept {
    if (!held_) return;
    const Tenure* self = this;
    held_->holder.compare_exchange_strong(self, nullptr);
    held_.reset();
  }
  std::shared_ptr<Mark> held_;
};

EventThread::EventThread(libusb_context& context) : context_(context), mark_(std::make_shared<Mark>()) {}

EventThread::Tenure& EventThread::tenure() noexcept {
  thread_local Tenure of_this_thread;
  return of_this_thread;
}

void EventThread::handle(HostTime deadline) noexcept {
  tenure().hold(mark_);
  const auto remaining =
      std::max(std::chrono::duration_cast<std::chrono::microseconds>(deadline - HostClock::now()), {});
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(remaining);
  timeval timeout{.tv_sec = static_cast<time_t>(seconds.count()),
                  .tv_usec = static_cast<suseconds_t>((remaining - seconds).count())};
  libusb_handle_events_timeout_completed(&context_, &timeout, nullptr);
}

bool EventThread::is_elsewhere() const noexcept {
  const Tenure* holder = mark_->holder.load(std::memory_order_acquire);
  return holder != nullptr && holder != &tenure();
}

void EventThread::pass(std::chrono::milliseconds step) noexcept {
  if (is_elsewhere()) {
    std::this_thread::sleep_for(step);
  } else {
    handle(HostClock::now() + step);
  }
}

void EventThread::wake() noexcept { libusb_interrupt_event_handler(&context_); }

}  // namespace knead::hw
