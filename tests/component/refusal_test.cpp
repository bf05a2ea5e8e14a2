// Requests that two servers could read differently: refused, and nothing of them reaches an
// upstream, however the bytes were cut. Rows of design/http.md in the names.
#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

struct Refusal {
  const char* name;
  std::string bytes;
  int status;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

std::string head(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string line(const std::string& request_line) {
  return request_line + "\r\nHost: a\r\n\r\n";
}

const std::vector<Refusal>& refusals() {
  using namespace std::string_literals;
  static const std::vector<Refusal> all{
      {"Row1BareLf", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"Row1BareLfInFields", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"Row1BareLfAtEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"Row2BareCrInValue", head("X: a\rb\r\n"), 400},
      {"Row2NulInValue", head("X: a\0b\r\n"s), 400},
      {"Row2ControlInValue", head("X: a\x01\r\n"), 400},
      {"Row2NulInName", head("X\0Y: a\r\n"s), 400},
      {"Row2ControlInTarget", line("GET /\x01 HTTP/1.1"), 400},
      {"Row3FoldedLine", head("X: a\r\n b\r\n"), 400},
      {"Row3FoldedFramingWithTab", head("Transfer-Encoding:\r\n\tchunked\r\n"), 400},
      {"Row4SpaceBeforeColon", head("Content-Length : 5\r\n"), 400},
      {"Row4EmptyName", head(": x\r\n"), 400},
      {"Row4NoColon", head("garbage\r\n"), 400},
      {"Row4NameIsNoToken", head("X(y): z\r\n"), 400},
      {"Row5BlankBeforeFirstField", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"Row6BothFramings", head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"Row6BothFramingsOtherOrder", head("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
       400},
      {"Row7TwoLengths", head("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
      {"Row7SameLengthTwice", head("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"Row7ListOfLengths", head("Content-Length: 5, 5\r\n"), 400},
      {"Row7Plus", head("Content-Length: +5\r\n"), 400},
      {"Row7Minus", head("Content-Length: -5\r\n"), 400},
      {"Row7Hex", head("Content-Length: 0x5\r\n"), 400},
      {"Row7Space", head("Content-Length: 5 5\r\n"), 400},
      {"Row7Empty", head("Content-Length:\r\n"), 400},
      {"Row7TooBig", head("Content-Length: 9223372036854775808\r\n"), 400},
      {"Row8Xchunked", head("Transfer-Encoding: xchunked\r\n"), 501},
      {"Row8Identity", head("Transfer-Encoding: identity\r\n"), 400},
      {"Row8ChunkedTwice", head("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {"Row8GzipChunked", head("Transfer-Encoding: gzip, chunked\r\n"), 400},
      {"Row8ChunkedGzip", head("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {"Row8Parameter", head("Transfer-Encoding: chunked;q=1\r\n"), 400},
      {"Row8TwoFields", head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"Row8Empty", head("Transfer-Encoding:\r\n"), 400},
      {"Row8VerticalTab", head("Transfer-Encoding: \vchunked\r\n"), 400},
      {"Row9EncodingInOldVersion",
       "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"Row13HostMismatch", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"Row14NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
      {"Row14TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"Row14EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Row14Userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"Row14PathInHost", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Row14CommaInHost", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
      {"Row14PortTooBig", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400},
      {"Row15MethodIsNoToken", line("GE(T / HTTP/1.1"), 400},
      {"Row16Version09", "GET /\r\n\r\n", 400},
      {"Row16Version20", line("GET / HTTP/2.0"), 505},
      {"Row16Version12", line("GET / HTTP/1.2"), 505},
      {"Row16LowerCaseVersion", line("GET / http/1.1"), 400},
      {"Row16LongVersion", line("GET / HTTP/1.10"), 400},
      {"Row16Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"Row16TlsHello", "\x16\x03\x01\x02"s, 400},
      {"Row19UpgradeWithBody",
       head("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n"), 400},
      {"Row19Connect", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405},
      {"Row21FramingAlias", head("Content_Length: 5\r\n"), 400},
      {"Row21FramingAliasWithDot", head("transfer.encoding: chunked\r\n"), 400},
      {"Row23Fragment", line("GET /a#b HTTP/1.1"), 400},
      {"Row23EightBit", line("GET /\xc3\xa4 HTTP/1.1"), 400},
      {"Row29UnknownExpectation", head("Expect: tea\r\nContent-Length: 2\r\n"), 417},
      {"Row35TooManyFields",
       [] {
         std::string fields;
         for (int i = 0; i < 100; ++i) fields += "X: y\r\n";
         return head(fields);
       }(),
       431},
      {"DoubleSpaceInRequestLine", line("GET  / HTTP/1.1"), 400},
      {"TabInRequestLine", line("GET\t/ HTTP/1.1"), 400},
      {"TrailingSpaceInRequestLine", line("GET / HTTP/1.1 "), 400},
      {"StarIsForOptions", line("GET * HTTP/1.1"), 400},
      {"ForeignScheme", line("GET ftp://a/ HTTP/1.1"), 400},
      {"AuthorityFormTarget", line("GET a:80 HTTP/1.1"), 400},
  };
  return all;
}

class RefusedRequest : public ::testing::TestWithParam<Refusal> {};

// Behind every one comes a request that would be fine: it must not be answered.
TEST_P(RefusedRequest, IsAnsweredAndNothingOfItIsForwarded) {
  const Refusal& refusal = GetParam();
  Ear ear;
  Proxy proxy(one_upstream(ear.address()));
  for (const std::size_t at_a_time : {100'000U, 1U, 2U, 3U, 7U}) {
    Wire wire = proxy.connect();
    // The proxy may close while we still send: that a later byte is not taken is no failure.
    wire.send_slowly(refusal.bytes + get("/smuggled"), at_a_time);
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.status(), refusal.status) << at_a_time << " at a time: " << answer.head;
    EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(wire.read_to_end(), "") << "something was answered after the refusal";
  }
  proxy.stop();
  EXPECT_TRUE(ear.wait_until_left());
  EXPECT_EQ(ear.heard(), "");
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedRequest, ::testing::ValuesIn(refusals()),
                         [](const auto& row) { return std::string(row.param.name); });

// A path that is refused has a sound frame around it: the connection stays, the path goes nowhere.
TEST(RefusedPath, IsAnsweredAndNotForwarded) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address()));
  Wire wire = proxy.connect();
  for (const char* path :
       {"/%00", "/a\\..\\b", "/a/..;/b", "/%c0%af", "/%", "/%zz", "/a%2F..%2Fb"}) {
    wire.send(get(path));
    EXPECT_EQ(wire.read_message().status(), 400) << path;
  }
  proxy.stop();
  EXPECT_TRUE(ear.wait_until_left());
  EXPECT_EQ(ear.heard(), "");
}

// ---- bodies ------------------------------------------------------------------------------------

struct BadBody {
  const char* name;
  std::string body;
};

void PrintTo(const BadBody& body, std::ostream* out) {
  *out << body.name;
}

class RefusedBody : public ::testing::TestWithParam<BadBody> {};

// When the fault arrives together with the head not one byte goes on.
TEST_P(RefusedBody, ThatCameWithItsHeadIsNotForwarded) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address()));
  const WireMessage answer =
      proxy.ask(head("Transfer-Encoding: chunked\r\n") + GetParam().body + get("/smuggled"));
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.field("Connection"), "close");
  proxy.stop();
  EXPECT_TRUE(ear.wait_until_left());
  EXPECT_EQ(ear.heard(), "");
}

// When it comes later the upstream has part of a message, and must never see an end of it.
TEST_P(RefusedBody, ThatComesLaterNeverEndsUpstream) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address()));
  Wire wire = proxy.connect();
  wire.send(head("Transfer-Encoding: chunked\r\n"));
  wire.send_slowly(chunk("good") + GetParam().body + get("/smuggled"), 1);
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(wire.read_to_end(), "");
  proxy.stop();
  EXPECT_TRUE(ear.wait_until_left());
  EXPECT_EQ(ear.heard().find("0\r\n\r\n"), std::string::npos) << ear.heard();
  EXPECT_EQ(ear.heard().find("smuggled"), std::string::npos) << ear.heard();
}

INSTANTIATE_TEST_SUITE_P(
    Row10To12, RefusedBody,
    ::testing::Values(BadBody{"NoDigits", "\r\nabc\r\n0\r\n\r\n"},
                      BadBody{"HexPrefix", "0x3\r\nabc\r\n0\r\n\r\n"},
                      BadBody{"Sign", "+3\r\nabc\r\n0\r\n\r\n"},
                      BadBody{"Underscore", "1_0\r\nabc\r\n0\r\n\r\n"},
                      BadBody{"SpaceBefore", " 3\r\nabc\r\n0\r\n\r\n"},
                      BadBody{"SpaceAfter", "3 \r\nabc\r\n0\r\n\r\n"},
                      BadBody{"SeventeenDigits", "00000000000000003\r\nabc\r\n0\r\n\r\n"},
                      BadBody{"Overflow", "FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n"},
                      BadBody{"BareLfAfterSize", "3\nabc\r\n0\r\n\r\n"},
                      BadBody{"NoCrLfAfterData", "3\r\nabcd\r\n0\r\n\r\n"},
                      BadBody{"BareLfAfterData", "3\r\nabc\n0\r\n\r\n"},
                      BadBody{"ExtensionTooLong", "3;" + std::string(1100, 'a') + "\r\nabc\r\n"},
                      BadBody{"CrInQuotes", "3;a=\"\r\nabc\r\n0\r\n\r\n\""},
                      BadBody{"LengthInTrailer", "0\r\nContent-Length: 3\r\n\r\n"},
                      BadBody{"EncodingInTrailer", "0\r\ntransfer-encoding: chunked\r\n\r\n"},
                      BadBody{"FoldedTrailer", "0\r\nA: b\r\n c\r\n\r\n"},
                      BadBody{"EndlessTrailer", "0\r\nA: " + std::string(9000, 'a') + "\r\n\r\n"}),
    [](const auto& row) { return std::string(row.param.name); });

// ---- limits ------------------------------------------------------------------------------------

TEST(HeadLimits, LongTargetIs414) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address()));
  EXPECT_EQ(proxy.ask(get("/" + std::string(9000, 'a'))).status(), 414);
}

TEST(HeadLimits, LargeHeadIs431) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address()));
  std::string fields;
  for (int i = 0; i < 20; ++i) fields += "X: " + std::string(1000, 'a') + "\r\n";
  EXPECT_EQ(proxy.ask(get("/", fields)).status(), 431);
}

