#pragma once
// What a user may write about a listener. Filled by config/, read by proxy/ and app/.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/tls_spec.hpp"
#include "routing/spec.hpp"

namespace sluice::proxy {

using std::chrono::milliseconds;

// What the data plane can hold of one head, whatever a user asks for: `header_bytes` fit into the
// input of one stream, `header_count` into one list of fields.
inline constexpr std::uint32_t kHeaderBytesMax = 64 * 1024;
inline constexpr std::uint32_t kHeaderCountMax = 256;

struct ListenerLimits {
  std::uint32_t header_bytes = 16 * 1024;  // request line and fields together
  std::uint32_t header_count = 100;
  std::uint32_t request_line = 8 * 1024;
  std::uint32_t connections = 10'000;         // over all workers
  std::uint32_t connections_per_client = 0;   // of one address, /64 of IPv6; 0: no such limit
  std::uint32_t requests_per_connection = 0;  // 0: no such limit
  std::uint32_t body_bytes = 0;               // of a request; 0: no such limit
  std::uint32_t body_rate = 128;  // bytes a second that a request body must bring; 0: no such limit
  friend bool operator==(const ListenerLimits&, const ListenerLimits&) = default;
};

struct ListenerTimeouts {
  milliseconds handshake{10'000};  // of the PROXY protocol and TLS, from the accept on, absolute
  milliseconds header{10'000};     // the whole head, absolute
  milliseconds idle{60'000};       // between two requests
  milliseconds body{30'000};       // gap between two receipts of a request body
  milliseconds write{30'000};      // less than 4 KiB taken by the client
  friend bool operator==(const ListenerTimeouts&, const ListenerTimeouts&) = default;
};

// What browsers are told: to come over TLS only (RFC 6797).
struct HstsSpec {
  milliseconds max_age{std::chrono::hours(365 * 24)};
  bool include_subdomains = false;
  bool preload = false;
  friend bool operator==(const HstsSpec&, const HstsSpec&) = default;
};

struct ListenerSpec {
  std::string name;
  std::string bind;  // "0.0.0.0:8080", "[::]:8080", "unix:/path"; port 0: the system picks
  std::vector<std::string> trusted_proxies;   // CIDR blocks or single addresses
  bool debug_header = false;                  // X-Sluice-Upstream / X-Sluice-Reason on responses
  bool proxy_protocol = false;                // trusted proxies say with it whom they bring
  std::optional<ServerTlsSpec> tls;           // absent: plain
  std::optional<HstsSpec> hsts;               // with tls
  bool redirect_http = false;                 // what comes plain is sent to https
  routing::HeaderEditsSpec response_headers;  // of every response; what a route says comes first
  bool forwarded = false;                     // tells upstreams of the client by RFC 7239, too
  routing::AccessSpec access;
  ListenerLimits limits;
  ListenerTimeouts timeouts;
  friend bool operator==(const ListenerSpec&, const ListenerSpec&) = default;
};

}  // namespace sluice::proxy
