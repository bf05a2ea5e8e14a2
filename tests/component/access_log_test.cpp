// Exactly one line a request, however the request ends, and what stands in it.
#include <ctime>
#include <sstream>
#include <thread>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class Logged : public testing::Test {
 protected:
  std::string log(const std::string& more = "") const {
    return "access_log: { path: " + path() + more + " }\n";
  }
  std::string path() const { return (folder_ / "access.log").string(); }
  std::string text() const { return read_file(path()); }
  // Ends the proxy, so that every line is there.
  std::vector<json::object> lines(Proxy& proxy) {
    proxy.stop();
    std::vector<json::object> all;
    std::istringstream in(text());
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line).as_object());
    return all;
  }
  json::object only_line(Proxy& proxy) {
    const auto all = lines(proxy);
    EXPECT_EQ(all.size(), 1U) << text();
    return all.empty() ? json::object{} : all.front();
  }
  static std::string text_of(const json::object& line, const char* key) {
    const auto* const found = line.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
  }
  static std::int64_t number_of(const json::object& line, const char* key) {
    const auto* const found = line.if_contains(key);
    return found != nullptr && found->is_int64() ? found->as_int64() : -1;
  }
  void expect(const json::object& line, int status, const std::string& failure) {
    EXPECT_EQ(number_of(line, "status"), status) << text();
    EXPECT_EQ(text_of(line, "failure"), failure) << text();
  }

  TempFolder folder_;
};

TEST_F(Logged, AServedRequestInFull) {
  Origin origin(always(ok("hello", "Set-Cookie: secret-s=1\r\n")));
  Proxy proxy(log() + one_upstream(origin.address()));
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  proxy.ask(post("12345", "/a%20b?c=d",
                 "User-Agent: test/1\r\nCookie: secret-c=1\r\nAuthorization: Basic secret-a\r\n"
                 "X-Request-Id: strangers-are-not-believed\r\ntraceparent: 00-" +
                     trace + "-00f067aa0ba902b7-01\r\n"));
  const json::object line = only_line(proxy);
  expect(line, 200, "");
  const auto sent = origin.requests().at(0).field("X-Request-Id");
  const std::pair<const char*, std::string> texts[] = {{"request_id", *sent},
                                                       {"trace_id", trace},
                                                       {"client_ip", "127.0.0.1"},
                                                       {"method", "POST"},
                                                       {"scheme", "http"},
                                                       {"host", "shop.example"},
                                                       {"path", "/a%20b?c=d"},
                                                       {"protocol", "HTTP/1.1"},
                                                       {"route", "all"},
                                                       {"upstream", "blue"},
                                                       {"endpoint", origin.address()},
                                                       {"split_reason", "weight"},
                                                       {"user_agent", "test/1"}};
  for (const auto& [key, value] : texts) EXPECT_EQ(text_of(line, key), value) << key;
  EXPECT_EQ(number_of(line, "request_bytes"), 5);
  EXPECT_EQ(number_of(line, "response_bytes"), 5);
  EXPECT_EQ(number_of(line, "generation"), 1);
  EXPECT_EQ(number_of(line, "retries"), 0);
  const double whole = line.at("duration_s").as_double();
  EXPECT_LE(line.at("upstream_duration_s").as_double(), whole);
  EXPECT_LT(whole, 5.0);
  EXPECT_EQ(line.size(), 21U) << text();
  EXPECT_EQ(text().find("secret"), std::string::npos);
}

TEST_F(Logged, TheTimeIsTheRequestsStart) {
  Origin origin([](Wire& wire, Origin&) {
    wire.read_message();
    std::this_thread::sleep_for(300ms);
    wire.send(ok());
  });
  Proxy proxy(log() + one_upstream(origin.address()));
  const auto before = std::chrono::system_clock::now() - 100ms;  // the worker's clock is coarse
  proxy.ask(get());
  const auto after = std::chrono::system_clock::now() - 250ms;
  const json::object line = only_line(proxy);
  const std::string ts = text_of(line, "ts");
  ASSERT_EQ(ts.size(), 27U);
  std::tm parts{};
  ASSERT_NE(::strptime(ts.c_str(), "%Y-%m-%dT%H:%M:%S", &parts), nullptr);
  const auto micros = std::chrono::microseconds(std::stoul(ts.substr(20, 6)));
  const auto time = std::chrono::system_clock::from_time_t(::timegm(&parts)) + micros;
  EXPECT_GE(time, before);
  EXPECT_LE(time, after);
  EXPECT_GT(line.at("duration_s").as_double(), 0.29);
}

