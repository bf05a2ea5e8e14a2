// The rows of `admin` and `listeners`.
#include <limits>

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
            row("body_bytes", &L::body_bytes, size(0, std::numeric_limits<std::uint32_t>::max()),
                "The body of a request; more is answered with 413. 0: no such limit."),
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

Codec<proxy::HstsSpec> hsts() {
  using H = proxy::HstsSpec;
  return object<H>({.fields = {row("max_age", &H::max_age, duration(milliseconds(0), hours(87'600)),
                                   "For how long browsers keep to it; 0 takes it back."),
                               row("include_subdomains", &H::include_subdomains, boolean(),
                                   "For all names below this one, too."),
                               row("preload", &H::preload, boolean(),
                                   "Agrees to be put on the lists that browsers come with.")}});
}

void check_listener(const Tree& tree, Reader& reader, ListenerSpec& it) {
  const Member* const hsts = tree.find("hsts");
  if (hsts != nullptr && !it.tls)
    reader.key_error(hsts->place, "hsts", "'hsts' has a meaning only with tls");
  for (const auto& [name, value] : it.response_headers.set)
    if (hsts != nullptr && lower_case(name) == "strict-transport-security")
      reader.key_error(hsts->place, "hsts", "'hsts' and response_headers say the same");
  const Member* const accepts = tree.find("proxy_protocol");
  if (accepts != nullptr && it.proxy_protocol && it.trusted_proxies.empty())
    reader.key_error(accepts->place, "proxy_protocol",
                     "'proxy_protocol: accept' believes trusted_proxies, and there are none");
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
      {.fields =
           {row("name", &L::name, text("a name", "^[A-Za-z0-9_.-]{1,64}$", check_name),
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
            row("proxy_protocol", &L::proxy_protocol,
                choice<bool>({{"off", false}, {"accept", true}}),
                "Whether trusted proxies say with the PROXY protocol, version 1 or 2, whom "
                "they bring; then they must. Whoever else sends it is refused."),
            row("debug_header", &L::debug_header, boolean(),
                "Adds X-Sluice-Upstream and X-Sluice-Reason to responses."),
            row("tls", &L::tls, server_tls_codec(), "Speaks TLS. Absent: plain.",
                {.example = "{ certificates: [{ cert: site.pem, key: site.key }] }"}),
            row("hsts", &L::hsts, hsts(),
                "Adds Strict-Transport-Security to responses over TLS. Absent: no word of it. "
                "An upstream's own comes first, and counts.",
                {.example = "{ include_subdomains: true }"}),
            row("redirect_http", &L::redirect_http, boolean(),
                "Answers requests that come without TLS with 308 to the same URL over https. "
                "A trusted proxy that says `X-Forwarded-Proto: https` is believed."),
            row("response_headers", &L::response_headers, header_edits_codec(),
                "Header edits on every response, our own answers too. What a route sets or "
                "removes with `rewrite.response_headers` is left to it.",
                {.example = "{ set: { x-content-type-options: nosniff }, remove: [server] }"}),
            row("forwarded", &L::forwarded, boolean(),
                "Tells upstreams with `Forwarded` (RFC 7239), too, who the client is. What "
                "trusted proxies say with it is continued; what others say is dropped always."),
            row("access", &L::access, access_codec(),
                "Which clients may come, and how often. The client is who trusted proxies say "
                "it is."),
            row("limits", &L::limits, limits(), "What a client may send."),
            row("timeouts", &L::timeouts, timeouts(), "How slow a client may be.")},
       .check = check_listener});
}

}  // namespace sluice::config
