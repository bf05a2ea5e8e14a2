#include "config/checks.hpp"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "base/address.hpp"
#include "base/ascii.hpp"
#include "base/suggest.hpp"

namespace sluice::config {
namespace {

constexpr std::size_t kNameMax = 64;

// Fields that frame the message or belong to one connection: an edit would desynchronise the two
// sides. Source: RFC 9110 section 7.6.1, RFC 9112 section 6.
constexpr std::array<std::string_view, 12> kManagedHeaders{
    "connection", "content-length",    "expect",  "http2-settings",
    "keep-alive", "proxy-connection",  "te",      "trailer",
    "trailers",   "transfer-encoding", "upgrade", "via"};

const std::vector<std::string> kMethods{"GET",   "HEAD",    "POST",  "PUT",    "DELETE",
                                        "PATCH", "OPTIONS", "TRACE", "CONNECT"};

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

Failure<Problem> refuse(std::string message, std::string suggestion = {}) {
  return Failure{Problem{std::move(message), std::move(suggestion)}};
}

Checked check_token(std::string_view text, std::string_view what) {
  if (is_token(text)) return std::string(text);
  if (text.empty()) return refuse(std::string(what) + " cannot be empty");
  return refuse(quoted(text) + " is not " + std::string(what) +
                ": only letters, digits and !#$%&'*+-.^_`|~");
}

bool is_host(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    return is_ipv6(text.substr(1, text.size() - 2));
  }
  return is_ipv4(text) || is_host_name(text);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Checked check_name(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
      });
  if (good) return std::string(text);
  return refuse(quoted(text) + " is not a name: 1 to 64 letters, digits, '_', '.' or '-'");
}

Checked check_header_name(std::string_view text) {
  return check_token(text, "a header name");
}

Checked check_editable_header(std::string_view text) {
  auto name = check_header_name(text);
  if (!name) return name;
  if (lower_case(text) == "host") return refuse("'Host' is changed with rewrite.host");
  if (std::ranges::find(kManagedHeaders, lower_case(text)) != kManagedHeaders.end()) {
    return refuse(quoted(text) + " is managed by the proxy and cannot be edited");
  }
  return name;
}

Checked check_header_value(std::string_view text) {
  if (std::ranges::any_of(text, [](char c) { return is_control(c) && c != '\t'; })) {
    return refuse("a header value cannot hold a line break or another control character");
  }
  return std::string(text);
}

Checked check_cookie_name(std::string_view text) {
  return check_token(text, "a cookie name");
}

Checked check_cookie_path(std::string_view text) {
  if (!text.starts_with('/')) return refuse(quoted(text) + " does not begin with '/'");
  if (std::ranges::any_of(text, [](char c) { return is_control(c) || c == ';'; })) {
    return refuse("a cookie path cannot hold ';' or a control character");
  }
  return std::string(text);
}

Checked check_cookie_domain(std::string_view text) {
  if (text.starts_with('.')) {
    return refuse("a leading dot has no meaning any more", std::string(text.substr(1)));
  }
  if (!is_host_name(text)) return refuse(quoted(text) + " is not a domain name");
  return lower_case(text);
}

Checked check_host_pattern(std::string_view text) {
  if (text == "*") return refuse("to match any host, leave 'hosts' out");
  if (text.size() > 1 && text.ends_with('.')) {
    return refuse("a host has no trailing dot", std::string(text.substr(0, text.size() - 1)));
  }
  const bool wild = text.starts_with("*.");
  const auto host = wild ? text.substr(2) : text;
  if (host.find('*') != std::string_view::npos) {
    return refuse(quoted(text) + ": a wildcard is only possible as a leading '*.'");
  }
  if (wild ? !is_host_name(host) : !is_host(host)) {
    const bool port = host.find(':') != std::string_view::npos && !is_ipv6(host);
    return refuse(quoted(text) + " is not a host name" +
                  (port ? ": hosts are written without a port" : ""));
  }
  return lower_case(text);
}

Checked check_server_name(std::string_view text) {
  if (is_host_name(text) || is_ipv4(text) || is_ipv6(text)) return lower_case(text);
  return refuse(quoted(text) + " is neither a host name nor an IP address");
}