TEST_F(Logged, PipelinedRequestsHaveALineEachInTheirOrder) {
  Origin origin(always(ok()));
  Proxy proxy(log() + one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get("/1") + get("/2") + get("/3"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(wire.read_message().status(), 200);
  const auto all = lines(proxy);
  ASSERT_EQ(all.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(all[i], "path"), "/" + std::to_string(i + 1));
}

TEST_F(Logged, Http10) {
  Origin origin(always(ok()));
  Proxy proxy(log() + one_upstream(origin.address()));
  proxy.ask("GET /old HTTP/1.0\r\n\r\n");
  const json::object line = only_line(proxy);
  expect(line, 200, "");
  EXPECT_EQ(text_of(line, "protocol"), "HTTP/1.0");
  EXPECT_FALSE(line.contains("host"));
}

TEST_F(Logged, WhatATrustedProxySaysAboutTheClient) {
  Origin origin(always(ok()));
  Proxy proxy(log() + one_upstream(origin.address(), ", trusted_proxies: [127.0.0.1]"));
  proxy.ask(
      get("/", "X-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Proto: https\r\nX-Request-Id: r1\r\n"));
  const json::object line = only_line(proxy);
  EXPECT_EQ(text_of(line, "client_ip"), "9.8.7.6");
  EXPECT_EQ(text_of(line, "scheme"), "https");
  EXPECT_EQ(text_of(line, "request_id"), "r1");
}

// ---- requests that never get to an upstream -----------------------------------------------------

struct Refused {
  const char* name;
  std::string request;
  int status;
  std::string failure;
  std::string path;  // as far as the head could be read
};

class LoggedRefusals : public Logged, public testing::WithParamInterface<Refused> {};

TEST_P(LoggedRefusals, HaveTheirLine) {
  Origin origin(always(ok()));
  Proxy proxy(log() + one_upstream(origin.address(), ", timeouts: { header: 200ms }", "",
                                   ", match: { path: { prefix: /a } }"));
  // A line before it: nothing of that request may show in the next one.
  Wire wire = proxy.connect();
  wire.send(get("/a/before", "User-Agent: before\r\n"));
  EXPECT_EQ(wire.read_message().status(), 200);
  wire.send(GetParam().request);
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), GetParam().status);
  const auto all = lines(proxy);
  ASSERT_EQ(all.size(), 2U) << text();
  expect(all[1], GetParam().status, GetParam().failure);
  EXPECT_EQ(text_of(all[1], "path"), GetParam().path);
  EXPECT_EQ(text_of(all[1], "client_ip"), "127.0.0.1");
  EXPECT_EQ(number_of(all[1], "response_bytes"), static_cast<std::int64_t>(answer.body.size()));
  for (const char* const key : {"user_agent", "upstream", "endpoint", "retries"})
    EXPECT_FALSE(all[1].contains(key)) << key;
}

INSTANTIATE_TEST_SUITE_P(
    Table, LoggedRefusals,
    testing::Values(
        Refused{"NotHttp", "\x16\x03\x01 hello", 400, "bad_request", ""},
        Refused{"BadFirstLine", "GE T / HTTP/1.1\r\n\r\n", 400, "bad_request", ""},
        Refused{"BadField", "GET /a HTTP/1.1\r\nHost : a\r\n\r\n", 400, "bad_request", ""},
        Refused{"NoHost", "GET /a HTTP/1.1\r\n\r\n", 400, "bad_request", "/a"},
        Refused{"BothFramings",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
                "chunked\r\n\r\n",
                400, "bad_request", "/a"},
        Refused{"UriTooLong", "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
                414, "uri_too_long", ""},
        Refused{"SlowHead", "GET /a HTTP/1.1\r\n", 408, "request_timeout", ""},
        Refused{"BadEscape", "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request", "/a%zz"},
        Refused{"NoRoute", get("/b"), 404, "no_route", "/b"}),
    [](const auto& each) { return std::string(each.param.name); });

// ---- requests that end badly --------------------------------------------------------------------

TEST_F(Logged, ARefusedConnectionAndTheRetryThatServed) {
  Origin origin(always(ok()));
  Proxy proxy(log() +
              "listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  blue: { endpoints: "
              "[\"127.0.0.1:1\", \"" +
              origin.address() + "\"] }\nroutes: [{ split: { blue: 1 } }]\n");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(proxy.ask(get()).status(), 200);
  const auto all = lines(proxy);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(number_of(all[0], "retries") + number_of(all[1], "retries"), 1);
  for (const auto& line : all) EXPECT_EQ(text_of(line, "endpoint"), origin.address());
}

