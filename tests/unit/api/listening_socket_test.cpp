// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/listening_socket.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/api/unix_address.hpp"
#include "tests/unit/api/server_fixture.hpp"

namespace knead::api {
namespace {

using testing::HasSubstr;

class ListeningSocketTest : public testing::Test {
 protected:
  SocketFolder folder_;
  std::string path_ = folder_ / "k.sock";
};

/// What a daemon that was killed leaves: the file, and nobody behind it.
void leave_a_stale_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = unix_address(path);
  ASSERT_EQ(::bind(fd, as_sockaddr(*address), sizeof *address), 0);
  ::close(fd);
}

TEST_F(ListeningSocketTest, R10TheSocketIsForItsOwnerAndGroupWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0177}}) {
    const mode_t before = ::umask(mask);
    const auto socket = ListeningSocket::open(path_, "");
    ::umask(before);
    ASSERT_TRUE(socket) << socket.error().message();
    struct stat status{};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0660U);
  }
}

TEST_F(ListeningSocketTest, TwoDaemonsNeverShareASocket) {
  const auto first = ListeningSocket::open(path_, "");
  ASSERT_TRUE(first);
  const auto second = ListeningSocket::open(path_, "");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy);
  EXPECT_THAT(second.error().message(), HasSubstr("another kneadd serves this socket"));
  EXPECT_TRUE(std::filesystem::exists(path_)) << "the first one's socket stays";
}

TEST_F(ListeningSocketTest, AForeignServerOnThePathIsNotThrownOut) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = unix_address(path_);
  ASSERT_EQ(::bind(fd, as_sockaddr(*address), sizeof *address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  const auto socket = ListeningSocket::open(path_, "");
  ::close(fd);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, Errc::kBusy);
}

TEST_F(ListeningSocketTest, WhatAKilledDaemonLeftBehindIsTakenOver) {
  leave_a_stale_socket(path_);
  const auto socket = ListeningSocket::open(path_, "");
  EXPECT_TRUE(socket) << socket.error().message();
}

TEST_F(ListeningSocketTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "dear diary";
  const auto socket = ListeningSocket::open(path_, "");
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, Errc::kInvalidInput);
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(ListeningSocketTest, ItsFolderIsMadeAndItsFileIsRemovedAtTheEnd) {
  const std::string inside = folder_ / "made/for/it/k.sock";
  {
    const auto socket = ListeningSocket::open(inside, "");
    ASSERT_TRUE(socket) << socket.error().message();
    EXPECT_TRUE(std::filesystem::is_socket(inside));
  }
  EXPECT_FALSE(std::filesystem::exists(inside));
}

TEST_F(ListeningSocketTest, ASuccessorsSocketIsNotRemovedByItsPredecessor) {
  {
    const auto socket = ListeningSocket::open(path_, "");
    ASSERT_TRUE(socket);
    std::filesystem::remove(path_);
    leave_a_stale_socket(path_);
  }
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ListeningSocketTest, APathThatDoesNotFitOrAGroupThatIsNotThereIsSaidPlainly) {
  const auto too_long = ListeningSocket::open(folder_ / std::string(120, 'x'), "");
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().message(), HasSubstr("107 bytes"));
  const auto no_group = ListeningSocket::open(path_, "no-such-group-here");
  ASSERT_FALSE(no_group);
  EXPECT_THAT(no_group.error().message(), HasSubstr("no-such-group-here"));
  EXPECT_FALSE(std::filesystem::exists(path_)) << "nothing half-done remains";
}

}  // namespace
}  // namespace knead::api