Checked check_host_value(std::string_view text) {
  if (is_host(text)) return lower_case(text);
  const auto address = parse_endpoint_address(text);
  if (address && address->kind != AddressKind::unix_path) return lower_case(text);
  return refuse(quoted(text) + " is not a host, with or without a port");
}

Checked check_method(std::string_view text) {
  auto method = check_token(text, "a method");
  if (!method) return method;
  // Methods are case-sensitive: 'get' would match nothing.
  if (std::ranges::none_of(text, [](char c) { return c >= 'a' && c <= 'z'; })) return method;
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const auto meant = suggest(upper, kMethods);
  return refuse(quoted(text) + ": methods are written in capitals", meant.empty() ? upper : meant);
}

Checked check_path(std::string_view text) {
  if (!text.starts_with('/')) return refuse(quoted(text) + " does not begin with '/'");
  if (text.find_first_of("?#") != std::string_view::npos) {
    return refuse(quoted(text) + ": a path has no '?' or '#'");
  }
  if (std::ranges::any_of(text, [](char c) { return is_control(c) || c == ' '; })) {
    return refuse("a path cannot hold a blank or a control character");
  }
  return std::string(text);
}

Checked check_target(std::string_view text) {
  if (!text.starts_with('/')) return refuse(quoted(text) + " does not begin with '/'");
  if (!is_target(text)) {
    return refuse("a path is made of visible ASCII characters but '#': write others as %XX");
  }
  return std::string(text);
}

Checked check_json_pointer(std::string_view text) {
  if (!text.starts_with('/')) {
    return refuse(quoted(text) + " does not begin with '/', as in /checks/database");
  }
  for (std::size_t at = text.find('~'); at < text.size(); at = text.find('~', at + 1)) {
    const auto escape = text.substr(at + 1, 1);
    if (escape != "0" && escape != "1") {
      return refuse(quoted(text) + ": '~' in a key is written ~0, and '/' is written ~1");
    }
  }
  return std::string(text);
}

Checked check_regex(std::string_view text) {
  if (text.size() > kRegexBytesMax) {
    return refuse("the regular expression is longer than " + std::to_string(kRegexBytesMax) +
                  " bytes");
  }
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 expression(re2::StringPiece(text.data(), text.size()), options);
  if (!expression.ok()) return refuse("not a regular expression: " + expression.error());
  return std::string(text);
}

Checked check_endpoint_address(std::string_view text) {
  const auto address = parse_endpoint_address(text);
  if (!address) return refuse(address.error());
  return std::string(text);
}

Checked check_bind_address(std::string_view text) {
  const auto address = parse_bind_address(text);
  if (!address) return refuse(address.error());
  return std::string(text);
}

Checked check_admin_address(std::string_view text) {
  const auto address = parse_bind_address(text);
  if (!address) return refuse(address.error());
  if (address->kind == AddressKind::unix_path || is_loopback(*address)) return std::string(text);
  return refuse(quoted(text) +
                " can be reached from other hosts, and whoever reaches the admin listener may use "
                "it: write 127.0.0.1:PORT, [::1]:PORT or unix:/path");
}

Checked check_address_block(std::string_view text) {
  if (is_address_block(text)) return std::string(text);
  return refuse(quoted(text) + " is not an address block such as 10.0.0.0/8");
}

Checked check_file_name(std::string_view text) {
  if (!text.empty() && std::ranges::none_of(text, is_control)) return std::string(text);
  return refuse(quoted(text) + " is not a file name");
}

Checked check_url(std::string_view text) {
  const bool secure = text.starts_with("https://");
  if (!secure && !text.starts_with("http://"))
    return Failure{Problem{"a URL begins with https:// or http://"}};
  const std::string_view rest = text.substr(secure ? 8 : 7);
  if (rest.empty() || rest.starts_with('/')) return Failure{Problem{"the URL names no host"}};
  for (const char c : rest)
    if (c <= ' ' || c >= 0x7f) return Failure{Problem{"a URL has visible ASCII characters only"}};
  return std::string(text);
}

}  // namespace sluice::config
