// The rows of `upstreams`.
#include <algorithm>
#include <limits>

#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::Balance;
using routing::EndpointSpec;
using routing::KeySource;
using routing::PoolSpec;
using routing::UpstreamSpec;
using std::chrono::hours;
using std::chrono::minutes;

Codec<EndpointSpec> endpoint() {
  using E = EndpointSpec;
  const auto address = text("an address, HOST:PORT or unix:/path", {}, check_endpoint_address);
  return with_shorthand(
      object<E>({.fields = {row("address", &E::address, address,
                                "`HOST:PORT`, `\"[v6]:PORT\"` or `unix:/path`.",
                                {.required = true, .example = "127.0.0.1:9001"}),
                            row("weight", &E::weight,
                                integer(0, std::numeric_limits<std::int32_t>::max()),
                                "Share of the upstream's requests, relative to its neighbours; 0 "
                                "takes none.")}}),
      &E::address, address);
}

Codec<PoolSpec> pool() {
  using P = PoolSpec;
  return object<P>(
      {.fields = {row("max_idle_per_endpoint", &P::max_idle_per_endpoint, integer(0, 65'536),
                      "Idle connections kept for each endpoint, per worker; 0 keeps none."),
                  row("idle_timeout", &P::idle_timeout, duration(milliseconds(1), hours(24)),
                      "An idle connection is closed after this. Keep it below the endpoint's own "
                      "keep-alive timeout.")}});
}

Field<UpstreamSpec> hash_key_row() {
  using U = UpstreamSpec;
  return only_if(
      [](const U& it) { return it.balance == Balance::consistent_hash; },
      inner(
          "hash_key",
          object<U>({.fields = {key_name_row("cookie", KeySource::cookie, &U::hash_key,
                                             text("a cookie name", {}, check_cookie_name),
                                             "The value of this cookie.", {.example = "session"}),
                                key_name_row("header", KeySource::header, &U::hash_key,
                                             text("a header name", {}, check_header_name),
                                             "The value of this header.", {.example = "x-user-id"}),
                                key_row("client_ip", KeySource::client_ip, &U::hash_key,
                                        "The address of the client."),
                                key_row("path", KeySource::path, &U::hash_key,
                                        "The path of the request.")},
                     .groups = {{{"cookie", "header", "client_ip", "path"}}}}),
          "What `balance: consistent_hash` hashes; exactly one of these. The client's address "
          "unless given.",
          {.example = "{ header: x-user-id }"}));
}

// A socket's path is no name that a certificate could be for.
void check_names_of_tls(const Tree& tree, Reader& reader, const UpstreamSpec& it) {
  if (!it.tls || !it.tls->server_name.empty() || !it.tls->verify) return;
  const bool nameless = std::ranges::any_of(
      it.endpoints, [](const EndpointSpec& one) { return one.address.starts_with("unix:"); });
  if (!nameless) return;
  const auto step = reader.enter("tls");
  reader.error(place_at(tree, "tls"),
               "an endpoint at a unix socket has no name of its own: server_name is needed");
}

void check_upstream(const Tree& tree, Reader& reader, UpstreamSpec& it) {
  const Member* key = tree.find("hash_key");
  if (key && it.balance != Balance::consistent_hash) {
    reader.key_error(key->place, "hash_key",
                     "'hash_key' has a meaning only with balance: consistent_hash");
  }
  check_names_of_tls(tree, reader, it);
  const Member* endpoints = tree.find("endpoints");
  for (std::size_t i = 0; i < it.endpoints.size(); ++i) {
    const auto& address = it.endpoints[i].address;
    const auto seen = std::ranges::find(it.endpoints, address, &EndpointSpec::address);
    if (address.empty() || static_cast<std::size_t>(seen - it.endpoints.begin()) == i) continue;
    const auto step = reader.enter("endpoints");
    const auto inner_step = reader.enter(i);
    reader.error(endpoints->value.items[i].place,
                 "endpoint " + address + " is listed twice; give it a weight instead");
  }
}

}  // namespace

Codec<UpstreamSpec> upstream_codec() {
  using U = UpstreamSpec;
  return object<U>(
      {.fields =
           {row("endpoints", &U::endpoints, list(endpoint(), 1),
                "The servers: each an address, or a map with address and weight.",
                {.required = true, .example = "[127.0.0.1:9001]"}),
            row("balance", &U::balance,
                choice<Balance>({{"round_robin", Balance::round_robin},
                                 {"least_request", Balance::least_request},
                                 {"consistent_hash", Balance::consistent_hash}}),
                "How an endpoint is picked: in turn by weight, the less busy of two, or by "
                "the hash of a key."),
            hash_key_row(),
            row("connect_timeout", &U::connect_timeout, duration(milliseconds(1), minutes(10)),
                "How long opening a connection may take."),
            row("response_timeout", &U::response_timeout, duration(milliseconds(1), hours(24)),
                "Until the head of the response, and between two parts of its body."),
            row("pool", &U::pool, pool(), "Connections kept open between requests."),
            row("tls", &U::tls, client_tls_codec(),
                "Speaks TLS to the endpoints, checks of health too; `{}` is enough where the "
                "system trusts them. Absent: plain.",
                {.example = "{ ca: ca.pem, server_name: app.internal }"}),
            row("send_proxy", &U::send_proxy,
                choice<routing::SendProxy>({{"off", routing::SendProxy::off},
                                            {"v1", routing::SendProxy::v1},
                                            {"v2", routing::SendProxy::v2}}),
                "Says with the PROXY protocol who the client is. A connection then serves one "
                "request: the next may be another client's."),
            row("limits", &U::limits, limits_codec(),
                "How much each endpoint gets at a time; what is more waits, then gets 503. "
                "Without it: as much as there is.",
                {.example = "{ max_requests: 100 }"}),
            row("health", &U::health, health_codec(),
                "Asks each endpoint from time to time whether it is fit for traffic. Absent: "
                "all are taken to be."),
            row("outlier", &U::outlier, outlier_codec(),
                "Takes endpoints out for a while that fail the traffic itself. Absent: none "
                "is."),
            row("slow_start", &U::slow_start, duration(milliseconds(0), hours(1)),
                "How long it takes an endpoint that came back, or joined others, to get its "
                "full share of requests. It begins with a tenth of it."),
            row("panic_threshold", &U::panic_threshold, ratio(),
                "With a smaller share of its endpoints fit for traffic than this, all are "
                "used: those that are left would be overrun. 0%: never.")},
       .check = check_upstream});
}

}  // namespace sluice::config
