// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/paired/bare_send.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "tests/bench/paired/forked_reader.hpp"

namespace knead::bench {

bool receive_line(int socket, Waiting waiting) {
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t got = ::recv(socket, chunk.data(), chunk.size(), waiting == Waiting::kSpinning ? MSG_DONTWAIT : 0);
    if (got > 0 && chunk[static_cast<std::size_t>(got) - 1] == '\n') return true;
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
  }
}

std::vector<double> bare_send(const Scheduling& scheduling, std::size_t size, Waiting waiting) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
  std::vector<double> times;
  {
    ForkedReader reader(scheduling, [&](Turns& turns) {
      turns.set_ready();
      while (receive_line(ends[0], waiting)) turns.note();
    });
    const std::string line = std::string(size - 1, ' ') + '\n';
    times = reader.time_turns(kSends, [&] { static_cast<void>(::send(ends[1], line.data(), line.size(), 0)); });
  }
  for (const int end : ends) ::close(end);
  return times;
}

}  // namespace knead::bench
