// SPDX-License-Identifier: Apache-2.0
#include "daemon/live/methods.hpp"

#include <gmock/gmock.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>

#include "daemon/api/calibration_messages.hpp"
#include "daemon/api/json_rpc.hpp"
#include "daemon/api/safety_messages.hpp"
#include "tests/unit/live/daemon_on_socket.hpp"
#include "tests/unit/record/held_disk.hpp"

namespace knead::live {
namespace {

using record::test::HeldDisk;

using MethodsTest = DaemonOnSocket;

/// A client that sees each answer in the order in which they come.
class Lines {
 public:
  explicit Lines(const std::string& path) { socket_.connect(boost::asio::local::stream_protocol::endpoint(path)); }
  void ask(int id, std::string_view method, const boost::json::object& params = {}) {
    boost::asio::write(socket_, boost::asio::buffer(api::request_line(id, method, params)));
  }
  boost::json::object answer() {
    const std::size_t size = boost::asio::read_until(socket_, boost::asio::dynamic_buffer(input_), '\n');
    const std::string line = input_.substr(0, size);
    input_.erase(0, size);
    return boost::json::parse(line).as_object();
  }

 private:
  boost::asio::io_context io_;
  boost::asio::local::stream_protocol::socket socket_{io_};
  std::string input_;
};

TEST_F(MethodsTest, R3_AStopIsAnsweredWhileAnswersAndACalibrationWaitForTheDisk) {
  start();
  const auto zero = on_daemon(
      [this] { return session::KnownForce{.raw = 1.0 * daemon_->stations().at("KN-1")->calibration().tare_raw}; });
  const api::CalibrateRequest request{.ball = "KN-1", .points = {zero, {.force = {20.0}, .raw = zero.raw + 400'000.0}}};
  const api::SafetyAnswerRequest answer{.profile = "anna", .given = {.version = session::kSafetyQuestionsVersion}};
  HeldDisk disk(*recorder_);
  Lines client(folder_ / "k.sock");
  constexpr int kAnswers = record::Recorder::kMaxClientJobs - 1;
  for (int id = 1; id <= kAnswers; ++id) client.ask(id, "safety.answer", to_json(answer));
  client.ask(100, "ball.calibrate", to_json(request));
  client.ask(101, "session.stop");
  const auto first = client.answer();
  EXPECT_EQ(first.at("id"), 101) << "before all those that came before it";
  EXPECT_TRUE(first.contains("result"));
  EXPECT_TRUE(on_daemon([this] { return daemon_->stations().at("KN-1")->stop_latched(); }));
  disk.let_go();
  for (int id = 1; id <= kAnswers; ++id) {
    const auto answered = client.answer();
    EXPECT_EQ(answered.at("id"), id);
    EXPECT_TRUE(answered.contains("result")) << "and what was asked for is done all the same";
  }
  EXPECT_EQ(client.answer().at("id"), 100);
}

TEST_F(MethodsTest, AFloodOfRequestsForTheRecordIsToldToComeAgain) {
  start();
  api::Client client = this->client();
  HeldDisk disk(*recorder_);
  for (std::size_t n = 0; n < record::Recorder::kMaxClientJobs; ++n) ASSERT_TRUE(client.send("safety.questions"));
  const auto refused = client.call("safety.questions");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBusy);
}

}  // namespace
}  // namespace knead::live
