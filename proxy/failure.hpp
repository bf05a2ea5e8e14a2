#pragma once
// Everything that can go wrong with one request, and what is done about it: the one table that
// status codes, retries, log labels and metrics read.
#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::proxy {

enum class FailureKind : std::uint8_t {
  none,
  bad_request,
  request_timeout,  // head or body came too slowly
  uri_too_long,
  content_too_large,
  header_too_large,
  expectation_failed,
  method_not_allowed,
  not_implemented,
  version_not_supported,
  no_route,
  https_only,  // sent to https
  denied,      // by an access rule
  rate_limited,
  no_endpoint,
  connect_failed,
  connect_timeout,
  tls_failed,       // no handshake, or the upstream is not who it ought to be
  upstream_closed,  // the connection ended before a response
  response_timeout,
  bad_response,    // malformed or ambiguously framed
  response_cut,    // the connection ended within the body
  route_timeout,   // the route's limit on the whole request
  client_gone,     // reset, or closed before its request was whole
  client_stalled,  // takes no bytes
  overloaded,      // this process has no descriptor, port or memory left
  queue_full,      // the endpoint has all the requests it may have, and as many wait as may
  queue_timeout,   // it had no place in time
  shutdown,
  count
};

// As what a failure counts when it is asked whether to send the request again (proxy/retry.hpp).
enum class Retry : std::uint8_t {
  never,
  connect_failure,  // nothing was sent
  reset,            // something was sent, nothing came back, and the connection is gone
  timeout,          // something was sent, nothing came back in time
  queue_full        // nothing was sent, and the endpoint has not failed
};

// Whose fault it was, for the counters of an endpoint.
enum class Blame : std::uint8_t { nobody, client, upstream };

struct Treatment {
  FailureKind kind;
  std::uint16_t status;  // 0: nobody is left to answer; its words: proxy/reason.hpp
  Retry retry;
  Blame blame;
  std::string_view label;  // metrics, access log, problem+json
};

// clang-format off
inline constexpr std::array kTreatments{
    Treatment{FailureKind::none,                   0,   Retry::never,           Blame::nobody,    "none"},
    Treatment{FailureKind::bad_request,            400, Retry::never,           Blame::client,    "bad_request"},
    Treatment{FailureKind::request_timeout,        408, Retry::never,           Blame::client,    "request_timeout"},
    Treatment{FailureKind::uri_too_long,           414, Retry::never,           Blame::client,    "uri_too_long"},
    Treatment{FailureKind::content_too_large,      413, Retry::never,           Blame::client,    "content_too_large"},
    Treatment{FailureKind::header_too_large,       431, Retry::never,           Blame::client,    "header_too_large"},
    Treatment{FailureKind::expectation_failed,     417, Retry::never,           Blame::client,    "expectation_failed"},
    Treatment{FailureKind::method_not_allowed,     405, Retry::never,           Blame::client,    "method_not_allowed"},
    Treatment{FailureKind::not_implemented,        501, Retry::never,           Blame::client,    "not_implemented"},
    Treatment{FailureKind::version_not_supported,  505, Retry::never,           Blame::client,    "version_not_supported"},
    Treatment{FailureKind::no_route,               404, Retry::never,           Blame::client,    "no_route"},
    Treatment{FailureKind::https_only,             308, Retry::never,           Blame::client,    "https_only"},
    Treatment{FailureKind::denied,                 403, Retry::never,           Blame::client,    "denied"},
    Treatment{FailureKind::rate_limited,           429, Retry::never,           Blame::client,    "rate_limited"},
    Treatment{FailureKind::no_endpoint,            503, Retry::never,           Blame::upstream,  "no_endpoint"},
    Treatment{FailureKind::connect_failed,         502, Retry::connect_failure, Blame::upstream,  "connect_failed"},
    Treatment{FailureKind::connect_timeout,        504, Retry::connect_failure, Blame::upstream,  "connect_timeout"},
    Treatment{FailureKind::tls_failed,             502, Retry::connect_failure, Blame::upstream,  "tls_failed"},
    Treatment{FailureKind::upstream_closed,        502, Retry::reset,           Blame::upstream,  "upstream_closed"},
    Treatment{FailureKind::response_timeout,       504, Retry::timeout,         Blame::upstream,  "response_timeout"},
    Treatment{FailureKind::bad_response,           502, Retry::never,           Blame::upstream,  "bad_response"},
    Treatment{FailureKind::response_cut,           502, Retry::never,           Blame::upstream,  "response_cut"},
    Treatment{FailureKind::route_timeout,          504, Retry::never,           Blame::upstream,  "route_timeout"},
    Treatment{FailureKind::client_gone,            0,   Retry::never,           Blame::client,    "client_gone"},
    Treatment{FailureKind::client_stalled,         0,   Retry::never,           Blame::client,    "client_stalled"},
    Treatment{FailureKind::overloaded,             503, Retry::never,           Blame::nobody,    "overloaded"},
    Treatment{FailureKind::queue_full,             503, Retry::queue_full,      Blame::nobody,    "queue_full"},
    Treatment{FailureKind::queue_timeout,          503, Retry::never,           Blame::nobody,    "queue_timeout"},
    Treatment{FailureKind::shutdown,               503, Retry::never,           Blame::nobody,    "shutdown"},
};
// clang-format on

inline constexpr std::size_t kFailureCount = static_cast<std::size_t>(FailureKind::count);

consteval bool treatments_are_in_order() {
  for (std::size_t i = 0; i < kTreatments.size(); ++i)
    if (kTreatments[i].kind != static_cast<FailureKind>(i)) return false;
  return kTreatments.size() == kFailureCount;
}
static_assert(treatments_are_in_order(), "one row per FailureKind, in order");

constexpr const Treatment& treatment_of(FailureKind kind) noexcept {
  return kTreatments[static_cast<std::size_t>(kind)];
}

}  // namespace sluice::proxy
