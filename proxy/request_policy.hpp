#pragma once
// Decides what a well-formed request head means, or refuses it because two readers could disagree:
// framing, Host, target form, Connection options, Expect, Upgrade. Marks what is not forwarded.
//
// Path:   hot.   Pure: no socket, no clock.
// Source: design rows 6-9, 13, 14, 18-21, 29; RFC 9112 sections 3.2, 6; RFC 9110 sections 7.6, 7.8.
#include <string_view>

#include "proxy/failure.hpp"
#include "proxy/message.hpp"

namespace sluice::proxy {

struct PolicyVerdict {
  FailureKind failure = FailureKind::none;
  std::string_view detail;  // static text, for the client
};

// Fills everything of `head` that the parser left open.
PolicyVerdict apply_request_policy(RequestHead& head) noexcept;

// Parts of it, for tables in tests and for responses.
// Digits alone, at most 2^63-1; leading zeros are harmless. Errors: false.
bool parse_content_length(std::string_view text, std::uint64_t& out) noexcept;
bool is_valid_authority(std::string_view text) noexcept;  // host[:port], no userinfo

// Cuts the next element off a comma-separated list; empty elements are skipped. Empty: no more.
std::string_view next_element(std::string_view& list) noexcept;

// Options of all Connection fields. Drops the fields that they name, but never those that framing,
// routing or security rest on (design row 20).
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool too_many = false;  // each may cost a look at every field
};
// In requests also drops names that a CGI-like backend would read as another field's (row 21).
ConnectionOptions read_connection_options(FieldList& fields, bool of_request) noexcept;

}  // namespace sluice::proxy
