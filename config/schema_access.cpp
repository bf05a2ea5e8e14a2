// The rows of `access`, of listeners and of routes.
#include <limits>

#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::AccessSpec;
using routing::RateLimitSpec;

Codec<std::vector<std::string>> blocks() {
  return list(text("an address block such as 10.0.0.0/8", {}, check_address_block));
}

Checked check_key_header(std::string_view text) {
  auto name = check_header_name(text);
  return name ? Checked(lower_case(text)) : name;
}

Codec<RateLimitSpec> rate_limit() {
  using R = RateLimitSpec;
  return object<R>(
      {.fields = {
           row("requests", &R::requests, integer(1, 1'000'000),
               "How many requests one client may make in `per`.",
               {.required = true, .example = "100"}),
           row("per", &R::per, duration(milliseconds(1), std::chrono::hours(24)),
               "The time in which they come back, evenly."),
           row("burst", &R::burst, integer(0, 1'000'000),
               "How many may come at once. 0: as many as `requests`."),
           row("header", &R::header, text("a header name", {}, check_key_header),
               "The field whose value tells clients apart. Absent, and for who does not send "
               "it: the client's address, of IPv6 its /64.",
               {.example = "x-api-key"})}});
}

}  // namespace

Codec<AccessSpec> access_codec() {
  using A = AccessSpec;
  return object<A>(
      {.fields = {
           row("allow", &A::allow, blocks(),
               "Addresses of clients that are let in; others are answered 403. Empty: all.",
               {.example = "[10.0.0.0/8]"}),
           row("deny", &A::deny, blocks(), "Addresses that are answered 403, allowed or not.",
               {.example = "[10.6.6.0/24]"}),
           row("rate_limit", &A::rate_limit, rate_limit(),
               "How often one client may come; more is answered 429 with Retry-After.",
               {.example = "{ requests: 100, per: 1s }"})}});
}

}  // namespace sluice::config
