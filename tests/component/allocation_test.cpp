// A warm keep-alive request allocates nothing on its worker, whatever kind of request it is.
#include <future>

#include <gtest/gtest.h>

#include "tests/support/allocation_count.hpp"
#include "tests/support/origin.hpp"
#include "tests/support/proxy.hpp"

namespace sluice::test {
namespace {

struct Case {
  const char* name;
  const char* route;  // beside the split
  const char* request;
  const char* response;
  const char* upstream = "";  // beside the endpoint
  const char* listener = "";  // beside the address
};

constexpr const char* kPlain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

const Case kCases[] = {
    {"get", "", "GET /a/b?c=d HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: test\r\n\r\n", kPlain},
    {"post_with_length", "", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
     kPlain},
    {"post_chunked", "",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
     kPlain},
    {"chunked_response", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
    {"path_to_normalise", "", "GET /a/./b//%41?x HTTP/1.1\r\nHost: A.Example\r\n\r\n", kPlain},
    {"new_sticky_session", ", sticky: { cookie: sluice }",
     "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\n\r\n", kPlain},
    {"keyed_session", ", sticky: { header: x-user-id }",
     "GET / HTTP/1.1\r\nHost: a\r\nX-User-Id: 17\r\n\r\n", kPlain},
    {"override", ", overrides: [{ header: { name: x-group, exact: b }, upstream: blue }]",
     "GET / HTTP/1.1\r\nHost: a\r\nX-Group: b\r\n\r\n", kPlain},
    {"header_edits",
     ", rewrite: { host: b, request_headers: { set: { X-A: one } }, response_headers: { add: { "
     "X-B: two } } }",
     "GET / HTTP/1.1\r\nHost: a\r\nX-A: zero\r\n\r\n", kPlain},
    {"limited_upstream", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", kPlain,
     ", limits: { max_connections: 1, max_requests: 1 }"},
    {"edited_by_the_listener", "",
     "GET / HTTP/1.1\r\nHost: a\r\nForwarded: for=1.1.1.1\r\ntraceparent: "
     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\n\r\n",
     kPlain, "", ", forwarded: true, response_headers: { set: { x-a: b }, remove: [server] }"},
};

// Nothing, the access log, or traces of which this request is none.
const char* const kLogs[] = {"", "access_log: { path: /dev/null, format: combined, sample: 50% }\n",
                             "tracing: { otlp: \"http://127.0.0.1:1\", sample: 0% }\n"};

class WarmRequest : public testing::TestWithParam<std::tuple<Case, const char*>> {};

TEST_P(WarmRequest, AllocatesNothing) {
  if (!allocations_are_counted()) GTEST_SKIP() << "a sanitizer owns operator new here";
  const auto& [it, log] = GetParam();
  const Origin origin(always(it.response));
  Proxy proxy(log + one_upstream(origin.address(), it.listener, it.upstream, it.route));
  std::promise<void> marked;
  proxy.on_worker([&marked] {
    count_allocations_of_this_thread();
    marked.set_value();
  });
  marked.get_future().wait();
  Wire wire = proxy.connect();
  const auto ask = [&wire, request = it.request](int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(wire.send(request));
      const WireMessage answer = wire.read_message();
      ASSERT_EQ(answer.status(), 200);
      ASSERT_EQ(answer.body, "hello");
    }
  };
  ask(50);
  const std::uint64_t warm = allocations_counted();
  EXPECT_GT(warm, 0u) << "the counter counts";
  ask(500);
  // Asio's tick timer and re-arming reuse their memory; nothing is left to allow for.
  EXPECT_EQ(allocations_counted() - warm, 0u);
}

std::string name_of(const testing::TestParamInfo<std::tuple<Case, const char*>>& each) {
  const auto& [it, log] = each.param;
  return std::string(it.name) + (*log == '\0' ? "" : *log == 'a' ? "_logged" : "_traced");
}

INSTANTIATE_TEST_SUITE_P(AllKinds, WarmRequest,
                         testing::Combine(testing::ValuesIn(kCases), testing::ValuesIn(kLogs)),
                         name_of);

}  // namespace
}  // namespace sluice::test
