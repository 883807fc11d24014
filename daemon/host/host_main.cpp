// SPDX-License-Identifier: Apache-2.0
// knead-plugin-host: the process a plugin lives and dies in. Started by the daemon, `knead simulate` and
// knead-plugin-check only, with the socket and the read-only ring as descriptors 3 and 4.
//
// One plugin, one thread, no way out: confine, take the parameters, lock files and system calls down, load, serve, end.
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "daemon/host/frames.hpp"
#include "daemon/host/plugin_module.hpp"
#include "daemon/host/plugin_runner.hpp"
#include "daemon/host/sandbox.hpp"
#include "daemon/host/spawn.hpp"

namespace {

using namespace knead;
using namespace knead::host;

constexpr int kExitGone = 1;  // the daemon is not there, or not ours
constexpr int kExitUse = 2;

/// Ends the process when the daemon is gone: there is nobody left to tell.
void send(const FromPlugin& frame) {
  FrameBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): encode() fills what is sent
  const auto bytes = encode(frame, buffer);
  const ssize_t sent = ::send(kSocketFd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (bytes.empty() || sent != static_cast<ssize_t>(bytes.size())) ::_exit(kExitGone);
}

/// The next frame of the daemon; none when it has closed the socket.
std::optional<ToPlugin> receive() {
  FrameBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv() fills what is read
  ssize_t got = 0;
  do {
    got = ::recv(kSocketFd, buffer.data(), buffer.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  auto frame = decode_to_plugin(std::span(buffer).first(static_cast<std::size_t>(got)));
  if (!frame) return std::nullopt;
  return std::move(*frame);
}

int refuse(const RefusedFrame& why) {
  send(why);
  return 0;
}

int refuse(const Error& error) {
  return refuse(RefusedFrame{RefusedFrame::Reason::kSandbox, to_plain_text(error.message(), KNEAD_MAX_NOTE_TEXT)});
}

int serve(const std::string& file) {
  auto first = receive();
  auto* const start = first ? std::get_if<StartFrame>(&*first) : nullptr;
  if (start == nullptr) return kExitGone;
  if (start->build != build_id()) {
    return refuse(
        RefusedFrame{RefusedFrame::Reason::kOtherBuild, std::string("the plugin host is ") + std::string(build_id())});
  }
  std::optional<RingReader> samples;
  if (!start->only_describe) {
    auto ring = RingReader::from_descriptor(kRingFd);
    if (!ring) return refuse(ring.error());
    samples.emplace(std::move(*ring));
  }

  if (auto ok = sandbox::confine_files(file); !ok) return refuse(ok.error());
  if (auto ok = sandbox::allow_loading(kSocketFd); !ok) return refuse(ok.error());
  const auto module = PluginModule::load(file);
  if (!module) return refuse(module.error());
  if (auto ok = sandbox::forbid_loading(); !ok) return refuse(ok.error());

  if (!samples) {
    const auto hello = PluginRunner::describe(*module);
    if (!hello) return refuse(hello.error());
    send(*hello);
    return 0;
  }
  PluginRunner runner(std::move(*samples), std::move(start->parameters), std::move(start->state), send);
  const auto hello = runner.create(*module);
  if (!hello) return refuse(hello.error());
  send(*hello);
  for (;;) {
    const auto frame = receive();
    const auto* const event = frame ? std::get_if<EventFrame>(&*frame) : nullptr;
    if (event == nullptr) return 0;  // the daemon closed the socket: the session is over
    runner.handle(*event);
  }
}

}  // namespace

int main(int argc, char** argv) {
  pid_t parent = 0;
  if (argc != 3 || std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), parent).ec != std::errc{}) {
    (void)std::fputs("knead-plugin-host is started by kneadd and knead, not by hand.\n", stderr);
    return kExitUse;
  }
  if (auto ok = sandbox::confine_process(parent, kRingFd); !ok) return kExitGone;
  const int status = serve(argv[1]);
  // Not exit(): the destructors of a stranger's statics get no say in how this ends.
  ::_exit(status);
}
