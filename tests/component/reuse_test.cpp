// Upstream connections: which may be used again, and what happens when a kept one is dead. Rows 27
// and 31 to 33.
#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

std::uint64_t idle_connections(Proxy& proxy) {
  const auto* const counters = proxy.plane().shards()[0]->endpoints.find(0);
  return counters == nullptr ? 0 : counters->connections_idle.load();
}

std::uint64_t active_connections(Proxy& proxy) {
  const auto* const counters = proxy.plane().shards()[0]->endpoints.find(0);
  return counters == nullptr ? 0 : counters->connections_active.load();
}

// Serves one request on each connection and then, at the next one, closes without an answer.
Origin::Script dies_at_the_second() {
  return [](Wire& wire, Origin& self) {
    const WireMessage first = wire.read_message();
    if (!first.complete) return;
    self.remember(first);
    wire.send(ok());
    const WireMessage second = wire.read_message();
    if (second.complete) self.remember(second);
  };
}

TEST(DeadIdleConnection, GetIsSentAgainOnANewOne) {
  Origin origin(dies_at_the_second());
  Proxy proxy(one_upstream(origin.address()));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(proxy.ask(get()).status(), 200) << i;
}

TEST(DeadIdleConnection, PutWithASmallBodyIsSentAgain) {
  Origin origin(dies_at_the_second());
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(proxy.ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").status(), 200);
  const auto requests = origin.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[1].body, "hello");
  EXPECT_EQ(requests[2].body, "hello");
}

TEST(DeadIdleConnection, PostIsNotSentAgain) {
  Origin origin(dies_at_the_second());
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(proxy.ask(post("hello")).status(), 502);
  EXPECT_EQ(origin.requests().size(), 2U);
}

TEST(FreshConnection, ThatClosesWithoutAnAnswerIsNoReasonToSendAgain) {
  Origin origin([](Wire& wire, Origin& self) { self.remember(wire.read_message()); });
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).status(), 502);
  EXPECT_EQ(origin.requests().size(), 1U);
}

TEST(DeadIdleConnection, AByteOfAResponseForbidsToSendAgain) {
  Origin origin([](Wire& wire, Origin& self) {
    self.remember(wire.read_message());
    wire.send(ok());
    const WireMessage second = wire.read_message();
    if (!second.complete) return;
    self.remember(second);
    wire.send("H");
  });
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(proxy.ask(get()).status(), 502);
  EXPECT_EQ(origin.requests().size(), 2U);
}

TEST(IdleConnection, ClosedByTheUpstreamLeavesThePool) {
  Origin origin(answer_and_close(ok()));
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_TRUE(eventually([&] { return idle_connections(proxy) == 0; }));
  EXPECT_EQ(proxy.ask(post("x")).status(), 200) << "a POST must not meet the dead one";
}

// Row 31: what an idle connection says belongs to nobody.
TEST(IdleConnection, ThatTalksIsClosedAndNeverBelieved) {
  std::atomic<bool> talk{false};
  Origin origin([&](Wire& wire, Origin& self) {
    const WireMessage request = wire.read_message();
    if (!request.complete) return;
    self.remember(request);
    wire.send(ok("right"));
    eventually([&] { return talk.load(); });
    wire.send(ok("poison"));
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).body, "right");
  EXPECT_TRUE(eventually([&] { return idle_connections(proxy) == 1; }));
  talk = true;
  EXPECT_TRUE(eventually([&] { return idle_connections(proxy) == 0; }));
  EXPECT_EQ(proxy.ask(get()).body, "right");
}

