// The rows of `admin` and `listeners`.
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using proxy::ListenerLimits;
using proxy::ListenerSpec;
using proxy::ListenerTimeouts;
using std::chrono::hours;

Codec<std::string> bind_address() {
  return text("an address, IP:PORT or unix:/path", {}, check_bind_address);
}

void check_limits(const Tree& tree, Reader& reader, ListenerLimits& it) {
  if (it.request_line <= it.header_bytes) return;
  reader.error(place_at(tree, tree.find("request_line") ? "request_line" : "header_bytes"),
               "request_line cannot be larger than header_bytes, which counts it");
}

Codec<ListenerLimits> limits() {
  using L = ListenerLimits;
  return object<L>(
      {.fields =
           {row("header_bytes", &L::header_bytes, size(1'024, proxy::kHeaderBytesMax),
                "Request line and header fields together; more is answered with 431."),
            row("header_count", &L::header_count, integer(1, proxy::kHeaderCountMax),
                "Header fields of a request; more is answered with 431."),
            row("request_line", &L::request_line, size(64, proxy::kHeaderBytesMax),
                "The request line; longer is answered with 414."),
            row("connections", &L::connections, integer(1, 1'000'000),
                "Open client connections, over all workers. Any beyond it is closed at once."),
            row("connections_per_client", &L::connections_per_client, integer(0, 1'000'000),
                "Open connections of one client address (of an IPv6 client its /64). "
                "0: no such limit."),
            row("requests_per_connection", &L::requests_per_connection, integer(0, 1'000'000'000),
                "Requests after which a client connection is closed. 0: no such limit."),
            row("body_rate", &L::body_rate, size(0, 1'000'000'000),
                "Bytes a second that a request body must bring, over all the time that was "
                "spent waiting for it beyond `timeouts.body`. 0: no such limit.")},
       .check = check_limits});
}

Codec<ListenerTimeouts> timeouts() {
  using T = ListenerTimeouts;
  const auto some = duration(milliseconds(1), hours(24));
  return object<T>(
      {.fields = {
           row("handshake", &T::handshake, some,
               "What comes before the first request, the handshake of TLS, must be over by then."),
           row("header", &T::header, some,
               "The whole head of a request must have arrived by then."),
           row("idle", &T::idle, some, "How long a connection may wait between requests."),
           row("body", &T::body, some, "The longest gap between two parts of a request body."),
           row("write", &T::write, some,
               "How long a client may take to read 4 KiB of a response.")}});
}

}  // namespace

Codec<admin::AdminSpec> admin_codec() {
  return object<admin::AdminSpec>(
      {.fields =
           {row("listen", &admin::AdminSpec::listen,
                text("a loopback address, IP:PORT, or unix:/path", {}, check_admin_address),
                "Where the admin listener is: a loopback address and port, or a unix socket. "
                "Others are refused until it speaks TLS.",
                {.required = true, .example = "127.0.0.1:9901"}),
            row("tokens_file", &admin::AdminSpec::tokens_file,
                text("a file name", {}, check_file_name),
                "Who may do what: lines `name:role:sha256-hex` with the role viewer, operator "
                "or admin (`sluice token new NAME ROLE` makes one). Read anew when it changes. "
                "Absent: reading is open, and writing needs the token that is printed at "
                "start. Named relative to the configuration file.",
                {.example = "/etc/sluice/tokens"})},
       .check = [](const Tree&, Reader& reader, admin::AdminSpec& it) {
         if (!it.tokens_file.empty())
           it.tokens_file = resolve_file(it.tokens_file, reader.report().source().name());
       }});
}

Codec<ListenerSpec> listener_codec() {
  using L = ListenerSpec;
  return object<L>(
      {.fields = {row("name", &L::name, text("a name", "^[A-Za-z0-9_.-]{1,64}$", check_name),
                      "Name in metrics and logs. Names of listeners differ.",
                      {.example = "edge", .shown_default = "listenerN, counted from 1"}),
                  row("bind", &L::bind, bind_address(),
                      "The address to listen on: `0.0.0.0:8080`, `\"[::]:8080\"` or `unix:/path`. "
                      "Port 0 lets the system pick.",
                      {.required = true, .example = "0.0.0.0:8080"}),
                  row("trusted_proxies", &L::trusted_proxies,
                      list(text("an address block such as 10.0.0.0/8", {}, check_address_block)),
                      "Peers whose X-Forwarded-* headers are believed: blocks or single addresses.",
                      {.example = "[10.0.0.0/8]"}),
                  row("debug_header", &L::debug_header, boolean(),
                      "Adds X-Sluice-Upstream and X-Sluice-Reason to responses."),
                  row("tls", &L::tls, server_tls_codec(), "Speaks TLS. Absent: plain.",
                      {.example = "{ certificates: [{ cert: site.pem, key: site.key }] }"}),
                  row("limits", &L::limits, limits(), "What a client may send."),
                  row("timeouts", &L::timeouts, timeouts(), "How slow a client may be.")},
       .later = {"proxy_protocol"}});
}

}  // namespace sluice::config
