// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/connection.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "daemon/host/text.hpp"

namespace knead::host {
namespace {

constexpr const char* kRebuild = "build it against the header knead/plugin.h of this version";
constexpr const char* kNotPlugin = "name the .so of a Knead plugin; `knead plugin list` shows what there is";

std::vector<Parameter> parameters_of(const session::Activation& a) {
  std::vector<Parameter> parameters{
      {"plugin", a.plugin},
      {"exercise", a.exercise},
      {"reps", static_cast<double>(a.reps)},
      {"tempo_s.up", to_seconds(a.tempo.up)},
      {"tempo_s.hold", to_seconds(a.tempo.hold)},
      {"tempo_s.down", to_seconds(a.tempo.down)},
      {"tempo_s.rest", to_seconds(a.tempo.rest)},
      {"detect", a.detect == session::RepDetection::kPress ? "press" : "tempo"},
      {"press_n", a.press.value},
      {"ceiling_n", a.ceiling.value},
      {"max_elapsed_s", to_seconds(a.max_elapsed)},
      {"further_release_s", to_seconds(a.further_release)},
  };
  for (const session::PluginParameter& each : a.parameters) {
    std::visit([&](const auto& value) { parameters.push_back({std::string(kParameterPrefix) + each.key, value}); },
               each.value);
  }
  return parameters;
}

}  // namespace

Connection::Connection(const PluginLaunch& launch, ChildProcess child, UniqueFd socket)
    : file_(launch.plugin_file),
      routine_file_(launch.routine_file),
      parameters_(launch.activation.parameters),
      activation_line_(launch.activation.line),
      activation_column_(launch.activation.column),
      reps_(launch.activation.reps),
      child_(std::move(child)),
      socket_(std::move(socket)),
      mapper_(launch.side) {}

Result<std::shared_ptr<Connection>> Connection::open(const PluginLaunch& launch) {
  const UniqueFd ring(launch.ring_fd);
  std::error_code ignored;
  if (!std::filesystem::exists(launch.plugin_file, ignored)) {
    return fail(Errc::kNotFound, launch.plugin_file + ": there is no such plugin file", kNotPlugin);
  }
  if (!std::filesystem::is_regular_file(launch.plugin_file, ignored)) {
    return fail(Errc::kInvalidInput, launch.plugin_file + ": not a file", kNotPlugin);
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno(Errc::kInternal, "cannot make a socket for the plugin");
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  // dlopen() takes a name without a slash for a library to search for.
  const std::string file = std::filesystem::absolute(launch.plugin_file, ignored);
  auto child = ChildProcess::spawn(launch.host_program, file, theirs.get(), ring.get());
  if (!child) return std::unexpected(child.error());
  std::shared_ptr<Connection> connection(new Connection(launch, std::move(*child), std::move(ours)));
  if (auto sent = connection->send_start(launch); !sent) return std::unexpected(sent.error());
  return connection;
}

Result<> Connection::send_start(const PluginLaunch& launch) {
  if (launch.only_describe)
    return send_frame(StartFrame{.build = std::string(build_id()), .parameters = {}, .only_describe = true});
  const session::Activation& activation = launch.activation;
  if (!is_plain_text(activation.exercise, KNEAD_MAX_NOTE_TEXT) ||
      !is_plain_text(activation.plugin, KNEAD_MAX_NOTE_TEXT)) {
    return end(Errc::kInvalidInput, "was given an exercise or a name that is not a short plain text");
  }
  return send_frame(
      StartFrame{.build = std::string(build_id()), .parameters = parameters_of(activation), .state = launch.state});
}

Result<> Connection::wait_limit(std::chrono::milliseconds limit) {
  const timeval time{limit.count() / 1000, (limit.count() % 1000) * 1000};
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) != 0) {
    return fail_errno(Errc::kInternal, "cannot set a time limit for the plugin");
  }
  return {};
}

