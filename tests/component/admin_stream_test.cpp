// Answers of the admin listener that go on: their places, their silence, their end.
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "admin/handlers/events.hpp"
#include "admin/handlers/healthz.hpp"
#include "admin/server.hpp"
#include "tests/support/wire.hpp"

namespace sluice::admin {
namespace {

using std::chrono::milliseconds;
using test::Wire;

class AdminStreamTest : public ::testing::Test {
 protected:
  void start() {
    Router router;
    router.add({http::verb::get, "/healthz", Role::none, make_healthz()});
    router.add({http::verb::get,
                "/events",
                Role::viewer,
                {},
                {.answer_type = "text/event-stream"},
                make_events(events_)});
    auto started =
        Server::start({"127.0.0.1:0"},
                      {.router = std::move(router), .doorkeeper = Doorkeeper(Tokens())}, limits_);
    ASSERT_TRUE(started.ok()) << started.error();
    server_ = std::move(started).value();
    watch_.emplace(events_, [this] { server_->wake_streams(); });
  }
  // After the head and `retry`.
  Wire follow(const std::string& more = "", const std::string& path = "/events") {
    Wire client = Wire::connect(server_->bound().port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;
    EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
    return client;
  }
  // Of the head alone: the body may have no end.
  int status_of(const std::string& path, const std::string& more = "") {
    Wire client = Wire::connect(server_->bound().port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
    return test::WireMessage{client.read_until("\r\n\r\n"), "", false}.status();
  }
  // While a test has patience: who leaves is noticed soon, not at once.
  bool comes_to_answer(const std::string& path, int status) {
    const auto until = std::chrono::steady_clock::now() + test::kPatience;
    while (std::chrono::steady_clock::now() < until)
      if (status_of(path) == status) return true;
    return false;
  }
  void append(control::EventKind kind, std::string subject) {
    events_.append({.kind = kind, .subject = std::move(subject), .fields = {{"after", "b=1"}}});
  }

  SessionLimits limits_;
  control::Events events_{[] { return control::WallTime(milliseconds(1'000)); }};
  std::unique_ptr<Server> server_;
  std::optional<control::Events::Watch> watch_;
};

TEST_F(AdminStreamTest, SendsWhatHappensWhenItHappens) {
  start();
  append(control::EventKind::weights, "before anybody follows");
  Wire client = follow();
  EXPECT_EQ(client.read_until("\n\n"), "retry: 1000\n\n");
  append(control::EventKind::weights, "shop");
  EXPECT_EQ(client.read_until("}}\n\n"),
            "id: 1002\nevent: weights\ndata: {\"id\":1002,\"at\":\"1970-01-01T00:00:01.000Z\","
            "\"kind\":\"weights\",\"subject\":\"shop\",\"fields\":{\"after\":\"b=1\"}}\n\n");
}

TEST_F(AdminStreamTest, ResumesAndTellsAGap) {
  start();
  for (int i = 0; i < 200; ++i) append(control::EventKind::weights, "shop" + std::to_string(i));
  Wire resumed = follow("Last-Event-ID: 1199\r\n");
  EXPECT_EQ(resumed.read_until("event: weights\n"), "retry: 1000\n\nid: 1200\nevent: weights\n");
  Wire late = follow("Last-Event-ID: 7\r\n");
  EXPECT_EQ(late.read_until("}\n\n"),
            "retry: 1000\n\nid: 1000\nevent: gap\ndata: "
            "{\"kind\":\"gap\",\"after\":7,\"resumes_at\":1001}\n\n");
  EXPECT_NE(late.read_until("\"subject\":\"shop199\"").find("id: 1001\n"), std::string::npos);
  Wire all = follow("Last-Event-ID: 0\r\n");
  EXPECT_EQ(all.read_until("id: 1001\n").find("gap"), std::string::npos);
  EXPECT_EQ(status_of("/events", "Last-Event-ID: x\r\n"), 400);
}

TEST_F(AdminStreamTest, SendsTheKindsThatWereAskedForAndMovesThePlaceOfTheOthers) {
  start();
  Wire client = follow("", "/events?kinds=switch,reload");
  client.read_until("\n\n");
  append(control::EventKind::weights, "shop");
  EXPECT_EQ(client.read_until("\n\n"), "id: 1001\n\n");
  append(control::EventKind::switched, "shop");
  EXPECT_TRUE(client.read_until("\n\n").starts_with("id: 1002\nevent: switch\n"));
  EXPECT_EQ(status_of("/events?kinds=switch,wieghts"), 400);
}

TEST_F(AdminStreamTest, BreaksTheSilence) {
  limits_.stream.heartbeat = milliseconds(20);
  start();
  Wire client = follow();
  EXPECT_EQ(client.read_until("\n:\n\n:\n\n"), "retry: 1000\n\n:\n\n:\n\n");
}

TEST_F(AdminStreamTest, HasPlacesOfItsOwn) {
  limits_.sessions = 1;
  limits_.streams = 2;
  start();
  std::vector<Wire> followers;
  for (int i = 0; i < 2; ++i) followers.push_back(follow());
  EXPECT_TRUE(comes_to_answer("/events", 503));
  EXPECT_TRUE(comes_to_answer("/healthz", 200)) << "the one place is free";
  followers.pop_back();
  EXPECT_TRUE(comes_to_answer("/events", 200));
}

TEST_F(AdminStreamTest, DropsWhoDoesNotRead) {
  limits_.streams = 1;
  limits_.stream.patience = milliseconds(50);
  start();
  const Wire client = follow();
  const auto until = std::chrono::steady_clock::now() + test::kPatience;
  // Its place is free once more was told than the kernel holds for it.
  while (status_of("/events?kinds=reload") != 200 && std::chrono::steady_clock::now() < until)
    append(control::EventKind::weights, std::string(100'000, 'x'));
  EXPECT_LT(std::chrono::steady_clock::now(), until);
}

TEST_F(AdminStreamTest, EndsWithWhatThereStillIs) {
  start();
  Wire client = follow();
  client.read_until("\n\n");
  append(control::EventKind::reload, "the last");
  server_->end_streams();
  const std::string rest = client.read_to_end();
  EXPECT_NE(rest.find("the last"), std::string::npos);
  EXPECT_FALSE(client.was_reset());
  EXPECT_EQ(status_of("/events"), 503);
}

TEST_F(AdminStreamTest, AnswersHead) {
  start();
  Wire client = Wire::connect(server_->bound().port());
  client.send("HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_to_end().ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace sluice::admin
