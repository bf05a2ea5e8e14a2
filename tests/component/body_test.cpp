// Bodies both ways: framings, sizes, slow takers, ends that are no ends.
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

constexpr std::size_t kLarge = 10u << 20;

std::string chunked_in(const std::string& body, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += size) out += chunk(body.substr(at, size));
  return out + "0\r\n\r\n";
}

// ---- sizes -------------------------------------------------------------------------------------

TEST(RequestBody, TenMebibytesArriveByteForByte) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address()));
  const std::string body = pattern(kLarge);
  Wire wire = proxy.connect();
  for (const std::string& request :
       {post(body), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                        chunked_in(body, 9999)}) {
    wire.send(request);
    EXPECT_EQ(wire.read_message().status(), 200);
  }
  const auto requests = origin.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[0].body == body);
  EXPECT_TRUE(requests[1].body == body);
  EXPECT_EQ(origin.connections(), 1U);
}

TEST(ResponseBody, TenMebibytesArriveByteForByte) {
  const std::string body = pattern(kLarge);
  Origin origin([&](Wire& wire, Origin&) {
    for (WireMessage request = wire.read_message(); request.complete;
         request = wire.read_message()) {
      wire.send(request.head.starts_with("GET /length")
                    ? ok(body)
                    : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                          chunked_in(body, 77'777));
    }
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  for (const char* path : {"/length", "/chunked", "/length"}) {
    wire.send(get(path));
    const WireMessage answer = wire.read_message();
    EXPECT_TRUE(answer.complete);
    EXPECT_TRUE(answer.body == body) << path;
  }
  EXPECT_EQ(origin.connections(), 1U);
}

TEST(Bodies, BothWaysAtOnce) {
  const std::string body = pattern(kLarge / 4);
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  std::thread sender([&] { wire.send(post(body)); });
  const WireMessage answer = wire.read_message();
  sender.join();
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(answer.body.ends_with(body));
}

TEST(RequestBody, AnyCutGivesTheSame) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address()));
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nT: x\r\n\r\n";
  for (const std::size_t at_a_time : {1U, 2U, 3U, 7U}) {
    Wire wire = proxy.connect();
    wire.send_slowly(request, at_a_time);
    EXPECT_EQ(wire.read_message().status(), 200) << at_a_time;
    EXPECT_EQ(origin.requests().back().body, "hello world") << at_a_time;
  }
}

TEST(ResponseBody, AnyCutGivesTheSame) {
  for (const std::size_t at_a_time : {1U, 2U, 3U, 7U}) {
    Origin origin([&](Wire& wire, Origin&) {
      while (wire.read_message().complete)
        wire.send_slowly(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: x\r\n\r\n",
            at_a_time);
    });
    Proxy proxy(one_upstream(origin.address()));
    Wire wire = proxy.connect();
    for (int i = 0; i < 2; ++i) {
      wire.send(get());
      const WireMessage answer = wire.read_message();
      EXPECT_TRUE(answer.complete);
      EXPECT_EQ(answer.body, "hello world") << at_a_time;
    }
    EXPECT_EQ(origin.connections(), 1U);
  }
}

// ---- delimited by close ------------------------------------------------------------------------

TEST(CloseDelimited, BecomesChunkedForANewClientWhichStays) {
  Origin origin(answer_and_close("HTTP/1.1 200 OK\r\n\r\nhello"));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  for (int i = 0; i < 2; ++i) {
    wire.send(get());
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.field("Transfer-Encoding"), "chunked");
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(answer.body, "hello");
  }
  EXPECT_EQ(origin.connections(), 2U);
}

TEST(CloseDelimited, StaysSoForAnOldClient) {
  Origin origin(answer_and_close("HTTP/1.0 200 OK\r\n\r\nhello"));
  Proxy proxy(one_upstream(origin.address()));
  const WireMessage answer = proxy.ask("GET / HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(answer.field("Transfer-Encoding"));
  EXPECT_FALSE(answer.field("Content-Length"));
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "hello");
}