TEST_F(Logged, AnUpstreamThatIsSilent) {
  Ear ear;
  Proxy proxy(log() + one_upstream(ear.address(), "", ", response_timeout: 100ms"));
  EXPECT_EQ(proxy.ask(get()).status(), 504);
  const json::object line = only_line(proxy);
  expect(line, 504, "response_timeout");
  EXPECT_GT(line.at("upstream_duration_s").as_double(), 0.09);
}

TEST_F(Logged, AnUpstreamThatDiesWithinABody) {
  Origin origin(answer_and_close("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
  Proxy proxy(log() + one_upstream(origin.address()));
  EXPECT_FALSE(proxy.ask(get()).complete);
  const json::object line = only_line(proxy);
  expect(line, 200, "response_cut");
  EXPECT_EQ(number_of(line, "response_bytes"), 5);
}

TEST_F(Logged, AClientThatLeavesWhileItsRequestIsWithTheUpstream) {
  Ear ear;
  Proxy proxy(log() + one_upstream(ear.address()));
  Wire wire = proxy.connect();
  wire.send(get("/left"));
  ASSERT_TRUE(eventually([&] { return ear.heard().find("/left") != std::string::npos; }));
  wire.reset();
  ASSERT_TRUE(ear.wait_until_left());
  const json::object line = only_line(proxy);
  expect(line, 499, "client_gone");
  EXPECT_EQ(text_of(line, "path"), "/left");
}

TEST_F(Logged, AClientThatLeavesWithinItsBody) {
  Ear ear;
  Proxy proxy(log() + one_upstream(ear.address()));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  ASSERT_TRUE(eventually([&] { return ear.heard().ends_with("hello"); }));
  wire.shutdown_write();
  ASSERT_TRUE(ear.wait_until_left());
  const json::object line = only_line(proxy);
  expect(line, 499, "client_gone");
  EXPECT_EQ(number_of(line, "request_bytes"), 5);
}

TEST_F(Logged, WhatTheEndOfTheProcessCutsOff) {
  Ear ear;
  Proxy proxy(log() + one_upstream(ear.address()));
  Wire wire = proxy.connect();
  wire.send(get("/cut"));
  ASSERT_TRUE(eventually([&] { return ear.heard().find("/cut") != std::string::npos; }));
  EXPECT_EQ(text_of(only_line(proxy), "path"), "/cut");
}

TEST_F(Logged, ATunnelAtItsEndWithItsBytes) {
  Origin origin([](Wire& wire, Origin&) {
    wire.read_message();
    wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhi");
    wire.read_exactly(4);
    wire.send("bye");
  });
  Proxy proxy(log() + one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get("/ws", "Connection: Upgrade\r\nUpgrade: x\r\n"));
  ASSERT_EQ(wire.read_message().status(), 101);
  EXPECT_EQ(wire.read_exactly(2), "hi");
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(text(), "") << "the tunnel has not ended";
  wire.send("ping");
  EXPECT_EQ(wire.read_to_end(), "bye");
  wire.close();
  const json::object line = only_line(proxy);
  expect(line, 101, "");
  EXPECT_EQ(number_of(line, "request_bytes"), 4);
  EXPECT_EQ(number_of(line, "response_bytes"), 5);
  EXPECT_GT(line.at("duration_s").as_double(), 0.19);
}

// ---- what is chosen -----------------------------------------------------------------------------

TEST_F(Logged, OfASampleOnlyFailuresThatAreNotTheClientsAreCertain) {
  Origin origin(always(ok()));
  Proxy proxy(log(", sample: 0") +
              one_upstream(origin.address(), "", "", ", match: { path: { prefix: /a } }"));
  EXPECT_EQ(proxy.ask(get("/a")).status(), 200);
  EXPECT_EQ(proxy.ask(get("/b")).status(), 404);
  EXPECT_EQ(proxy.ask("bad\r\n\r\n").status(), 400);
  EXPECT_EQ(lines(proxy).size(), 0U) << text();
}

TEST_F(Logged, AFailureIsLoggedWhateverTheSample) {
  Proxy proxy(log(", sample: 0") + one_upstream("127.0.0.1:1"));
  EXPECT_EQ(proxy.ask(get("/a")).status(), 502);
  expect(only_line(proxy), 502, "connect_failed");
}

TEST_F(Logged, CombinedKnowsTheReferer) {
  Origin origin(always(ok()));
  Proxy proxy(log(", format: combined") + one_upstream(origin.address()));
  proxy.ask(get("/a", "Referer: https://else.example/\r\nUser-Agent: test\r\n"));
  proxy.stop();
  EXPECT_TRUE(
      text().ends_with(" +0000] \"GET /a HTTP/1.1\" 200 2 \"https://else.example/\" \"test\"\n"))
      << text();
}

}  // namespace
}  // namespace sluice::test
