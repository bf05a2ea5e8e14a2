// A head that Boost.Beast accepts too is the same message to both: start line, fields in their
// order, framing, persistence. A body in chunks ends where Beast says and has the same bytes. The
// first byte says whether it is a request.
//
// What one accepts and the other does not is no disagreement, as long as nobody forwards it: we
// refuse much that Beast takes (a foreign Host, both framings in one order, a last coding other
// than chunked, folded lines, repeated lengths, HTTP/1.0 with chunked). Where both accept and yet
// differ, the class is in one of the functions `differs_in_...` with its reason.
#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "proxy/http1/chunked.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/request_policy.hpp"
#include "proxy/response_policy.hpp"
#include "tests/fuzz/head.hpp"

namespace {

using namespace sluice::proxy;
using namespace sluice::proxy::http1;
using namespace sluice::fuzz;
namespace http = boost::beast::http;

using Text = boost::beast::string_view;
using Code = boost::beast::error_code;

std::string text_of(Text text) {
  return {text.data(), text.size()};
}

// What Beast sees, in the order in which it sees it.
template <bool is_request>
class BeastReading final : public http::basic_parser<is_request> {
 public:
  struct Seen {
    std::string name, value;
  };
  std::string method, target, reason;
  int status = 0;
  int version = 0;
  std::vector<Seen> fields;
  std::string body;

 private:
  void on_request_impl(http::verb, Text name, Text path, int number, Code&) override {
    method = text_of(name);
    target = text_of(path);
    version = number;
  }
  void on_response_impl(int code, Text text, int number, Code&) override {
    status = code;
    reason = text_of(text);
    version = number;
  }
  void on_field_impl(http::field, Text name, Text value, Code&) override {
    fields.push_back({text_of(name), text_of(value)});
  }
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text part, Code&) override { return part.size(); }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text part, Code&) override {
    body += text_of(part);
    return part.size();
  }
  void on_finish_impl(Code&) override {}
};

template <bool is_request>
bool read(std::string_view bytes, BeastReading<is_request>& beast) {
  Code error;
  beast.header_limit(1 << 20);
  beast.body_limit(boost::none);
  const std::size_t used = beast.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error || !beast.is_header_done()) return false;
  must(used == bytes.size(), "another end of the head");
  return true;
}

template <class Beast>
void must_be_same_fields(const FieldList& ours, const Beast& beast) {
  must(ours.size() == beast.fields.size(), "number of fields");
  for (std::size_t i = 0; i < ours.size(); ++i) {
    must(ours[i].name == beast.fields[i].name, "name of a field");
    must(ours[i].value == beast.fields[i].value, "value of a field");
  }
}

template <class Beast>
void must_be_same_framing(BodyFraming framing, std::uint64_t length, const Beast& beast) {
  must((framing == BodyFraming::chunked) == beast.chunked(), "chunked");
  must((framing == BodyFraming::length) == beast.content_length().has_value(), "a length");
  must(framing != BodyFraming::length || length == *beast.content_length(), "the length");
}

// What is said about the connection, not the message:
// - Beast takes Proxy-Connection for Connection; RFC 9110 does not know it, and we do not listen.
// - In HTTP/1.0 with both "keep-alive" and "close" Beast keeps the connection; RFC 9112 section 9.3
//   lets "close" win, and so do we.
template <class Head>
bool differs_in_persistence(const Head& head) {
  return head.fields.has(FieldId::proxy_connection) || (head.http_1_0 && !head.keep_alive);
}

// Beast reads extensions more strictly than we, who drop them unread but for their quotes; and
// trailers as fields, of which it checks some. Without either whatever we accept it accepts.
bool differs_in_chunks(std::string_view chunks) {
  return chunks.find_first_of(";:") != std::string_view::npos;
}

template <bool is_request>
void compare_chunks(std::string_view head, std::string_view rest) {
  std::vector<char> bytes(rest.begin(), rest.end());
  ChunkedDecoder decoder;
  const ChunkedDecoder::Step step = decoder.decode(bytes);
  if (step.status != ChunkedDecoder::Status::done) return;
  BeastReading<is_request> beast;
  beast.eager(true);
  beast.header_limit(1 << 20);
  beast.body_limit(boost::none);
  const std::string all = std::string(head).append(rest);
  Code error;
  std::size_t used = 0;
  while (!error && !beast.is_done() && used < all.size())
    used += beast.put(boost::asio::buffer(all.data() + used, all.size() - used), error);
  const std::string_view chunks = rest.substr(0, step.consumed);
  if (error && differs_in_chunks(chunks)) return;
  must(!error && beast.is_done(), "chunks that Beast does not take");
  must(used == head.size() + step.consumed, "another end of the chunks");
  must(beast.body == std::string_view(bytes.data(), step.produced), "another body in the chunks");
}

void compare_requests(std::string_view bytes, std::string_view rest) {
  static RequestHead head;
  if (parse_request_head(bytes, kLimits, head) != HeadProblem::none) return;
  const std::string target(head.target);  // before the policy makes it origin-form
  if (apply_request_policy(head).failure != FailureKind::none) return;
  BeastReading<true> beast;
  if (!read(bytes, beast)) return;
  must(head.method == beast.method, "method");
  must(target == beast.target, "target");
  must((head.http_1_0 ? 10 : 11) == beast.version, "version");
  must_be_same_fields(head.fields, beast);
  must_be_same_framing(head.body, head.content_length, beast);
  if (!differs_in_persistence(head)) must(head.keep_alive == beast.keep_alive(), "persistence");
  if (head.body == BodyFraming::chunked) compare_chunks<true>(bytes, rest);
}

void compare_responses(std::string_view bytes, std::string_view rest) {
  static ResponseHead head;
  if (parse_response_head(bytes, kLimits, head) != HeadProblem::none) return;
  if (!apply_response_policy(head, Method::get, "websocket").empty()) return;
  BeastReading<false> beast;
  if (!read(bytes, beast)) return;
  must(head.status == beast.status, "status");
  must(head.reason == beast.reason, "reason");
  must((head.http_1_0 ? 10 : 11) == beast.version, "version");
  must_be_same_fields(head.fields, beast);
  const bool bare = head.status < 200 || head.status == 204 || head.status == 304;
  must(bare == (head.body == BodyFraming::none), "a body where none may be");
  must(beast.need_eof() == (head.body == BodyFraming::until_close), "delimited by the end");
  if (!bare) must_be_same_framing(head.body, head.content_length, beast);
  if (!differs_in_persistence(head)) must(head.keep_alive == beast.keep_alive(), "persistence");
  if (head.body == BodyFraming::chunked) compare_chunks<false>(bytes, rest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  HeadScan scan;
  if (scan.scan(input, kLimits) != HeadScan::Found::complete) return 0;
  const std::string_view bytes = input.substr(0, scan.head_size());
  const std::string_view rest = input.substr(scan.head_size());
  if ((data[0] & 1) != 0)
    compare_requests(bytes, rest);
  else
    compare_responses(bytes, rest);
  return 0;
}
