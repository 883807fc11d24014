// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/wires.hpp"

#include <array>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "hw/protocol/codec.hpp"

namespace knead::fault {
namespace {

using Bytes = std::vector<std::byte>;
using Packets = std::vector<Bytes>;

Bytes copy(std::span<const std::byte> report) { return {report.begin(), report.end()}; }

/// The report with something in it changed.
test::Wire changing_wire(std::function<void(protocol::Report&)> change) {
  return [change = std::move(change)](std::span<const std::byte> bytes) {
    auto report = protocol::decode_report(bytes);
    if (!report) return Packets{copy(bytes)};
    change(*report);
    std::array<std::byte, protocol::kPacketSize> out{};
    const std::size_t size = protocol::encode_report(*report, out);
    return Packets{copy(std::span(out).first(size))};
  };
}

}  // namespace

test::Wire silent_wire() {
  return [](std::span<const std::byte>) { return Packets{}; };
}

test::Wire garbage_wire(std::uint64_t seed) {
  return [random = std::make_shared<std::mt19937_64>(seed)](std::span<const std::byte> report) {
    Bytes bytes(report.size());
    for (std::byte& byte : bytes) byte = static_cast<std::byte>((*random)());
    bytes.front() |= std::byte{0x80};  // no type of ours, so that chance makes no report of it
    return Packets{std::move(bytes)};
  };
}

test::Wire truncating_wire(std::uint64_t seed) {
  return [random = std::make_shared<std::mt19937_64>(seed)](std::span<const std::byte> report) {
    return Packets{copy(report.first((*random)() % report.size()))};
  };
}

test::Wire repeating_wire() {
  return [first = std::make_shared<Bytes>()](std::span<const std::byte> report) {
    if (first->empty()) *first = copy(report);
    return Packets{*first};
  };
}

test::Wire doubling_wire() {
  return [](std::span<const std::byte> report) { return Packets{copy(report), copy(report)}; };
}

test::Wire seq_jump_wire(std::uint32_t readings, bool with_time) {
  return changing_wire([readings, with_time](protocol::Report& report) {
    report.seq += readings;
    if (with_time) report.time_us += readings * report.period_us;
  });
}

test::Wire clock_jump_wire(std::int32_t us) {
  return changing_wire([us](protocol::Report& report) { report.time_us += static_cast<std::uint32_t>(us); });
}

}  // namespace knead::fault
