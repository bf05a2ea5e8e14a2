#include "proxy/request_policy.hpp"

#include <charconv>
#include <limits>

#include "base/ascii.hpp"

namespace sluice::proxy {
namespace {

constexpr PolicyVerdict kAccepted{};
constexpr unsigned kConnectionOptionsMax = 32;

PolicyVerdict refuse(std::string_view detail) noexcept {
  return {FailureKind::bad_request, detail};
}

// Connection may name any field but these: they carry framing, routing and identity, or are ours.
constexpr FieldIds kProtected =
    any_of(FieldId::host, FieldId::content_length, FieldId::transfer_encoding,
           FieldId::authorization, FieldId::expect);

constexpr FieldIds kHopByHop =
    any_of(FieldId::connection, FieldId::keep_alive, FieldId::proxy_connection, FieldId::upgrade,
           FieldId::te, FieldId::trailer, FieldId::http2_settings);
constexpr FieldIds kWrittenByUs =
    any_of(FieldId::host, FieldId::content_length, FieldId::transfer_encoding);
constexpr FieldIds kAliases = any_of(FieldId::alias, FieldId::framing_alias);

void drop_named(FieldList& fields, std::string_view name) noexcept {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!contains(kProtected, fields.id(i)) && equals_ignoring_case(fields[i].name, name))
      fields.drop(i);
  }
}

// ---- framing -------------------------------------------------------------------------------

PolicyVerdict decide_transfer_encoding(RequestHead& head, std::string_view value) noexcept {
  if (head.http_1_0) return refuse("Transfer-Encoding in HTTP/1.0");
  if (iequals(value, "chunked")) {
    head.body = BodyFraming::chunked;
    return kAccepted;
  }
  const bool single = is_token(value);
  if (single && !iequals(value, "identity"))
    return {FailureKind::not_implemented, "unknown transfer coding"};
  return refuse("Transfer-Encoding must be exactly 'chunked'");
}

PolicyVerdict decide_framing(RequestHead& head) noexcept {
  if (!head.fields.has_any(
          any_of(FieldId::content_length, FieldId::transfer_encoding, FieldId::framing_alias)))
    return kAccepted;
  unsigned lengths = 0;
  unsigned encodings = 0;
  std::string_view encoding;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (head.fields.id(i) == FieldId::content_length) {
      ++lengths;
      if (!parse_content_length(head.fields[i].value, head.content_length))
        return refuse("malformed Content-Length");
      head.body = BodyFraming::length;
    } else if (head.fields.id(i) == FieldId::transfer_encoding) {
      ++encodings;
      encoding = head.fields[i].value;
    } else if (head.fields.id(i) == FieldId::framing_alias) {
      return refuse("a field that some servers take for Content-Length or Transfer-Encoding");
    }
  }
  if (lengths > 1) return refuse("more than one Content-Length");
  if (encodings > 1) return refuse("more than one Transfer-Encoding");
  if (lengths > 0 && encodings > 0) return refuse("Content-Length and Transfer-Encoding together");
  if (encodings > 0) return decide_transfer_encoding(head, encoding);
  return kAccepted;
}

// ---- target and Host -----------------------------------------------------------------------

// "http://authority/path?query": the target alone counts (RFC 9112 section 3.2.2), but a Host that
// says something else is an attack or a mistake.
PolicyVerdict take_absolute_form(RequestHead& head) noexcept {
  const std::size_t scheme = head.target.find("://");
  if (scheme == std::string_view::npos) return refuse("malformed request target");
  const std::string_view name = head.target.substr(0, scheme);
  if (!iequals(name, "http") && !iequals(name, "https"))
    return refuse("unsupported scheme in the request target");
  std::string_view rest = head.target.substr(scheme + 3);
  const std::size_t end = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, end);
  if (!is_valid_authority(authority)) return refuse("malformed authority in the request target");
  if (!head.authority.empty() && !equals_ignoring_case(authority, head.authority))
    return refuse("Host differs from the request target");
  head.authority = authority;
  if (end == std::string_view::npos) {
    head.target = head.method_id == Method::options ? "*" : "/";
  } else if (rest[end] == '?') {
    return refuse("request target without a path");
  } else {
    head.target = rest.substr(end);
  }
  return kAccepted;
}

PolicyVerdict decide_host(RequestHead& head) noexcept {
  unsigned hosts = 0;
  head.fields.for_each(only(FieldId::host), [&](std::size_t i) {
    ++hosts;
    head.authority = head.fields[i].value;
  });
  if (hosts > 1) return refuse("more than one Host");
  if (hosts == 0 && !head.http_1_0) return refuse("Host is missing");
  if (hosts == 1 && !is_valid_authority(head.authority)) return refuse("malformed Host");
  return kAccepted;
}

PolicyVerdict decide_target(RequestHead& head) noexcept {
  if (head.method_id == Method::connect)
    return {FailureKind::method_not_allowed, "CONNECT is not served here"};
  if (head.target.front() == '/') return kAccepted;
  if (head.target == "*")
    return head.method_id == Method::options ? kAccepted : refuse("'*' is for OPTIONS alone");
  return take_absolute_form(head);
}