// The kernel tells of the client's request and of the poison at once, the request first.
TEST(IdleConnection, ThatTalksInTheSameRoundIsNotBelievedEither) {
  std::atomic<bool> talk{false};
  std::promise<void> said;
  Origin origin([&](Wire& wire, Origin& self) {
    const WireMessage request = wire.read_message();
    if (!request.complete) return;
    wire.send(ok("right"));
    if (self.connections() == 1) {
      eventually([&] { return talk.load(); });
      wire.send(ok("poison"));
      said.set_value();
    }
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get());
  EXPECT_EQ(wire.read_message().body, "right");
  EXPECT_TRUE(eventually([&] { return idle_connections(proxy) == 1; }));
  std::promise<void> held;
  std::promise<void> let_go;
  proxy.on_worker([&] {
    held.set_value();
    let_go.get_future().wait();
  });
  held.get_future().wait();
  wire.send(get());
  talk = true;
  said.get_future().wait();
  let_go.set_value();
  EXPECT_EQ(wire.read_message().body, "right");
}

TEST(ExtraBytes, BehindAResponseEndTheConnection) {
  for (const std::string& response :
       {ok("right") + ok("poison"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nright\r\n0\r\n\r\n" +
            ok("poison"),
        "HTTP/1.1 204 No Content\r\n\r\n" + ok("poison")}) {
    Origin origin(answer_and_hold(response));
    Proxy proxy(one_upstream(origin.address()));
    Wire wire = proxy.connect();
    for (int i = 0; i < 3; ++i) {
      wire.send(get());
      const WireMessage answer = wire.read_message();
      EXPECT_NE(answer.body, "poison");
      EXPECT_EQ(origin.connections(), static_cast<unsigned>(i + 1));
    }
    EXPECT_EQ(wire.leftover(), "");
  }
}

TEST(IdleConnection, IsNotKeptWhenTheUpstreamSaysClose) {
  Origin origin(answer_and_hold(ok("x", "Connection: Close\r\n")));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  for (int i = 0; i < 3; ++i) {
    wire.send(get());
    EXPECT_FALSE(wire.read_message().field("Connection")) << "that was between them";
  }
  EXPECT_EQ(origin.connections(), 3U);
}

TEST(IdleConnection, OldUpstreamsAreKeptOnlyIfTheySaySo) {
  Origin closes(answer_and_hold("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  Origin keeps(always("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"));
  for (const auto& [origin, connections] : {std::pair(&closes, 3U), std::pair(&keeps, 1U)}) {
    Proxy proxy(one_upstream(origin->address()));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(proxy.ask(get()).body, "ok");
    EXPECT_EQ(origin->connections(), connections);
  }
}

TEST(IdleConnection, IsClosedAfterItsTime) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address(), "", ", pool: { idle_timeout: 200ms }"));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_TRUE(eventually([&] { return idle_connections(proxy) == 1; }));
  EXPECT_TRUE(eventually([&] { return idle_connections(proxy) == 0; }));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(origin.connections(), 2U);
}

TEST(IdleConnection, NoneIsKeptWhenThePoolIsEmptyBySetting) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address(), "", ", pool: { max_idle_per_endpoint: 0 }"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(origin.connections(), 3U);
}

// ---- early responses, row 27 -------------------------------------------------------------------

// The upstream answers in full, keeps the connection, and never reads the rest of the body.
TEST(EarlyResponse, IsForwardedAndBothConnectionsEnd) {
  Origin origin([](Wire& wire, Origin&) {
    const std::string begin = wire.read_exactly(1);
    if (begin.empty()) return;
    wire.send(begin == "P" ? "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig"
                           : ok());
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello");
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 413);
  EXPECT_EQ(answer.body, "big");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_TRUE(eventually([&] { return active_connections(proxy) == 0; }));
  EXPECT_EQ(idle_connections(proxy), 0U) << "half a request is on that connection";
}

// A POST is never sent twice: it fails if it meets the connection of the request before.
TEST(EarlyResponse, TheNextRequestGetsAFreshConnection) {
  Origin origin([](Wire& wire, Origin&) {
    while (!wire.read_exactly(1).empty()) {
      if (!wire.send(ok())) return;
      wire.read_to_end();
    }
  });
  Proxy proxy(one_upstream(origin.address()));
  for (unsigned i = 1; i <= 3; ++i) {
    Wire wire = proxy.connect();
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello");
    EXPECT_EQ(wire.read_message().status(), 200) << i;
    EXPECT_EQ(origin.connections(), i);
  }
}

TEST(EarlyResponse, ThatStreamsWhileTheBodyStillComesArrivesWhole) {
  const std::string body = pattern(300'000);
  Origin origin([&](Wire& wire, Origin& self) {
    wire.wait_readable(kPatience);
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("early"));
    const WireMessage request = wire.read_message();
    self.remember(request);
    wire.send(chunk(request.body) + "0\r\n\r\n");
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("x"));
  ASSERT_TRUE(wire.wait_readable(kPatience)) << "the head must not wait for the body";
  wire.send(chunk(body) + "0\r\n\r\n");
  const WireMessage answer = wire.read_message();
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(answer.body == "earlyx" + body);
}

}  // namespace
}  // namespace sluice::test