std::unexpected<Error> Connection::end(Errc code, const std::string& reason) {
  if (!failure_) {
    (void)child_.end();
    failure_ = Error{code, 0, "the plugin " + reason, {}};
    statistics_.ended = failure_->context;
  }
  return std::unexpected(*failure_);
}

std::unexpected<Error> Connection::closed() {
  const std::string how = child_.end();
  return end(Errc::kDisconnected, how);
}

Result<> Connection::close(std::chrono::milliseconds limit) {
  if (failure_) return std::unexpected(*failure_);
  if (auto ok = wait_limit(limit); !ok) return ok;
  (void)::shutdown(socket_.get(), SHUT_WR);  // the plugin host takes it for the end
  auto frame = receive_frame(Wait::kYes);
  while (frame) frame = receive_frame(Wait::kYes);
  if (frame.error().code == Errc::kDisconnected && frame.error().context.ends_with(kEndedOrderly)) return {};
  return std::unexpected(frame.error());
}

// ---- Frames out ----------------------------------------------------------------------------------------------------

Result<> Connection::send_frame(const ToPlugin& frame) {
  if (failure_) return std::unexpected(*failure_);
  FrameBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): encode() fills what is sent
  const auto bytes = encode(frame, buffer);
  // There is never more than one event under way, so the socket has room and this does not block.
  const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(bytes.size())) return {};
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
    // It may have said why before it went.
    auto last = receive_frame(Wait::kNo);
    return last ? closed() : std::unexpected(last.error());
  }
  return end(Errc::kInternal, "could not be reached");
}

Result<> Connection::send(EventFrame event) {
  event.serial = ++serial_;
  unacknowledged_ = true;
  budget_.on_event(event.t);
  return send_frame(event);
}

// ---- Frames in -----------------------------------------------------------------------------------------------------

Result<std::optional<FromPlugin>> Connection::receive_frame(Wait wait) {
  if (failure_) return std::unexpected(*failure_);
  FrameBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv() fills what is read
  const int flags = MSG_TRUNC | (wait == Wait::kNo ? MSG_DONTWAIT : 0);
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), buffer.data(), buffer.size(), flags);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    if (wait == Wait::kNo) return std::nullopt;
    return end(Errc::kTimeout, "did not answer in time");
  }
  if (got <= 0) return closed();
  if (static_cast<std::size_t>(got) > buffer.size()) return end(Errc::kProtocol, "sent an oversized frame");
  auto frame = decode_from_plugin(std::span(buffer).first(static_cast<std::size_t>(got)));
  if (!frame) return end(Errc::kProtocol, "sent a malformed frame");
  if (const auto* violation = std::get_if<ViolationFrame>(&*frame)) {
    return end(Errc::kRefused, "called " + violation->call + "(), which plugins may not");
  }
  return std::move(*frame);
}

Result<bool> Connection::receive_hello(Wait wait) {
  auto frame = receive_frame(wait);
  if (!frame) {
    const Error& error = frame.error();
    return fail(error.code, file_ + ": " + error.context + " while it was loaded", kNotPlugin);
  }
  if (!*frame) return false;
  if (const auto* why = std::get_if<RefusedFrame>(&**frame)) return refused(*why);
  auto* const hello = std::get_if<HelloFrame>(&**frame);
  if (hello == nullptr) return end(Errc::kProtocol, "sent a frame out of turn");
  info_ = PluginInfo{std::move(hello->id),     std::move(hello->name),       std::move(hello->version),
                     std::move(hello->vendor), std::move(hello->summary),    hello->abi_major,
                     hello->abi_minor,         std::move(hello->extensions), std::move(hello->parameters)};
  return true;
}

