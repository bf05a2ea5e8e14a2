#include "proxy/response_policy.hpp"

#include "base/ascii.hpp"
#include "proxy/request_policy.hpp"

namespace sluice::proxy {
namespace {

bool has_no_body(const ResponseHead& head, Method method) noexcept {
  return method == Method::head || head.status < 200 || head.status == 204 || head.status == 304;
}

constexpr FieldIds kFraming = any_of(FieldId::content_length, FieldId::transfer_encoding);

std::string_view read_framing(ResponseHead& head) noexcept {
  unsigned lengths = 0;
  unsigned encodings = 0;
  head.body = BodyFraming::until_close;
  std::string_view problem;
  head.fields.for_each(kFraming, [&](std::size_t i) {
    const std::string_view value = head.fields[i].value;
    if (head.fields.id(i) == FieldId::content_length) {
      ++lengths;
      head.body = BodyFraming::length;
      if (!parse_content_length(value, head.content_length)) problem = "malformed Content-Length";
    } else {
      ++encodings;
      head.body = BodyFraming::chunked;
      if (!iequals(value, "chunked")) problem = "unknown transfer coding";
    }
  });
  if (!problem.empty()) return problem;
  if (lengths > 1) return "more than one Content-Length";
  if (encodings > 1) return "more than one Transfer-Encoding";
  if (lengths + encodings > 1) return "Content-Length and Transfer-Encoding together";
  if (encodings > 0 && head.http_1_0) return "Transfer-Encoding in HTTP/1.0";
  return {};
}

bool is_in_list(std::string_view wanted, std::string_view list) noexcept {
  for (std::string_view one = next_element(list); !one.empty(); one = next_element(list))
    if (equals_ignoring_case(one, wanted)) return true;
  return false;
}

// Every protocol that the upstream switches to, and at least one (RFC 9110 section 7.8).
bool is_offered(std::string_view chosen, std::string_view offered) noexcept {
  std::string_view one = next_element(chosen);
  if (one.empty()) return false;
  for (; !one.empty(); one = next_element(chosen))
    if (!is_in_list(one, offered)) return false;
  return true;
}

}  // namespace

std::string_view apply_response_policy(ResponseHead& head, Method method,
                                       std::string_view offered) noexcept {
  head.content_length = 0;
  const std::string_view problem = read_framing(head);
  if (!problem.empty()) return problem;
  const ConnectionOptions options = read_connection_options(head.fields, false);
  if (options.too_many) return "too many Connection options";
  head.keep_alive = !options.close && (!head.http_1_0 || options.keep_alive);
  if (head.status == 101 && !is_offered(head.fields.value_of(FieldId::upgrade), offered))
    return "101 to a protocol that was not offered";
  head.announces_length = false;
  if (has_no_body(head, method)) {
    // Neither 1xx nor 204 has one, not even in answer to HEAD (RFC 9110 section 8.6).
    const bool may_announce = head.status >= 200 && head.status != 204;
    head.announces_length = head.body == BodyFraming::length && may_announce;
    head.body = BodyFraming::none;
  }
  if (head.body == BodyFraming::until_close) head.keep_alive = false;
  return {};
}

}  // namespace sluice::proxy
