#pragma once
// What single texts of the configuration must look like. Each returns the text, normalised where
// that is its job, or why not.
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/codec.hpp"

namespace sluice::config {

using Checked = Result<std::string, Problem>;

inline constexpr std::size_t kRegexBytesMax = 1'024;

// ASCII letters only.
std::string lower_case(std::string_view text);

// Of listeners, upstreams and routes: they become metric labels and header values.
Checked check_name(std::string_view text);
// Source: RFC 9110 section 5.6.2 (token).
Checked check_header_name(std::string_view text);
// A name that an edit may touch: not one that frames the message or that the proxy itself manages.
Checked check_editable_header(std::string_view text);
// Source: RFC 9110 section 5.5; no control character but tab, so that no value ends its line.
Checked check_header_value(std::string_view text);
// Source: RFC 6265 section 4.1.1.
Checked check_cookie_name(std::string_view text);
Checked check_cookie_path(std::string_view text);
Checked check_cookie_domain(std::string_view text);  // lower-cased
// "shop.example", "*.shop.example" or an IP address, lower-cased.
Checked check_host_pattern(std::string_view text);
// A host with an optional port, as a Host header has it; lower-cased.
Checked check_host_value(std::string_view text);
// A host name or an IP address without brackets; lower-cased.
Checked check_server_name(std::string_view text);
Checked check_method(std::string_view text);
// Begins with '/', is a path only (no query, no blank or control character).
Checked check_path(std::string_view text);
// Begins with '/', may have a query; visible ASCII without '#', as a request line has it.
Checked check_target(std::string_view text);
// A JSON Pointer to some part of a document. Source: RFC 6901 section 3.
Checked check_json_pointer(std::string_view text);
// Compiles with RE2, as routing will compile it.
Checked check_regex(std::string_view text);
Checked check_endpoint_address(std::string_view text);
Checked check_bind_address(std::string_view text);
// A bind address that strangers cannot reach: loopback or a unix socket.
Checked check_admin_address(std::string_view text);
Checked check_address_block(std::string_view text);
Checked check_file_name(std::string_view text);

// What libcurl takes for one URL of http or https, without surprises.
Checked check_url(std::string_view text);

}  // namespace sluice::config
