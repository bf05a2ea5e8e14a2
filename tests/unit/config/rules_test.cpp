// One small mistake each, and the sentence it earns.
#include <gtest/gtest.h>

#include "tests/support/config_text.hpp"

namespace sluice::config {
namespace {

struct Case {
  std::string lines;
  std::string message;  // empty: valid
  std::string suggestion = {};
};

void check(const std::vector<Case>& cases, std::string (*around)(const std::string&)) {
  for (const auto& it : cases) {
    const auto loaded = load(around(it.lines));
    if (it.message.empty()) {
      EXPECT_TRUE(loaded.ok()) << it.lines << (loaded ? "" : format_text(loaded.error()));
      continue;
    }
    ASSERT_FALSE(loaded.ok()) << it.lines;
    EXPECT_EQ(loaded.error()[0].message, it.message) << it.lines;
    EXPECT_EQ(loaded.error()[0].suggestion, it.suggestion) << it.lines;
    EXPECT_EQ(loaded.error().size(), 1U) << format_text(loaded.error());
  }
}

TEST(Rules, OfRoutes) {
  check(
      {
          {"    name: a b\n",
           "routes[0].name: 'a b' is not a name: 1 to 64 letters, digits, '_', '.' or '-'"},
          {"    match: { path: { prefix: api } }\n",
           "routes[0].match.path.prefix: 'api' does not begin with '/'"},
          {"    match: { path: { exact: \"/a?b\" } }\n",
           "routes[0].match.path.exact: '/a?b': a path has no '?' or '#'"},
          {"    match: { path: { regex: \"(\" } }\n",
           "routes[0].match.path.regex: not a regular expression: missing ): ("},
          {"    match: { path: { regex: \"" + std::string(1'025, 'a') + "\" } }\n",
           "routes[0].match.path.regex: the regular expression is longer than 1024 bytes"},
          {"    match: { path: {} }\n",
           "routes[0].match.path: one of 'prefix', 'exact' or 'regex' is needed"},
          {"    match: { hosts: [\"a.example:80\"] }\n",
           "routes[0].match.hosts[0]: 'a.example:80' is not a host name: hosts are written without "
           "a port"},
          {"    match: { hosts: [a.example.] }\n",
           "routes[0].match.hosts[0]: a host has no trailing dot", "a.example"},
          {"    match: { hosts: [\"a.*.example\"] }\n",
           "routes[0].match.hosts[0]: 'a.*.example': a wildcard is only possible as a leading "
           "'*.'"},
          {"    match: { hosts: [\"[::1]\", \"*.a\", B] }\n", ""},
          {"    match: { methods: [pots] }\n",
           "routes[0].match.methods[0]: 'pots': methods are written in capitals", "POST"},
          {"    match: { headers: [{ name: x, present: false }] }\n",
           "routes[0].match.headers[0].present: 'false' is not one of true"},
          {"    when_unavailable: redistibute\n",
           "routes[0].when_unavailable: 'redistibute' is not one of redistribute, fail, "
           "fallback:UPSTREAM",
           "redistribute"},
          {"    when_unavailable: \"fallback:bleu\"\n",
           "routes[0].when_unavailable: no upstream is named 'bleu'", "blue"},
          {"    overrides: [{ upstream: blue }]\n",
           "routes[0].overrides[0]: one of 'header' or 'cookie' is needed"},
          {"    overrides: [{ cookie: { name: \"a=b\", present: true }, upstream: blue }]\n",
           "routes[0].overrides[0].cookie.name: 'a=b' is not a cookie name: only letters, digits "
           "and !#$%&'*+-.^_`|~"},
          {"    mirror: {}\n", "'mirror' is not available in this version"},
          {"    guard: {}\n",
           "'baseline' is missing in routes[0].guard; for example baseline: blue"},
          {"    guard: { baseline: bleu }\n", "'bleu' is not in the split", "blue"},
          {"    guard: { baseline: blue, false_revert_probability: 0% }\n",
           "false_revert_probability must be over 0% and at most 50%"},
          {"    guard: { baseline: blue, errors: { max: 1%, floor: 2% } }\n",
           "max must not be below floor"},
          {"    guard: { baseline: blue, latency: [{ quantile: 0.2 }] }\n",
           "quantile must be between 0.5 and 0.999"},
      },
      with_route);
}

TEST(Rules, OfRetries) {
  check(
      {
          {"    retry: {}\n", ""},
          {"    retry: { attempts: 0, on: [], budget: 0% }\n", ""},
          {"    retry: { on: [connect_failure, reset, timeout, \"502-504\", 429] }\n", ""},
          {"    retry: { attempts: 6 }\n", "routes[0].retry.attempts: '6' is out of range: 0 to 5"},
          {"    retry: { on: [conect_failure] }\n",
           "routes[0].retry.on[0]: 'conect_failure' is not one of connect_failure, reset, timeout, "
           "502-504",
           "connect_failure"},
          {"    retry: { on: [\"504-502\"] }\n",
           "routes[0].retry.on[0]: '504-502' is not a range of status codes: '502' is out of "
           "range: 504 to 599"},
          {"    retry: { on: [200] }\n",
           "routes[0].retry.on[0]: '200' is not a range of status codes: '200' is out of range: "
           "400 to 599"},
          {"    retry: { other_upstream: bleu }\n",
           "routes[0].retry.other_upstream: no upstream is named 'bleu'", "blue"},
      },
      with_route);
}

TEST(Rules, OfRewrites) {
  check(
      {
          {"    rewrite: { path_prefix: /v2 }\n",
           "'path_prefix' replaces what match.path.prefix matched; this route has none"},
          {"    match: { path: { exact: /a } }\n    rewrite: { path_prefix: /v2 }\n",
           "'path_prefix' replaces what match.path.prefix matched; this route has none"},
          {"    match: { path: { prefix: /a } }\n    rewrite: { path_prefix: /v2 }\n", ""},
          {"    match: { path: { prefix: /a } }\n    rewrite: { path_prefix: v2 }\n",
           "routes[0].rewrite.path_prefix: 'v2' does not begin with '/'"},
          {"    rewrite: { host: \"a b\" }\n",
           "routes[0].rewrite.host: 'a b' is not a host, with or without a port"},
          {"    rewrite: { request_headers: { set: { HOST: a } } }\n",
           "routes[0].rewrite.request_headers.set.HOST: 'Host' is changed with rewrite.host"},
          {"    rewrite: { response_headers: { add: { Content-Length: 1 } } }\n",
           "routes[0].rewrite.response_headers.add.Content-Length: 'Content-Length' is managed by "
           "the proxy and cannot be edited"},
          {"    rewrite: { request_headers: { remove: [transfer-encoding] } }\n",
           "routes[0].rewrite.request_headers.remove[0]: 'transfer-encoding' is managed by the "
           "proxy and cannot be edited"},
          {"    rewrite: { request_headers: { set: { x: \"a\\r\\nb\" } } }\n",
           "routes[0].rewrite.request_headers.set.x: a header value cannot hold a line break or "
           "another control character"},
          {"    rewrite: { request_headers: { set: { x: a, X: b } } }\n",
           "routes[0].rewrite.request_headers.set.X: header names compare without case: given "
           "twice"},
      },
      with_route);
}

TEST(Rules, OfStickiness) {
  check(
      {
          {"    sticky: { cookie: a, header: b }\n",
           "'header' and 'cookie' exclude each other in routes[0].sticky"},
          {"    sticky: { header: b, secure: true }\n",
           "'secure' is an attribute of a cookie; this route does not stick by cookie"},
          {"    sticky: { same_site: none }\n",
           "routes[0].sticky.same_site: browsers drop a cookie with same_site: none unless secure: "
           "true"},
          {"    sticky: { same_site: none, secure: true }\n", ""},
          {"    sticky: { cookie: __Host-a }\n",
           "routes[0].sticky.cookie: a cookie named __Host-a needs secure: true"},
          {"    sticky: { cookie: __Host-a, secure: true, domain: a.example }\n",
           "routes[0].sticky.cookie: a cookie named __Host-a needs path: / and no domain"},
          {"    sticky: { domain: .a.example }\n",
           "routes[0].sticky.domain: a leading dot has no meaning any more", "a.example"},
          {"    sticky: { path: \"/;x\" }\n",
           "routes[0].sticky.path: a cookie path cannot hold ';' or a control character"},
          {"    sticky: { ttl: 0s }\n", "routes[0].sticky.ttl: '0s' is out of range: 1s to 8760h"},
          {"    sticky: { client_ip: { x: 1 } }\n",
           "unknown key 'x' in routes[0].sticky.client_ip"},
      },
      with_route);
}

TEST(Rules, OfListeners) {
  check(
      {
          {"    name: ''\n",
           "listeners[0].name: '' is not a name: 1 to 64 letters, digits, '_', '.' or '-'"},
          {"    trusted_proxies: [10.0.0.0/33]\n",
           "listeners[0].trusted_proxies[0]: '10.0.0.0/33' is not an address block such as "
           "10.0.0.0/8"},
          {"    limits: { header_bytes: 1KiB }\n",
           "listeners[0].limits: request_line cannot be larger than header_bytes, which counts it"},
          {"    limits: { header_bytes: 2GiB }\n",
           "listeners[0].limits.header_bytes: '2GiB' is out of range: 1KiB to 64KiB"},
          {"    limits: { header_bytes: 64KiB, header_count: 256 }\n", ""},
          {"    limits: { header_bytes: 65KiB }\n",
           "listeners[0].limits.header_bytes: '65KiB' is out of range: 1KiB to 64KiB"},
          {"    limits: { header_count: 257 }\n",
           "listeners[0].limits.header_count: '257' is out of range: 1 to 256"},
          {"    timeouts: { idle: 0 }\n",
           "listeners[0].timeouts.idle: '0' is out of range: 1ms to 24h"},
          {"    tls: {}\n",
           "'certificates' is missing in listeners[0].tls; for example certificates: [{ cert: "
           "site.pem, key: "
           "site.key }]"},
          {"    proxy_protocol: off\n", ""},
          {"    proxy_protocol: accept\n",
           "'proxy_protocol: accept' believes trusted_proxies, and there are none"},
          {"    hsts: {}\n", "'hsts' has a meaning only with tls"},
          {"    redirect_http: true\n", ""},
          {"  - bind: 0.0.0.0:8080\n",
           "listeners[1].bind: address '0.0.0.0:8080' is already used on line 3"},
          {"  - { name: listener1, bind: \"127.0.0.1:0\" }\n",
           "listeners[1].name: listener name 'listener1' is already used on line 3"},
          {"    timeouts: [1]\n", "listeners[0].timeouts: expected a map, found a list"},
          {"    trusted_proxies: 10.0.0.0/8\n",
           "listeners[0].trusted_proxies: expected a list, found a plain value; write "
           "[10.0.0.0/8]"},
      },
      with_listener);
}

TEST(Rules, OfTheTop) {
  check(
      {
          {"admin: { listen: \"0.0.0.0:9901\" }\n",
           "admin.listen: '0.0.0.0:9901' can be reached from other hosts, and whoever reaches the "
           "admin listener may use it: write 127.0.0.1:PORT, [::1]:PORT or unix:/path"},
          {"admin: { listen: \"[::1]:9901\" }\n", ""},
          {"admin: { listen: unix:/run/sluice.sock }\n", ""},
          {"admin: {}\n", "'listen' is missing in admin; for example listen: 127.0.0.1:9901"},
          {"admin: { listen: \"127.0.0.1:9901\", tokens_file: x }\n", ""},
          {"workers: 0\n", "workers: '0' is out of range: 1 to 1024"},
          {"workers: many\n", "workers: 'many' is not a number"},
          {"drain_timeout: 0s\n", ""},
          {"state: {}\n", "'path' is missing in state; for example path: /var/lib/sluice/state.db"},
          {"access_log: {}\n", ""},
          {"access_log: { path: log, format: combined, sample: 5% }\n", ""},
          {"access_log: { format: jsn }\n",
           "access_log.format: 'jsn' is not one of json, combined, off", "json"},
          {"access_log: { path: \"\" }\n", "access_log.path: '' is not a file name"},
          {"access_log: { sample: 2 }\n",
           "access_log.sample: '2' is not a share: write 5% or 0.05, between 0 and 1"},
          {"tracing: {}\n",
           "'otlp' is missing in tracing; for example otlp: \"http://127.0.0.1:4318\""},
          {"tracing: { otlp: \"http://127.0.0.1:4318\", sample: 1% }\n", ""},
          {"tracing: { otlp: \"grpc://127.0.0.1:4317\" }\n",
           "tracing.otlp: a URL begins with https:// or http://"},
          {"rollouts: []\n", ""},
          {"rollouts: [{ route: nobody, stable: blue, canary: blue, steps: [{ pause: 1s }] }]\n",
           "rollouts[0].route: no route is named 'nobody'"},
      },
      with_top);
}

TEST(Rules, OfHooksAndMetricsOfRollouts) {
  const auto with_rollout = [](const std::string& more) {
    return "version: 1\nlisteners: [{ bind: 0.0.0.0:1 }]\n"
           "upstreams: { a: { endpoints: [\"a:1\"] }, b: { endpoints: [\"b:1\"] } }\n"
           "routes: [{ name: shop, split: { a: 1, b: 0 } }]\nrollouts:\n  - { route: shop, "
           "stable: a, canary: b, steps: [{ pause: 1s }], " +
           more + " }\n";
  };
  const std::string metric = "name: x, prometheus: \"http://p:9090\", query: up";
  check(
      {
          {"hooks: [{ type: rollback, url: \"https://h/\", timeout: 3s }]", ""},
          {"hooks: [{ type: rolback, url: \"https://h/\" }]",
           "rollouts[0].hooks[0].type: 'rolback' is not one of pre_rollout, "
           "confirm_traffic_increase, confirm_promotion, rollback, post_rollout, event",
           "rollback"},
          {"hooks: [{ type: event, url: \"ftp://h/\" }]",
           "rollouts[0].hooks[0].url: a URL begins with https:// or http://"},
          {"external: [{ " + metric + ", success: \"result >= 1\", failure_limit: 3 }]", ""},
          {"external: [{ " + metric + " }]",
           "rollouts[0].external[0]: say what is wanted: success, failure or both"},
          {"external: [{ " + metric + ", success: \"x >= 1\" }]",
           "rollouts[0].external[0].success: 'x >= 1' does not begin with result: write 'result "
           ">= 0.95'"},
          {"external: [{ " + metric + ", failure: \"result > 1\" }, { " + metric +
               ", failure: \"result > 2\" }]",
           "rollouts[0].external[1]: another metric is named 'x'"},
      },
      with_rollout);
}

TEST(Rules, OfExperiments) {
  const auto with_experiment = [](const std::string& more) {
    return "version: 1\nlisteners: [{ bind: 0.0.0.0:1 }]\n"
           "upstreams: { a: { endpoints: [\"a:1\"] }, b: { endpoints: [\"b:1\"] } }\n"
           "routes: [{ name: shop, sticky: { cookie: s }, split: { a: 1, b: 0 } }, { name: plain, "
           "match: { hosts: [x.example] }, split: { a: 1, b: 1 } }, { name: pinned, match: { "
           "hosts: "
           "[y.example] }, sticky: { cookie: t, on_revert: keep }, split: { a: 1, b: 1 } }]\n"
           "experiments:\n  - { name: button, control: a, " +
           more + " }\n";
  };
  check(
      {
          {"route: shop, split: { a: 1, b: 1 }, conversions: [buy]", ""},
          {"route: nobody, split: { a: 1, b: 1 }, conversions: [buy]",
           "experiments[0].route: no route is named 'nobody'"},
          {"route: plain, split: { a: 1, b: 1 }, conversions: [buy]",
           "experiments[0].route: route 'plain' is not sticky: its users would see now one arm, "
           "now "
           "another"},
          {"route: pinned, split: { a: 1, b: 1 }, conversions: [buy]",
           "experiments[0].route: route 'pinned' keeps its pins (on_revert: keep): users that were "
           "placed before would be counted as placed by this split"},
          {"route: shop, split: { a: 1 }, conversions: [buy]",
           "experiments[0].split: an experiment has two arms at least"},
          {"route: shop, split: { a: 1, b: 0 }, conversions: [buy]",
           "experiments[0].split: an arm without weight has no users to count"},
          {"route: shop, split: { a: 1, b: 1 }, conversions: [exposure]",
           "experiments[0].conversions: 'exposure' is the event that a user sees an arm: another "
           "name"},
          {"route: shop, split: { a: 1, b: 1 }, conversions: [buy], confidence: 10%",
           "experiments[0].confidence: confidence must be between 50% and 99.9%"},
      },
      with_experiment);
}

TEST(Rules, AdminAndListenersHaveAddressesOfTheirOwn) {
  const auto loaded = load(with_listener("  - bind: \"127.0.0.1:9901\"\n") +
                           "admin: { listen: \"127.0.0.1:9901\" }\n");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error()[0].message,
            "listeners[1].bind: address '127.0.0.1:9901' is already used on line 10");
}

std::string with_upstream(const std::string& lines) {
  return "version: 1\nlisteners: [{ bind: 0.0.0.0:1 }]\nroutes: [{ split: { a: 1 } }]\n"
         "upstreams:\n  a:\n" +
         lines;
}

TEST(Rules, OfUpstreams) {
  const std::string good = "    endpoints: [\"a:1\"]\n";
  check(
      {
          {good, ""},
          {"    endpoints: []\n", "upstreams.a.endpoints: at least one is needed"},
          {"    endpoints: [\"a:1\", { address: \"a:1\" }]\n",
           "upstreams.a.endpoints[1]: endpoint a:1 is listed twice; give it a weight instead"},
          {"    endpoints: [{ address: \"a:1\", weight: -1 }]\n",
           "upstreams.a.endpoints[0].weight: '-1' is negative"},
          {"    endpoints: [[x]]\n",
           "upstreams.a.endpoints[0]: expected an address, HOST:PORT or unix:/path, or a map, "
           "found a list"},
          {"    endpoints: [\"a:99999\"]\n",
           "upstreams.a.endpoints[0]: port: '99999' is out of range: 1 to 65535"},
          {good + "    balance: random\n",
           "upstreams.a.balance: 'random' is not one of round_robin, least_request, "
           "consistent_hash"},
          {good + "    hash_key: { path: {} }\n",
           "'hash_key' has a meaning only with balance: consistent_hash"},
          {good + "    balance: consistent_hash\n    hash_key: {}\n",
           "upstreams.a.hash_key: one of 'cookie', 'header', 'client_ip' or 'path' is needed"},
          {good + "    health: {}\n", "upstreams.a.health: one of 'http' or 'tcp' is needed"},
          {good + "    outlier: {}\n", ""},
          {good + "    outlier: { max_ejected: 150% }\n",
           "upstreams.a.outlier.max_ejected: '150%' is not a share between 0% and 100%"},
          {good + "    outlier: { base_ejection: 10m }\n",
           "base_ejection must not be longer than max_ejection"},
          {good + "    outlier: { interval: 10ms }\n",
           "upstreams.a.outlier.interval: '10ms' is out of range: 1s to 24h"},
          {good + "    panic_threshold: 50%\n", ""},
          {good + "    limits: {}\n", ""},
          {good + "    limits: { max_requests: 1, max_pending: 0, pending_timeout: 1ms }\n", ""},
          {good + "    limits: { max_connections: 1000000, max_requests: 0, max_pending: 1 }\n",
           ""},
          {good + "    limits: { max_share_factor: 1 }\n", ""},
          {good + "    limits: { max_pending: 1 }\n",
           "'max_pending' has a meaning only with max_connections or max_requests"},
          {good + "    limits: { max_requests: 0, pending_timeout: 1s }\n",
           "'pending_timeout' has a meaning only with max_connections or max_requests"},
          {good + "    limits: { max_requests: -1, max_pending: 1 }\n",
           "upstreams.a.limits.max_requests: '-1' is negative"},
          {good + "    limits: { max_requests: 1000001 }\n",
           "upstreams.a.limits.max_requests: '1000001' is out of range: 0 to 1000000"},
          {good + "    limits: { max_share_factor: 0 }\n",
           "upstreams.a.limits.max_share_factor: '0' is out of range: 1 to 1000"},
          {good + "    tls: {}\n", ""},
          {good + "    tls: { server_name: a_b/c }\n",
           "upstreams.a.tls.server_name: 'a_b/c' is neither a host name nor an IP address"},
          {good + "    tls: { ca: none.pem }\n",
           "upstreams.a.tls.ca: cannot read /etc/sluice/none.pem: No such file or directory"},
          {good + "    slow_start: 10s\n", ""},
          {good + "    slow_start: 2h\n", "upstreams.a.slow_start: '2h' is out of range: 0s to 1h"},
      },
      with_upstream);
}

std::string with_split(const std::string& split) {
  return "version: 1\nlisteners: [{ bind: 0.0.0.0:1 }]\nupstreams: { a: { endpoints: [\"a:1\"] } "
         "}\n"
         "routes: [{ split: " +
         split + " }]\n";
}

TEST(Rules, OfSplits) {
  check(
      {
          {"{ a: 0 }", ""},
          {"{ a: 2147483647 }", ""},
          {"{}", "routes[0].split: at least one upstream is needed"},
          {"{ a: 2147483648 }", "routes[0].split.a: '2147483648' is out of range: 0 to 2147483647"},
          {"{ a: 1.5 }", "routes[0].split.a: '1.5' is not a whole number"},
          {"{ a: 90% }", "routes[0].split.a: '90%' is not a number"},
          {"{ b: 1 }", "routes[0].split.b: no upstream is named 'b'"},
          {"[a]", "routes[0].split: expected a map of upstreams and weights, found a list"},
      },
      with_split);
}

}  // namespace
}  // namespace sluice::config