// ---- Expect, Upgrade -----------------------------------------------------------------------

PolicyVerdict decide_expectation(RequestHead& head) noexcept {
  if (!head.fields.has(FieldId::expect)) return kAccepted;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (head.fields.id(i) != FieldId::expect) continue;
    if (head.http_1_0) {  // RFC 9110 section 10.1.1: ignored there
      head.fields.drop(i);
      continue;
    }
    if (!iequals(head.fields[i].value, "100-continue"))
      return {FailureKind::expectation_failed, "unknown expectation"};
    head.expect_continue = true;
  }
  return kAccepted;
}

// A token, perhaps with '/' and a version behind it (RFC 9110 section 7.8). h2c would turn the
// connection into something that we do not relay (design row 18); what is no token at all could be
// h2c to a server that trims or unquotes more than it should.
bool may_be_offered(std::string_view protocol) noexcept {
  const std::size_t slash = protocol.find('/');
  const std::string_view name = protocol.substr(0, slash);
  return is_token(name) && !iequals(name, "h2c") &&
         (slash == std::string_view::npos || is_token(protocol.substr(slash + 1)));
}

// All that was offered, or nothing of it.
PolicyVerdict decide_upgrade(RequestHead& head, const ConnectionOptions& options) noexcept {
  if (!options.upgrade || head.http_1_0) return kAccepted;
  const std::string_view offered = head.fields.value_of(FieldId::upgrade);
  std::string_view list = offered;
  std::string_view one = next_element(list);
  if (one.empty()) return kAccepted;
  for (; !one.empty(); one = next_element(list))
    if (!may_be_offered(one)) return kAccepted;
  head.upgrade = offered;
  const bool has_body = head.body == BodyFraming::chunked ||
                        (head.body == BodyFraming::length && head.content_length > 0);
  if (has_body) return refuse("Upgrade with a body");
  return kAccepted;
}

}  // namespace

std::string_view next_element(std::string_view& list) noexcept {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim_blanks(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (!element.empty()) return element;
  }
  return {};
}

bool parse_content_length(std::string_view text, std::uint64_t& out) noexcept {
  std::int64_t value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;  // no sign either
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  out = static_cast<std::uint64_t>(value);
  return true;
}

bool is_valid_authority(std::string_view text) noexcept {
  std::string_view host = text;
  std::string_view port;
  const bool literal = text.starts_with('[');
  const std::size_t host_end = literal ? text.find(']') : text.find(':');
  if (literal) {
    if (host_end == std::string_view::npos || host_end < 3) return false;
    host = text.substr(1, host_end - 1);
    for (const char c : host)
      if (c != ':' && c != '.' && !(to_lower(c) >= 'a' && to_lower(c) <= 'f') &&
          !(c >= '0' && c <= '9'))
        return false;
    port = text.substr(host_end + 1);
  } else {
    host = text.substr(0, host_end);
    port = host_end == std::string_view::npos ? std::string_view{} : text.substr(host_end);
    if (!has_host_characters(host)) return false;
  }
  if (port.empty()) return true;
  if (port.front() != ':' || port.size() < 2 || port.size() > 6) return false;
  std::uint64_t number = 0;
  return parse_content_length(port.substr(1), number) && number <= 65535;
}

namespace {

void read_options(FieldList& fields, std::string_view list, unsigned& count,
                  ConnectionOptions& out) noexcept {
  if (list == "keep-alive") {  // what most say
    out.too_many = ++count > kConnectionOptionsMax;
    out.keep_alive = true;
    return;
  }
  for (std::string_view one = next_element(list); !one.empty(); one = next_element(list)) {
    out.too_many = ++count > kConnectionOptionsMax;
    if (out.too_many) return;
    if (iequals(one, "close"))
      out.close = true;
    else if (iequals(one, "keep-alive"))
      out.keep_alive = true;
    else if (iequals(one, "upgrade"))
      out.upgrade = true;
    else
      drop_named(fields, one);
  }
}

}  // namespace

ConnectionOptions read_connection_options(FieldList& fields, bool of_request) noexcept {
  const FieldIds unwanted = kHopByHop | kWrittenByUs | (of_request ? kAliases : 0);
  ConnectionOptions options;
  unsigned count = 0;
  fields.for_each(unwanted, [&](std::size_t i) {
    if (fields.id(i) == FieldId::connection) read_options(fields, fields[i].value, count, options);
    fields.drop(i);
  });
  return options;
}

PolicyVerdict apply_request_policy(RequestHead& head) noexcept {
  head.body = BodyFraming::none;
  head.content_length = 0;
  head.expect_continue = false;
  head.upgrade = {};
  head.authority = {};
  for (auto* const step : {&decide_framing, &decide_host, &decide_target, &decide_expectation}) {
    const PolicyVerdict verdict = step(head);
    if (verdict.failure != FailureKind::none) return verdict;
  }
  const ConnectionOptions options = read_connection_options(head.fields, true);
  if (options.too_many) return refuse("too many Connection options");
  head.keep_alive = !options.close && (!head.http_1_0 || options.keep_alive);
  return decide_upgrade(head, options);
}

}  // namespace sluice::proxy
