#include "proxy/http1/head_writer.hpp"

#include <gtest/gtest.h>

#include "proxy/http1/head_parser.hpp"

namespace sluice::proxy::http1 {
namespace {

const routing::HeaderEdits kNoEdits;

Forwarding forwarding() {
  return {.client_ip = "1.1.1.1",
          .forwarded_for = "1.1.1.1",
          .proto = "http",
          .host = "shop.example",
          .client_certificate = "Hash=00",
          .request_id = "id",
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          .secure = false};
}

// The block is exactly as large as the bound says: the sanitizers see a byte too many.
std::string written(const RequestImage& image) {
  std::vector<char> out(request_bound(image));
  return {out.data(), write_request(image, out.data())};
}
std::string written(const ResponseImage& image) {
  std::vector<char> out(response_bound(image));
  return {out.data(), write_response(image, out.data())};
}

RequestHead request() {
  RequestHead head;
  head.method = "POST";
  head.method_id = Method::post;
  return head;
}

TEST(WriteRequest, IsExactlyThis) {
  RequestHead head = request();
  head.body = BodyFraming::length;
  head.content_length = 12;
  head.fields.add("Accept", "*/*", FieldId::other);
  head.fields.add("X-Gone", "1", FieldId::other);
  head.fields.drop(1);
  head.fields.add("X-Forwarded-For", "6.6.6.6", FieldId::x_forwarded_for);
  head.fields.add("X-Old", "1", FieldId::other);
  head.fields.add("Via", "1.0 x", FieldId::via);
  const routing::HeaderEdits edits{{"x-old"}, "X-New: 2\r\n"};
  const Forwarding ours = forwarding();
  EXPECT_EQ(written(RequestImage{head, "/a?b", "up.example", edits, ours}),
            "POST /a?b HTTP/1.1\r\nHost: up.example\r\nAccept: */*\r\nVia: 1.0 x\r\nX-New: 2\r\n"
            "Content-Length: 12\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: http\r\n"
            "X-Forwarded-Host: shop.example\r\nX-Request-Id: id\r\n"
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
            "X-Forwarded-Client-Cert: Hash=00\r\n"
            "Via: 1.1 sluice\r\n\r\n");
}

// Neighbours go out in one piece: without what was dropped, and without blanks that came in excess.
TEST(WriteResponse, LinesThatCameTogetherStayTheSame) {
  const std::string_view came =
      "HTTP/1.1 200 OK\r\nA: 1\r\nB: two words\r\nGone: x\r\nC: 3\r\nEmpty: \r\nNone:\r\n"
      "Tight:4\r\nTab:\t5\r\nWide:  6\r\nTail: 7 \t\r\nD: 8\r\nAlso-Gone: y\r\n\r\n";
  ResponseHead head;
  ASSERT_EQ(parse_response_head(came, {}, head), HeadProblem::none);
  head.fields.drop(2);
  head.fields.drop(head.fields.size() - 1);
  head.fields.add("Ours", "9", FieldId::other);
  EXPECT_EQ(written(ResponseImage{
                .head = head, .framing = BodyFraming::none, .edits = kNoEdits, .block = {}}),
            "HTTP/1.1 200 OK\r\nA: 1\r\nB: two words\r\nC: 3\r\nEmpty: \r\nNone: \r\n"
            "Tight: 4\r\nTab: 5\r\nWide: 6\r\nTail: 7\r\nD: 8\r\nOurs: 9\r\n\r\n");
}

TEST(WriteRequest, ChunkedAndUpgrade) {
  const Forwarding ours = forwarding();
  RequestHead head = request();
  head.body = BodyFraming::chunked;
  const std::string chunked = written(RequestImage{head, "/", "a", kNoEdits, ours});
  EXPECT_NE(chunked.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(chunked.find("Content-Length"), std::string::npos);
  head.body = BodyFraming::none;
  head.upgrade = "websocket";
  const std::string upgrade = written(RequestImage{head, "/", "a", kNoEdits, ours});
  EXPECT_TRUE(upgrade.ends_with("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
}

TEST(WriteRequest, TheBoundHoldsForTheLargest) {
  const std::string text(8000, 'a');
  Forwarding ours = forwarding();
  ours.forwarded_for = ours.host = ours.request_id = ours.client_certificate = text;
  RequestHead head = request();
  head.method = head.upgrade = text;
  head.http_1_0 = true;
  head.body = BodyFraming::length;
  head.content_length = 0x7fffffffffffffff;
  for (std::size_t i = 0; i < FieldList::kMax; ++i) head.fields.add(text, text, FieldId::other);
  const routing::HeaderEdits edits{{}, text};
  const RequestImage image{head, text, text, edits, ours};
  EXPECT_LE(written(image).size(), request_bound(image));
}

ResponseHead response() {
  ResponseHead head;
  head.status = 200;
  head.reason = "OK";
  return head;
}

TEST(WriteResponse, EachFraming) {
  ResponseHead head = response();
  head.content_length = 5;
  const auto write = [&](BodyFraming framing, Persistence persistence = Persistence::implied) {
    return written(ResponseImage{head, framing, persistence, kNoEdits, {}});
  };
  EXPECT_EQ(write(BodyFraming::length), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(write(BodyFraming::chunked), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(write(BodyFraming::none), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(write(BodyFraming::until_close, Persistence::close),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(write(BodyFraming::none, Persistence::keep_alive),
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n");
  head.announces_length = true;
  EXPECT_EQ(write(BodyFraming::none), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

// The listener's after the route's, which has the last word.
TEST(WriteResponse, EditsOfTheListener) {
  ResponseHead head = response();
  head.fields.add("Server", "a", FieldId::other);
  head.fields.add("X-Mine", "b", FieldId::other);
  const auto made = make_listener_headers({.set = {{"X-Frame", "DENY"}, {"X-Mine", "c"}},
                                           .add = {{"Vary", "d"}},
                                           .remove = {"server"}});
  ASSERT_TRUE(made.ok());
  const auto write = [&](const routing::HeaderEdits& edits) {
    return written(ResponseImage{.head = head,
                                 .framing = BodyFraming::none,
                                 .edits = edits,
                                 .block = {},
                                 .listener_edits = &made.value()});
  };
  EXPECT_EQ(write(kNoEdits), "HTTP/1.1 200 OK\r\nX-Frame: DENY\r\nX-Mine: c\r\nVary: d\r\n\r\n");
  EXPECT_EQ(write({{"vary", "x-frame"}, "X-Frame: SELF\r\n"}),
            "HTTP/1.1 200 OK\r\nX-Frame: SELF\r\nX-Mine: c\r\n\r\n");
  EXPECT_FALSE(make_listener_headers({.set = {{"a", "b\r\nc: d"}}, .add = {}, .remove = {}}).ok());
  EXPECT_FALSE(make_listener_headers({.set = {{"a:", "b"}}, .add = {}, .remove = {}}).ok());
}

TEST(WriteResponse, SwitchingNamesTheProtocol) {
  ResponseHead head = response();
  head.status = 101;
  head.reason = "";
  head.fields.add("upgrade", "websocket", FieldId::upgrade);
  head.fields.drop(0);
  EXPECT_EQ(written(ResponseImage{head, BodyFraming::none, Persistence::upgrade, kNoEdits, {}}),
            "HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(WriteResponse, TheBoundHoldsForTheLargest) {
  const std::string text(8000, 'a');
  ResponseHead head = response();
  head.reason = text;
  head.content_length = 0x7fffffffffffffff;
  for (std::size_t i = 0; i < FieldList::kMax; ++i) head.fields.add(text, text, FieldId::other);
  const routing::HeaderEdits edits{{}, text};
  const ResponseImage image{head, BodyFraming::length, Persistence::keep_alive, edits, text};
  EXPECT_LE(written(image).size(), response_bound(image));
}

TEST(WriteChunkSize, IsHexAndFits) {
  char out[18];
  for (const auto& [size, text] : {std::pair<std::size_t, const char*>{1, "1\r\n"},
                                   {0x1f4, "1f4\r\n"},
                                   {0xffffffffffffffff, "ffffffffffffffff\r\n"}})
    EXPECT_EQ(std::string_view(out, write_chunk_size(size, out)), text);
}

}  // namespace
}  // namespace sluice::proxy::http1