// ---- ends that are no ends, row 36 -------------------------------------------------------------

struct Cut {
  const char* name;
  const char* response;  // then the upstream closes
  const char* request;
};

void PrintTo(const Cut& cut, std::ostream* out) {
  *out << cut.name;
}

class CutResponse : public ::testing::TestWithParam<Cut> {};

TEST_P(CutResponse, NeverLooksComplete) {
  Origin origin([](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send(GetParam().response);
    if (std::string_view(GetParam().name).starts_with("Reset")) wire.reset();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(GetParam().request);
  const WireMessage answer = wire.read_message();
  EXPECT_FALSE(answer.complete) << answer.head << answer.body;
  EXPECT_TRUE(wire.was_reset()) << "a clean end";
}

constexpr const char* kNew = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr const char* kOld = "GET / HTTP/1.0\r\n\r\n";
INSTANTIATE_TEST_SUITE_P(
    Table, CutResponse,
    ::testing::Values(
        Cut{"LengthToNew", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", kNew},
        Cut{"LengthToOld", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", kOld},
        Cut{"ChunkToNew", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello", kNew},
        Cut{"BetweenChunksToNew",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", kNew},
        Cut{"BetweenChunksToOld",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", kOld},
        Cut{"LastChunkWithoutEndToOld",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", kOld}),
    [](const auto& row) { return std::string(row.param.name); });

// The fault comes when the client already has part of the body.
TEST(BrokenChunks, AfterTheHeadWentOutBreakTheClientsTransfer) {
  Origin origin([](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    wire.send_slowly("zz\r\n", 1);
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get());
  const WireMessage answer = wire.read_message();
  EXPECT_FALSE(answer.complete && answer.status() == 200);
}

TEST(UpstreamReset, WithinACloseDelimitedBodyIsNoEnd) {
  std::atomic<bool> seen{false};
  Origin origin([&](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 200 OK\r\n\r\nhello");
    eventually([&] { return seen.load(); });
    wire.reset();
  });
  Proxy proxy(one_upstream(origin.address()));
  for (const char* request : {kNew, kOld}) {
    seen = false;
    Wire wire = proxy.connect();
    wire.send(request);
    ASSERT_TRUE(wire.wait_readable(kPatience));
    seen = true;
    const WireMessage answer = wire.read_message();
    EXPECT_FALSE(answer.complete) << answer.head << answer.body;
  }
}

// ---- back-pressure, row 34 ---------------------------------------------------------------------

// The client reads nothing: what the upstream can push is what the kernel's buffers hold.
TEST(SlowClient, HoldsTheUpstreamBack) {
  std::atomic<std::size_t> pushed{0};
  std::atomic<bool> ended{false};
  const std::string block = pattern(64 * 1024);
  constexpr std::size_t kTotal = 512u << 20;
  Origin origin([&](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n");
    while (pushed < kTotal && wire.send(block)) pushed += block.size();
    ended = true;
  });
  Proxy proxy(one_upstream(origin.address(), ", timeouts: { write: 1s }"));
  Wire wire = proxy.connect();
  wire.send(get());
  // The write timeout is what ends it: the client takes not one byte.
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
  EXPECT_LT(pushed.load(), 64u << 20);
}

TEST(SlowUpstream, HoldsTheClientBack) {
  std::atomic<bool> stop{false};
  Origin origin([&](Wire& wire, Origin&) {
    wire.read_exactly(1);
    eventually([&] { return stop.load(); });
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  const std::string block(256 * 1024, 'x');
  std::size_t pushed = 0;
  const timeval limit{1, 0};
  ::setsockopt(wire.descriptor(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  while (pushed < (256u << 20) && wire.send(block)) pushed += block.size();
  EXPECT_LT(pushed, 64u << 20);
  stop = true;
}

}  // namespace
}  // namespace sluice::test
