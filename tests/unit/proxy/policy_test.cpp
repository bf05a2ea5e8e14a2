#include <optional>

#include <gtest/gtest.h>

#include "proxy/http1/head_parser.hpp"
#include "proxy/request_policy.hpp"
#include "proxy/response_policy.hpp"

namespace sluice::proxy {
namespace {

// ---- requests ----------------------------------------------------------------------------------

struct Judged {
  std::string bytes;
  RequestHead head;
  PolicyVerdict verdict;

  explicit Judged(std::string text) : bytes(std::move(text)) {
    EXPECT_EQ(http1::parse_request_head(bytes, {}, head), http1::HeadProblem::none) << bytes;
    verdict = apply_request_policy(head);
  }
  bool forwards(std::string_view name) const {
    for (std::size_t i = 0; i < head.fields.size(); ++i)
      if (head.fields[i].name == name && !head.fields.dropped(i)) return true;
    return false;
  }
};

Judged with(const std::string& fields, const std::string& line = "POST / HTTP/1.1") {
  return Judged(line + "\r\nHost: a\r\n" + fields + "\r\n");
}

TEST(ContentLength, Values) {
  const std::pair<const char*, std::optional<std::uint64_t>> cases[] = {
      {"0", 0},
      {"7", 7},
      {"007", 7},
      {"9223372036854775807", 9223372036854775807U},
      {"00009223372036854775807", 9223372036854775807U},
      {"9223372036854775808", std::nullopt},
      {"18446744073709551616", std::nullopt},
      {"99999999999999999999999999", std::nullopt},
      {"", std::nullopt},
      {"-0", std::nullopt},
      {"+1", std::nullopt},
      {" 1", std::nullopt},
      {"1 ", std::nullopt},
      {"1,1", std::nullopt},
      {"0x1", std::nullopt},
      {"1e3", std::nullopt},
      {"1.0", std::nullopt},
  };
  for (const auto& [text, value] : cases) {
    std::uint64_t got = 0;
    EXPECT_EQ(parse_content_length(text, got), value.has_value()) << text;
    EXPECT_TRUE(!value || got == *value) << text;
  }
}

TEST(Authority, Values) {
  for (const char* good : {"a", "a.b", "a-b_c.example:80", "1.2.3.4:65535", "[::1]", "[::1]:0",
                           "[2001:db8::1.2.3.4]:443", "xn--e1afmkfd.example"})
    EXPECT_TRUE(is_valid_authority(good)) << good;
  for (const char* bad :
       {"",    ":80",   "a:",      "a:b",    "a:80:80", "a:65536", "a:000080", "u@a",
        "a/b", "a?b",   "a#b",     "a b",    "a,b",     "[::1",    "::1",      "[]",
        "[:]", "[::g]", "[::1]80", "[::1]:", "a\\b",    "a%41",    "\"a\""})
    EXPECT_FALSE(is_valid_authority(bad)) << bad;
}

TEST(RequestPolicy, FramingIsDecided) {
  const Judged none = with("");
  EXPECT_EQ(none.head.body, BodyFraming::none);
  const Judged length = with("Content-Length: 012\r\n");
  EXPECT_EQ(length.head.body, BodyFraming::length);
  EXPECT_EQ(length.head.content_length, 12U);
  const Judged chunked = with("TRANSFER-encoding: CHUNKED\r\n");
  EXPECT_EQ(chunked.head.body, BodyFraming::chunked);
  for (const Judged* const one : {&length, &chunked}) {
    EXPECT_EQ(one->verdict.failure, FailureKind::none);
    EXPECT_FALSE(one->forwards("Content-Length"));
    EXPECT_FALSE(one->forwards("TRANSFER-encoding"));
    EXPECT_FALSE(one->forwards("Host")) << "written anew";
  }
}

TEST(RequestPolicy, Refuses) {
  using K = FailureKind;
  const std::string line = "POST / HTTP/1.1";
  const std::pair<std::string, K> cases[] = {
      {"Content-Length: 1\r\nContent-Length: 1\r\n", K::bad_request},
      {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", K::bad_request},
      {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", K::bad_request},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", K::bad_request},
      {"Transfer-Encoding: gzip\r\n", K::not_implemented},
      {"Transfer-Encoding: xchunked\r\n", K::not_implemented},
      {"Transfer-Encoding: identity\r\n", K::bad_request},
      {"Transfer-Encoding: \"chunked\"\r\n", K::bad_request},
      {"Transfer-Encoding: chunked,\r\n", K::bad_request},
      {"Transfer_Encoding: chunked\r\n", K::bad_request},
      {"Content.Length: 5\r\n", K::bad_request},
      {"ContentLength: 5\r\n", K::none},  // no sign in it: nobody maps that
      {"Host: b\r\n", K::bad_request},
      {"Expect: 200-maybe\r\n", K::expectation_failed},
      {"Expect: 100-continue, x\r\n", K::expectation_failed},
      {"Expect: 100-CONTINUE\r\n", K::none},
      {"Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n", K::bad_request},
      {"Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n", K::bad_request},
      {"Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n", K::none},
  };
  for (const auto& [fields, kind] : cases)
    EXPECT_EQ(treatment_of(with(fields, line).verdict.failure).label, treatment_of(kind).label)
        << fields;
}

TEST(RequestPolicy, Targets) {
  using K = FailureKind;
  struct Case {
    const char* line;
    const char* host;
    K kind;
    const char* target;
    const char* authority;
  };
  const Case cases[] = {
      {"GET /a?b HTTP/1.1", "x", K::none, "/a?b", "x"},
      {"GET http://x/a?b HTTP/1.1", "X", K::none, "/a?b", "x"},
      {"GET HTTPS://x:8443/ HTTP/1.1", "x:8443", K::none, "/", "x:8443"},
      {"GET http://x HTTP/1.1", "x", K::none, "/", "x"},
      {"OPTIONS http://x HTTP/1.1", "x", K::none, "*", "x"},
      {"OPTIONS * HTTP/1.1", "x", K::none, "*", "x"},
      {"GET * HTTP/1.1", "x", K::bad_request, "", ""},
      {"GET http://y/ HTTP/1.1", "x", K::bad_request, "", ""},
      {"GET http://x:80/ HTTP/1.1", "x", K::bad_request, "", ""},
      {"GET http:///a HTTP/1.1", "x", K::bad_request, "", ""},
      {"GET http://u@x/a HTTP/1.1", "x", K::bad_request, "", ""},
      {"GET http://x?b HTTP/1.1", "x", K::bad_request, "", ""},
      {"GET file:///etc HTTP/1.1", "x", K::bad_request, "", ""},
      {"GET x HTTP/1.1", "x", K::bad_request, "", ""},
      {"CONNECT x:443 HTTP/1.1", "x:443", K::method_not_allowed, "", ""},
  };
  for (const Case& one : cases) {
    const Judged judged(std::string(one.line) + "\r\nHost: " + one.host + "\r\n\r\n");
    EXPECT_EQ(judged.verdict.failure, one.kind) << one.line;
    if (one.kind != K::none) continue;
    EXPECT_EQ(judged.head.target, one.target) << one.line;
    EXPECT_EQ(judged.head.authority, one.authority) << one.line;
  }
}

TEST(RequestPolicy, OldRequestsMayLackHostAndIgnoreExpectAndUpgrade) {
  const Judged judged("GET / HTTP/1.0\r\nExpect: tea\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(judged.verdict.failure, FailureKind::none);
  EXPECT_FALSE(judged.head.expect_continue);
  EXPECT_FALSE(judged.forwards("Expect"));
  EXPECT_EQ(judged.head.upgrade, "");
  EXPECT_FALSE(judged.head.keep_alive);
}

// What is no protocol by its grammar may still be h2c to a server that trims NBSP or quotes.
TEST(RequestPolicy, OffersOnlyProtocolsThatAreSound) {
  for (const char* offer : {"websocket", "IRC/6.9, RTA/x11", "xh2c", "websocket,,x"})
    EXPECT_EQ(with("Connection: Upgrade\r\nUpgrade: " + std::string(offer) + "\r\n").head.upgrade,
              offer);
  for (const char* offer : {"h2c", "x, H2C", "h2c/2", "\xa0h2c", "h2c\xa0", "\"h2c\"", "h2c;q=1",
                            "x y", "x/", "/x", "x/1/2", "", ","})
    EXPECT_EQ(with("Connection: Upgrade\r\nUpgrade: " + std::string(offer) + "\r\n").head.upgrade,
              "")
        << offer;
}

TEST(RequestPolicy, Persistence) {
  struct Case {
    const char* line;
    const char* connection;
    bool keep_alive;
  };
  for (const Case& one :
       {Case{"GET / HTTP/1.1", "x", true}, Case{"GET / HTTP/1.1", "Close", false},
        Case{"GET / HTTP/1.1", "keep-alive, close", false}, Case{"GET / HTTP/1.0", "x", false},
        Case{"GET / HTTP/1.0", ",, Keep-Alive", true}})
    EXPECT_EQ(with(std::string("Connection: ") + one.connection + "\r\n", one.line).head.keep_alive,
              one.keep_alive)
        << one.line << one.connection;
}

// Row 20.
TEST(ConnectionOptions, DropWhatTheyNameButNotWhatMatters) {
  const Judged judged = with(
      "X-A: 1\r\nAuthorization: 2\r\nExpect: 100-continue\r\nConnection: x-a,,AUTHORIZATION\r\n"
      "x-b: 3\r\nConnection: X-B , expect, X-Absent\r\nX-C: 4\r\n");
  EXPECT_EQ(judged.verdict.failure, FailureKind::none);
  EXPECT_FALSE(judged.forwards("X-A"));
  EXPECT_FALSE(judged.forwards("x-b"));
  EXPECT_TRUE(judged.forwards("X-C"));
  EXPECT_TRUE(judged.forwards("Authorization"));
  EXPECT_TRUE(judged.forwards("Expect"));
  EXPECT_FALSE(judged.forwards("Connection"));
}

// ---- responses ---------------------------------------------------------------------------------

struct Answer {
  std::string bytes;
  ResponseHead head;
  std::string_view problem;

  Answer(std::string text, Method method = Method::get, std::string_view offered = {})
      : bytes(std::move(text)) {
    EXPECT_EQ(http1::parse_response_head(bytes, {}, head), http1::HeadProblem::none) << bytes;
    problem = apply_response_policy(head, method, offered);
  }
};

std::string response(const std::string& fields, const std::string& line = "HTTP/1.1 200 OK") {
  return line + "\r\n" + fields + "\r\n";
}

TEST(ResponsePolicy, Framing) {
  struct Case {
    const char* line;
    const char* fields;
    Method method;
    BodyFraming body;
    bool keep_alive;
    bool announces;
  };
  using B = BodyFraming;
  constexpr const char* k200 = "HTTP/1.1 200 OK";
  const Case cases[] = {
      {k200, "", Method::get, B::until_close, false, false},
      {k200, "Content-Length: 5\r\n", Method::get, B::length, true, false},
      {k200, "Content-Length: 5\r\nConnection: close\r\n", Method::get, B::length, false, false},
      {k200, "Transfer-Encoding: Chunked\r\n", Method::get, B::chunked, true, false},
      {k200, "Content-Length: 5\r\n", Method::head, B::none, true, true},
      {k200, "Transfer-Encoding: chunked\r\n", Method::head, B::none, true, false},
      {k200, "", Method::head, B::none, true, false},
      {"HTTP/1.1 204 x", "Content-Length: 5\r\n", Method::get, B::none, true, false},
      {"HTTP/1.1 204 x", "", Method::get, B::none, true, false},
      {"HTTP/1.1 304 x", "Content-Length: 5\r\n", Method::get, B::none, true, true},
      {"HTTP/1.1 304 x", "", Method::get, B::none, true, false},
      {"HTTP/1.1 103 x", "", Method::get, B::none, true, false},
      {"HTTP/1.0 200 x", "Content-Length: 5\r\n", Method::get, B::length, false, false},
      {"HTTP/1.0 200 x", "Content-Length: 5\r\nConnection: keep-alive\r\n", Method::get, B::length,
       true, false},
      {"HTTP/1.0 200 x", "Connection: keep-alive\r\n", Method::get, B::until_close, false, false},
  };
  for (const Case& one : cases) {
    const Answer answer(response(one.fields, one.line), one.method);
    EXPECT_EQ(answer.problem, "") << answer.bytes;
    EXPECT_EQ(answer.head.body, one.body) << answer.bytes;
    EXPECT_EQ(answer.head.keep_alive, one.keep_alive) << answer.bytes;
    EXPECT_EQ(answer.head.announces_length, one.announces) << answer.bytes;
  }
}

TEST(ResponsePolicy, Refuses) {
  for (const char* fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: -5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"})
    for (const char* line : {"HTTP/1.1 200 OK", "HTTP/1.1 204 No", "HTTP/1.1 304 No"})
      EXPECT_NE(Answer(response(fields, line)).problem, "") << line << fields;
  EXPECT_NE(Answer(response("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK")).problem, "");
}

TEST(ResponsePolicy, SwitchingOnlyWhenAsked) {
  const std::string text = response("Upgrade: x\r\n", "HTTP/1.1 101 Switching");
  EXPECT_NE(Answer(text, Method::get, "").problem, "");
  const Answer asked(text, Method::get, "websocket, X");
  EXPECT_EQ(asked.problem, "");
  EXPECT_EQ(asked.head.body, BodyFraming::none);
}

TEST(ResponsePolicy, SwitchingOnlyToWhatWasOffered) {
  for (const char* const fields :
       {"", "Upgrade: h2c\r\n", "Upgrade:\r\n", "Upgrade: websocket, h2c\r\n"})
    EXPECT_NE(Answer(response(fields, "HTTP/1.1 101 Switching"), Method::get, "websocket").problem,
              "")
        << fields;
}

// Each option is compared with every field: thousands of them would be work for nothing.
TEST(ResponsePolicy, HasABoundOnConnectionOptions) {
  std::string options = "Connection: a";
  for (int i = 1; i < 32; ++i) options += ", a";
  EXPECT_EQ(Answer(response(options + "\r\n")).problem, "");
  EXPECT_NE(Answer(response(options + ", a\r\n")).problem, "");
  EXPECT_NE(Answer(response(options + "\r\nConnection: a\r\n")).problem, "");
}

}  // namespace
}  // namespace sluice::proxy
