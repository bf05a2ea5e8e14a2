// One check of one endpoint, over real sockets.
#include <sstream>

#include <gtest/gtest.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/check_bench.hpp"

namespace sluice::health {
namespace {

std::string socket_path(const std::string& name) {
  return testing::TempDir() + "sluice-check-" + name + "-" + std::to_string(::getpid());
}

TEST(HealthCheck, TakesEveryFormOfAResponse) {
  const std::string report(kReport);
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  std::ostringstream size;
  size << std::hex << report.size() - 5;
  const std::pair<const char*, std::string> cases[]{
      {"length", with_length(report)},
      {"until the end", head + "\r\n" + report},
      {"until the end, HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n" + report},
      {"chunked", chunked + "5\r\n" + report.substr(0, 5) + "\r\n" + size.str() + ";a=b\r\n" +
                      report.substr(5) + "\r\n0\r\nX-Trailer: 1\r\n\r\n"},
      {"after 100", "HTTP/1.1 100 Continue\r\n\r\n" + with_length(report)},
      {"after two 103", hints + hints + with_length(report)},
      {"a head of nearly 8 KiB", head + "X: " + std::string(8'000, 'x') + "\r\nContent-Length: " +
                                     std::to_string(report.size()) + "\r\n\r\n" + report},
  };
  for (const auto& [name, text] : cases) {
    for (const bool slowly : {false, true}) {
      Origin origin(asked([slowly, bytes = text](Wire& wire) {
        wire.send_slowly(bytes, slowly && bytes.size() < 1'000 ? 7 : bytes.size());
      }));
      const auto result = run(by_report(), origin.address());
      EXPECT_EQ(said(result), "healthy") << name;
      EXPECT_EQ(result.report, (SelfReport{"1.4.2", "blue"})) << name;
    }
  }
}

TEST(HealthCheck, JudgesTheContentOfA200) {
  const std::pair<const char*, const char*> cases[]{
      {R"({"status":"healthy","checks":{"database":false},"version":"2"})",
       "unhealthy: /checks/database is false, not true"},
      {R"({"status":"not healthy","checks":{"database":true},"version":"2"})",
       R"(unhealthy: /status is "not healthy", not "healthy")"},
      {R"({"status":"degraded","checks":{"database":true},"version":"2"})",
       R"(degraded: /status is "degraded")"},
      {R"({"status":"unhealthy","status":"healthy","checks":{"database":true}})",
       "unhealthy: the report has the key \"status\" twice"},
      {"healthy", "unhealthy: the report is not JSON: syntax error"},
  };
  for (const auto& [body, verdict] : cases) {
    Origin origin(answers(with_length(body)));
    EXPECT_EQ(said(run(by_report(), origin.address())).substr(0, std::string(verdict).size()),
              verdict);
  }
}

TEST(HealthCheck, NeverGoesInTheClearForWantOfItsFiles) {
  Origin origin(answers(with_length(kReport)));
  Bench bench(by_report(), origin.address());
  CheckTarget target{origin.address(), origin.address()};
  target.secure = true;
  bench.check.emplace(bench.io, by_report(), std::make_shared<const Expectation>(by_report()),
                      target);
  EXPECT_EQ(said(bench.once()), "unhealthy: TLS: its files cannot be used");
}

TEST(HealthCheck, SaysWhatWentWrong) {
  std::string interims;
  for (int i = 0; i < 9; ++i) interims += "HTTP/1.1 103 Early Hints\r\n\r\n";
  const auto reset = asked([](Wire& wire) { wire.reset(); });
  const auto half_and_reset = asked([](Wire& wire) {
    wire.send("HTTP/1.1 200 OK\r\nContent-Le");
    wire.reset();
  });
  struct Case {
    const char* name;
    Origin::Script script;
    std::string reason;
  };
  const Case cases[]{
      {"nothing", answers(""), "the connection ended before the response"},
      {"half a head", answers("HTTP/1.1 200 OK\r\nConte"),
       "the connection ended within the response"},
      {"half a body", answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
       "the connection ended within the response"},
      {"half a chunk", answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
       "the connection ended within the response"},
      {"reset", reset, "the connection was reset"},
      {"half a head and reset", half_and_reset, "the connection was reset"},
      {"another protocol", answers("SSH-2.0-OpenSSH_9.2\r\n"), "not HTTP: "},
      {"zeros", answers(std::string(100, '\0')), "not HTTP: "},
      {"a bad length", answers("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), "not HTTP: "},
      {"a bad chunk", answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
       "not HTTP: "},
      {"a giant head", answers("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
       "the head is larger than 8 KiB"},
      {"many small fields", answers([] {
         std::string head = "HTTP/1.1 200 OK\r\n";
         for (int i = 0; i < 1'000; ++i) head += "X-" + std::to_string(i) + ": 123\r\n";
         return head + "\r\n";
       }()),
       "the head is larger than 8 KiB"},
      {"1xx for ever", answers(interims), "more than 8 interim responses"},
      {"unasked 101", answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
       "status 101"},
      {"503", answers(with_length("", "503 Service Unavailable")), "status 503"},
  };
  for (const auto& [name, script, reason] : cases) {
    Origin origin(script);
    const auto result = run(by_http(), origin.address());
    EXPECT_EQ(result.verdict, Verdict::unhealthy) << name;
    EXPECT_EQ(result.reason.substr(0, reason.size()), reason) << name;
  }
}

TEST(HealthCheck, TimesOutWhereverTheEndpointFallsSilent) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::pair<const char*, std::string> cases[]{
      {"before the head", ""},
      {"in the head", head + "Content-"},
      {"after 100", "HTTP/1.1 100 Continue\r\n\r\n"},
      {"in the body", head + "Content-Length: 10\r\n\r\nabc"},
      {"in a chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"},
      {"before the end that ends the body", head + "\r\nabc"},
  };
  for (const auto& [name, text] : cases) {
    Origin origin(answers_and_hangs(text));
    EXPECT_EQ(said(run(impatient(by_http()), origin.address())), "unhealthy: timed out after 300ms")
        << name;
  }
}

TEST(HealthCheck, AGiantBodyMattersOnlyToThoseWhoReadIt) {
  const std::string giant(100'000, 'x');
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::pair<const char*, std::string> cases[]{
      {"length", with_length(giant)},
      {"only announced", head + "Content-Length: 99999999999\r\n\r\n"},
      {"chunked", head + "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" + giant + "\r\n0\r\n\r\n"},
      {"until the end", head + "\r\n" + giant},
  };
  for (const auto& [name, text] : cases) {
    Origin origin(answers_and_hangs(text));
    EXPECT_EQ(said(run(by_http(), origin.address())), "healthy") << name;
    EXPECT_EQ(said(run(by_report(), origin.address())),
              "unhealthy: the report is larger than 64 KiB")
        << name;
  }
}

TEST(HealthCheck, HeadersCount) {
  HealthSpec spec = by_http();
  spec.expect.headers = {{"X-State", {routing::StringMatchKind::exact, "ready"}}};
  Origin ready(answers("HTTP/1.1 204 No Content\r\nx-state: ready\r\n\r\n"));
  EXPECT_EQ(said(run(spec, ready.address())), "healthy");
  Origin draining(answers("HTTP/1.1 204 No Content\r\nx-state: draining\r\n\r\n"));
  EXPECT_EQ(said(run(spec, draining.address())),
            R"(unhealthy: the header x-state is "draining", not "ready")");
}

std::string request_of(const HealthSpec& spec, const std::string& name,
                       const std::string& listen = "127.0.0.1") {
  Origin origin(answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" +
                        std::string(spec.http->method == "HEAD" ? "" : "12345")),
                listen);
  EXPECT_EQ(said(run(spec, origin.address(), name)), "healthy");
  const auto requests = origin.requests();
  return requests.size() == 1 ? requests.front().head : "";
}

TEST(HealthCheck, SendsOneRequest) {
  HealthSpec spec = by_http();
  spec.http->path = "/health/deep?full=1";
  EXPECT_EQ(request_of(spec, "app.internal:80"),
            "GET /health/deep?full=1 HTTP/1.1\r\nHost: app.internal:80\r\n"
            "User-Agent: sluice-health\r\n\r\n");
  spec.http->host = "shop.example";
  spec.http->method = "HEAD";
  EXPECT_EQ(request_of(spec, "app.internal:80"),
            "HEAD /health/deep?full=1 HTTP/1.1\r\nHost: shop.example\r\n"
            "User-Agent: sluice-health\r\n\r\n");
  spec.http->method = "POST";
  EXPECT_EQ(request_of(spec, "app.internal:80"),
            "POST /health/deep?full=1 HTTP/1.1\r\nHost: shop.example\r\n"
            "User-Agent: sluice-health\r\nContent-Length: 0\r\n\r\n");
}

TEST(HealthCheck, ReachesUnixSocketsAndIPv6) {
  const std::string path = "unix:" + socket_path("open");
  const std::string request = request_of(by_http(), path, path);
  EXPECT_NE(request.find("\r\nHost: localhost\r\n"), std::string::npos) << request;
  Origin silent([](Wire& wire, Origin&) { wire.closed_by_peer(); }, path + "2");
  EXPECT_EQ(said(run(by_tcp(), path + "2")), "healthy");
  EXPECT_EQ(said(run(by_http(), "unix:" + socket_path("none"))), "unhealthy: no such socket");
  Origin v6(answers(with_length("ok")), "::1");
  if (v6.port() != 0) {
    EXPECT_EQ(said(run(by_http(), v6.address())), "healthy");
  }
}

TEST(HealthCheck, AFullBacklogOfAUnixSocketIsNoConnection) {
  const std::string path = socket_path("full");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  std::vector<int> open{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ASSERT_EQ(::bind(open[0], raw, sizeof address), 0);
  ASSERT_EQ(::listen(open[0], 0), 0);
  do {
    open.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  } while (::connect(open.back(), raw, sizeof address) == 0 && open.size() < 100);
  for (const auto& spec : {by_tcp(), by_http()})
    EXPECT_EQ(said(run(spec, "unix:" + path)), "unhealthy: connection refused");
  for (const int descriptor : open) ::close(descriptor);
  ::unlink(path.c_str());
}

TEST(HealthCheck, WithoutHttpAConnectionIsEnough) {
  std::atomic<bool> closed{false};
  Origin silent([&](Wire& wire, Origin&) { closed = wire.closed_by_peer(); });
  EXPECT_EQ(said(run(by_tcp(), silent.address())), "healthy");
  expect_soon(closed);
  const DeadPort dead;
  EXPECT_EQ(said(run(by_tcp(), dead.address())), "unhealthy: connection refused");
}

TEST(HealthCheck, NobodyThere) {
  const DeadPort dead;
  EXPECT_EQ(said(run(by_http(), dead.address())), "unhealthy: connection refused");
  for (const auto* const address : {"", "app.internal:80", "127.0.0.1", "127.0.0.1:99999"})
    EXPECT_EQ(said(run(by_http(), address)), "unhealthy: its address is not one to connect to");
}

}  // namespace
}  // namespace sluice::health
