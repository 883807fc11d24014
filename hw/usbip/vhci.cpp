// SPDX-License-Identifier: Apache-2.0
#include "hw/usbip/vhci.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace knead::hw::usbip {
namespace {

/// A port's state as usbip_common.h of the kernel numbers it: VDEV_ST_NULL, nothing attached.
constexpr unsigned kPortFree = 4;

Result<> write_text(const std::filesystem::path& file, const std::string& text) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    return fail_errno(errno == EACCES ? Errc::kAccessDenied : Errc::kNotFound, "cannot open " + file.string(),
                      "run as root");
  }
  if (::write(fd.get(), text.data(), text.size()) < 0) {
    return fail_errno(errno == EBUSY ? Errc::kBusy : Errc::kProtocol, "cannot write to " + file.string(),
                      "look at the kernel's log (dmesg)");
  }
  return {};
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}
int UniqueFd::release() noexcept { return std::exchange(fd_, -1); }

std::optional<unsigned> Vhci::free_port(std::string_view status, unsigned from) {
  // hub port sta spd dev      sockfd local_busid
  // hs  0000 004 000 00000000 000000 0-0
  std::istringstream lines{std::string(status)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hub;
    unsigned port = 0;
    unsigned state = 0;
    if (words >> hub >> port >> state && hub == "hs" && state == kPortFree && port >= from) return port;
  }
  return std::nullopt;
}

Result<UniqueFd> Vhci::attach(std::uint32_t device_id, Speed speed) const {
  std::ifstream file(directory_ / "status");
  if (!file) {
    return fail(Errc::kNotFound, fmt::format("no virtual USB host controller at {}", directory_.string()),
                "load it: modprobe vhci-hcd");
  }
  std::ostringstream text;
  text << file.rdbuf();
  const std::string status = text.str();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno(Errc::kInternal, "cannot make a socket pair");
  }
  UniqueFd ours(ends[0]);
  const UniqueFd kernels(ends[1]);  // the kernel takes a reference of its own
  for (auto port = free_port(status); port; port = free_port(status, *port + 1)) {
    const auto done = write_text(
        directory_ / "attach", fmt::format("{} {} {} {}", *port, kernels.get(), device_id, std::to_underlying(speed)));
    if (done) return ours;
    // Somebody else took the port since the status was read.
    if (done.error().code != Errc::kBusy) return std::unexpected(done.error());
  }
  return fail(Errc::kBusy, "no port of the virtual USB host controller is free", "detach a device: usbip port");
}

}  // namespace knead::hw::usbip
