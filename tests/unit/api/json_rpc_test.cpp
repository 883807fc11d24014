// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/json_rpc.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <string>

namespace knead::api {
namespace {

using testing::HasSubstr;

TEST(JsonRpcTest, ARequestKeepsItsIdMethodAndParams) {
  const auto request = parse_request(R"({"jsonrpc":"2.0","id":"a7","method":"session.run","params":{"routine":"x"}})");
  ASSERT_TRUE(request) << request.error();
  EXPECT_EQ(request->id, boost::json::value("a7"));
  EXPECT_TRUE(request->wants_reply);
  EXPECT_EQ(request->method, "session.run");
  EXPECT_EQ(request->params.at("routine").as_string(), "x");
}

TEST(JsonRpcTest, ARequestWithoutAnIdWantsNoReply) {
  const auto request = parse_request(R"({"jsonrpc":"2.0","method":"session.stop"})");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->wants_reply);
}

TEST(JsonRpcTest, WhatIsNoRequestIsAnsweredWithTheNumberOfTheSpecification) {
  const struct {
    const char* line;
    const char* code;
  } cases[] = {{"hello", "-32700"},
               {"{\"jsonrpc\":\"2.0\"", "-32700"},
               {"\xff\xfe", "-32700"},
               {R"({"jsonrpc":"2.0","id":1e999,"method":"x"})", "-32700"},
               {R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[-1e999]}})", "-32700"},
               {"[]", "-32600"},
               {"7", "-32600"},
               {R"({"method":"x"})", "-32600"},
               {R"({"jsonrpc":"1.0","method":"x"})", "-32600"},
               {R"({"jsonrpc":"2.0","method":7})", "-32600"},
               {R"({"jsonrpc":"2.0","id":{},"method":"x"})", "-32600"},
               {R"({"jsonrpc":"2.0","id":1,"method":"x","params":[1]})", "-32602"}};
  for (const auto& c : cases) {
    const auto request = parse_request(c.line);
    ASSERT_FALSE(request) << c.line;
    EXPECT_THAT(request.error(), HasSubstr(std::string("\"code\":") + c.code)) << c.line;
  }
}

TEST(JsonRpcTest, ALineOfBracketsDoesNotRecurseTheParserToDeath) {
  EXPECT_FALSE(parse_request(std::string(60'000, '[')));
}

TEST(JsonRpcTest, AnErrorArrivesWithAllItsParts) {
  const Error sent{.code = Errc::kBusy, .os_error = 16, .context = "a session \"runs\"", .remedy = "stop it"};
  const auto message = parse_from_daemon(error_line(3, sent));
  ASSERT_TRUE(message);
  const auto& reply = std::get<Reply>(*message);
  ASSERT_FALSE(reply.result);
  EXPECT_EQ(reply.id, boost::json::value(3));
  EXPECT_EQ(reply.result.error().code, sent.code);
  EXPECT_EQ(reply.result.error().os_error, sent.os_error);
  EXPECT_EQ(reply.result.error().context, sent.context);
  EXPECT_EQ(reply.result.error().remedy, sent.remedy);
}

TEST(JsonRpcTest, EveryErrorCodeSurvivesItsName) {
  for (int i = 0; i <= static_cast<int>(Errc::kInternal); ++i)
    EXPECT_EQ(errc_from(to_string(static_cast<Errc>(i))), static_cast<Errc>(i));
  EXPECT_EQ(errc_from("of a newer daemon"), Errc::kInternal);
}

TEST(JsonRpcTest, ALineHoldsNoLineBreakButItsOwn) {
  const std::string line = notification_line("event", {{"text", "two\nlines"}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(JsonRpcTest, WhatADaemonNeverSendsIsAProtocolError) {
  for (const char* line : {"garbage", "[]", "{}", R"({"id":1})", R"({"jsonrpc":"2.0","id":1,"error":"no object"})"}) {
    const auto message = parse_from_daemon(line);
    ASSERT_FALSE(message) << line;
    EXPECT_EQ(message.error().code, Errc::kProtocol) << line;
  }
}

}  // namespace
}  // namespace knead::api
