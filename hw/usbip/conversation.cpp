// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/conversation.hpp"

#include <variant>

namespace knead::hw::usbip {

Conversation::Conversation(Shelf& shelf, ShelfBall& ball, HostTime now) : shelf_(shelf) { attach(ball, now); }

Conversation::~Conversation() { hang_up(last_); }

void Conversation::hang_up(HostTime now) {
  over_ = true;
  urbs_.reset();
  if (ball_ != nullptr) std::exchange(ball_, nullptr)->detach(now);
}

void Conversation::receive(std::span<const std::byte> bytes, HostTime now) {
  last_ = now;
  if (over_) return;
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  std::size_t used = 0;
  while (!over_) {
    const std::size_t size = handle(std::span(input_).subspan(used), now);
    if (size == 0) break;
    used += size;
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
}

void Conversation::advance(HostTime now) {
  last_ = now;
  if (urbs_) urbs_->advance(now, output_);
}

HostTime Conversation::next_due() const { return urbs_ ? urbs_->next_due() : HostTime::max(); }

std::size_t Conversation::handle(std::span<const std::byte> bytes, HostTime now) {
  return urbs_ ? handle_urb(bytes, now) : handle_operation(bytes, now);
}

std::size_t Conversation::handle_operation(std::span<const std::byte> bytes, HostTime now) {
  if (bytes.size() < kOpHeaderSize) return 0;
  const Decoded<OpHeader> header = decode_op_header(bytes);
  if (!header) {
    end(std::string(to_string(header.error())));
    return 0;
  }
  if (header->code == OpCode::kRequestDevlist) {
    list();
    return kOpHeaderSize;
  }
  const auto body = bytes.subspan(kOpHeaderSize);
  if (body.size() < kBusIdSize) return 0;
  import(body, now);
  return kOpHeaderSize + kBusIdSize;
}

void Conversation::list() {
  std::vector<DeviceRecord> records;
  for (const auto& ball : shelf_.balls()) {
    if (!ball->pulled()) records.push_back(ball->record());
  }
  append_devlist_reply(records, output_);
  end();
}

void Conversation::import(std::span<const std::byte> body, HostTime now) {
  const Decoded<std::string> bus_id = decode_bus_id(body);
  ShelfBall* wanted = bus_id ? shelf_.find(*bus_id) : nullptr;
  if (wanted == nullptr || wanted->pulled()) {
    append_op_header({OpCode::kReplyImport, OpStatus::kNoDevice}, output_);
    return end("no ball with bus id '" + bus_id.value_or("") + "'");
  }
  if (wanted->attached()) {
    append_op_header({OpCode::kReplyImport, OpStatus::kDeviceBusy}, output_);
    return end(wanted->bus_id() + " is attached elsewhere");
  }
  append_import_reply(wanted->record(), output_);
  attach(*wanted, now);
}

void Conversation::attach(ShelfBall& ball, HostTime now) {
  last_ = now;
  ball_ = &ball;
  ball.attach(now);
  urbs_.emplace(ball.paced(), ball.record().device_id());
}

std::size_t Conversation::handle_urb(std::span<const std::byte> bytes, HostTime now) {
  if (bytes.size() < kUrbHeaderSize) return 0;
  const Decoded<UrbRequest> request = decode_urb_request(bytes);
  if (!request) {
    end(std::string(to_string(request.error())));
    return 0;
  }
  if (const auto* unlink = std::get_if<Unlink>(&*request)) {
    if (!urbs_->unlink(*unlink, now, output_)) end("an URB for another device");
    return kUrbHeaderSize;
  }
  const auto& submit = std::get<Submit>(*request);
  const auto payload = bytes.subspan(kUrbHeaderSize);
  if (payload.size() < submit.payload_size()) return 0;
  if (!urbs_->submit(submit, payload.first(submit.payload_size()), now, output_)) {
    end("an URB for another device, or too many at once");
  }
  return kUrbHeaderSize + submit.payload_size();
}

void Conversation::end(std::string complaint) {
  over_ = true;
  complaint_ = std::move(complaint);
}

}  // namespace knead::hw::usbip