std::unexpected<Error> Connection::refused(const RefusedFrame& frame) {
  (void)end(Errc::kRefused, "was not loaded");
  switch (frame.reason) {
    case RefusedFrame::Reason::kNotAPlugin:
      return fail(Errc::kInvalidInput, file_ + ": not a Knead plugin: " + frame.text, kNotPlugin);
    case RefusedFrame::Reason::kOtherAbi:
      return fail(Errc::kProtocol, file_ + ": " + frame.text, kRebuild);
    case RefusedFrame::Reason::kOtherBuild:
      return fail(Errc::kProtocol, "knead-plugin-host is of another build: " + frame.text, "reinstall Knead");
    case RefusedFrame::Reason::kByPlugin:
      return std::unexpected(refusal(frame));
    case RefusedFrame::Reason::kParameter:
      finding_ = parameter_finding(frame);
      return std::unexpected(to_error(*finding_, routine_file_.empty() ? file_ : routine_file_));
    case RefusedFrame::Reason::kSandbox:
      return fail(Errc::kInternal, "the plugin's process could not be confined: " + frame.text, "see `knead doctor`");
  }
  return fail(Errc::kInternal, file_ + ": " + frame.text);
}

/// In the routine's file, where its author can do something about it.
Error Connection::refusal(const RefusedFrame& frame) const {
  const Finding finding{.line = activation_line_,
                        .column = activation_column_,
                        .key = "activation",
                        .text = "the plugin refuses this routine: " + frame.text};
  Error error = to_error(finding, routine_file_.empty() ? file_ : routine_file_);
  if (error.remedy.empty()) error.remedy = "correct the routine's [activation] table";
  return error;
}

Finding Connection::parameter_finding(const RefusedFrame& frame) const {
  Finding finding{.key = "activation.parameters." + frame.key, .text = frame.text};
  const auto at = std::ranges::find(parameters_, frame.key, &session::PluginParameter::key);
  if (at != parameters_.end()) {
    finding.line = at->line;
    finding.column = at->column;
  }
  return finding;
}

Result<Connection::Received> Connection::receive(Wait wait) {
  auto frame = receive_frame(wait);
  if (!frame) return std::unexpected(frame.error());
  if (!*frame) return Nothing{};
  if (auto* action = std::get_if<ActionFrame>(&**frame)) return accept(std::move(*action));
  if (const auto* ack = std::get_if<AckFrame>(&**frame)) return accept(*ack);
  return end(Errc::kProtocol, "sent a frame out of turn");
}

// What is checked here our own plugin host has checked before: whoever fails it has forged frames.
Result<Connection::Received> Connection::accept(ActionFrame frame) {
  if (!unacknowledged_ || frame.serial != serial_ || finished_) return end(Errc::kProtocol, "sent a frame out of turn");
  if (!budget_.take()) return end(Errc::kProtocol, "flooded the daemon");
  if (const auto* rep = std::get_if<session::action::LogRep>(&frame.action)) {
    if (rep->rep.n != last_rep_ + 1 || rep->rep.n > reps_) return end(Errc::kProtocol, "logged a rep that cannot be");
    last_rep_ = rep->rep.n;
  }
  if (std::holds_alternative<session::action::SaveState>(frame.action) && ++saves_ > session::kMaxStateSaves) {
    return end(Errc::kProtocol, "saved its state too often");
  }
  finished_ = std::holds_alternative<session::action::Finish>(frame.action);
  ++statistics_.actions;
  return std::move(frame.action);
}

Result<Connection::Received> Connection::accept(const AckFrame& frame) {
  if (!unacknowledged_ || frame.serial != serial_) return end(Errc::kProtocol, "sent a frame out of turn");
  unacknowledged_ = false;
  ++statistics_.events;
  statistics_.misuses = frame.misuses;
  if (!frame.last_misuse.empty()) statistics_.last_misuse = frame.last_misuse;
  if (frame.misuses > KNEAD_MAX_MISUSES) {
    return end(Errc::kRefused, "misused its interface " + std::to_string(frame.misuses) + " times; the last time " +
                                   statistics_.last_misuse);
  }
  return Acknowledged{};
}

}  // namespace knead::host