// What may be configured is what the data plane can hold, to the last byte and field.
TEST(HeadLimits, TheLargestThatMayBeConfiguredAreServedAndNoMore) {
  Origin origin(always(ok()));
  Proxy proxy(
      one_upstream(origin.address(), ", limits: { header_bytes: 64KiB, header_count: 256 }"));
  std::string many;
  for (int i = 0; i < 255; ++i) many += "X: a\r\n";  // and Host
  EXPECT_EQ(proxy.ask(get("/", many)).status(), 200);
  EXPECT_EQ(proxy.ask(get("/", many + "X: a\r\n")).status(), 431);
  const std::size_t rest = 64 * 1024 - get("/", "X: \r\n").size();
  EXPECT_EQ(proxy.ask(get("/", "X: " + std::string(rest, 'a') + "\r\n")).status(), 200);
  EXPECT_EQ(proxy.ask(get("/", "X: " + std::string(rest + 1, 'a') + "\r\n")).status(), 431);
}

TEST(EmptyLines, OneBeforeTheRequestIsSkipped) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  for (const std::size_t at_a_time : {1000U, 1U}) {
    Wire wire = proxy.connect();
    wire.send_slowly("\r\n" + get("/"), at_a_time);
    EXPECT_EQ(wire.read_message().status(), 200);
  }
}

// Each one used to be a call deeper.
TEST(EmptyLines, ThousandsAreNoRequestAndNoCrash) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "\r\n";
  Wire wire = proxy.connect();
  wire.send(lines + get("/"));
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(proxy.ask(get("/")).status(), 200) << "the proxy is gone";
}

}  // namespace
}  // namespace sluice::test
