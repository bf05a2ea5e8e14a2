#include "config/load.hpp"

#include <gtest/gtest.h>

#include "config/render.hpp"
#include "tests/support/config_text.hpp"

namespace sluice::config {
namespace {

Configuration valid(std::string_view text, const World& world = {}) {
  auto loaded = load(text, world);
  EXPECT_TRUE(loaded.ok()) << (loaded ? "" : format_text(loaded.error()));
  return loaded ? std::move(loaded).value() : Configuration{};
}

TEST(Load, SmallestFileHasEveryDefault) {
  const auto it = valid(kSmallest);
  EXPECT_EQ(it.workers, 0U);
  EXPECT_EQ(it.drain_timeout.count(), 30'000);
  EXPECT_EQ(it.admin, admin::AdminSpec{});
  ASSERT_EQ(it.listeners.size(), 1U);
  proxy::ListenerSpec listener;
  listener.name = "listener1";
  listener.bind = "0.0.0.0:8080";
  EXPECT_EQ(it.listeners[0], listener);
  routing::UpstreamSpec blue;
  blue.name = "blue";
  blue.endpoints = {{"127.0.0.1:9001", 1}};
  ASSERT_EQ(it.routing.upstreams.size(), 2U);
  EXPECT_EQ(it.routing.upstreams[0], blue);
  routing::RouteSpec route;
  route.name = "route1";
  route.split = {{"blue", 90}, {"green", 10}};
  EXPECT_EQ(it.routing.routes, std::vector{route});
}

constexpr std::string_view kEverything = R"(version: 1
workers: 3
drain_timeout: 1.5s
sticky_keys_file: keys/sticky.keys
admin: { listen: "unix:/run/sluice/admin.sock" }
listeners:
  - name: edge
    bind: "[::]:0"
    trusted_proxies: [10.0.0.0/8, "::1"]
    debug_header: true
    limits: { header_bytes: 32KiB, header_count: 7, request_line: 4KiB, connections: 12 }
    timeouts: { header: 1s, idle: 2s, body: 3s, write: 4s }
  - bind: 127.0.0.1:1
upstreams:
  blue:
    endpoints: ["127.0.0.1:9001", { address: "app.internal:80", weight: 2 }, "unix:/a b.sock"]
    balance: consistent_hash
    hash_key: { cookie: session }
    connect_timeout: 250ms
    response_timeout: 7s
    pool: { max_idle_per_endpoint: 0, idle_timeout: 9s }
    limits: { max_connections: 8, max_requests: 7, max_pending: 0, pending_timeout: 5s }
  green: { endpoints: ["[::1]:9003"], balance: least_request, limits: { max_share_factor: 3 } }
  "404": { endpoints: [a:1], balance: consistent_hash }
routes:
  - name: shop
    match:
      hosts: [Shop.Example, "*.shop.example", 10.0.0.1]
      path: { prefix: /api }
      methods: [GET, PURGE]
      headers:
        - { name: x-a, exact: 2 }
        - { name: x-b, prefix: "v$${" }
        - { name: x-c, regex: "^a$" }
        - { name: x-d, present: true }
        - { name: x-e, exact: "" }
    overrides:
      - { header: { name: x-group, exact: testers }, upstream: green }
      - { cookie: { name: beta, present: true }, upstream: "404" }
    sticky:
      cookie: __Host-pin
      ttl: 2h
      endpoint: true
      on_revert: keep
      secure: true
      http_only: false
      same_site: none
      session: true
    split: { blue: 0, green: 2147483647 }
    when_unavailable: fallback:404
    timeouts: { request: 10s }
    rewrite:
      path_prefix: /v2
      host: App.internal:81
      request_headers: { set: { x-s: "1" }, add: { x-t: "a: b # c" }, remove: [x-r] }
      response_headers: { set: { "null": "null" }, remove: [server] }
  - match: { path: { exact: "/a" } }
    sticky: { header: x-user }
    split: { green: 0 }
    when_unavailable: fail
  - match: { path: { regex: "/b|/c" } }
    sticky: { client_ip: {}, ttl: 1s }
    split: { green: 1 }
  - sticky: {}
    split: { green: 1 }
)";

World world_with_keys() {
  return {.files = {{"/etc/sluice/keys/sticky.keys",
                     "# newest first\nMDEyMzQ1Njc4OWFiY2RlZg==\r\n\nMDEyMzQ1Njc4OWFiY2RlZmc\n"}}};
}

TEST(Load, EverythingArrivesInTheSpecs) {
  const auto it = valid(kEverything, world_with_keys());
  EXPECT_EQ(it.workers, 3U);
  EXPECT_EQ(it.drain_timeout.count(), 1'500);
  EXPECT_EQ(it.sticky_keys_file, "/etc/sluice/keys/sticky.keys");
  EXPECT_EQ(it.sticky_keys, (std::vector<std::string>{"0123456789abcdef", "0123456789abcdefg"}));
  EXPECT_EQ(it.admin.listen, "unix:/run/sluice/admin.sock");
  EXPECT_EQ(it.listeners[0].limits.header_bytes, 32U * 1'024);
  EXPECT_EQ(it.listeners[1].name, "listener2");
  const auto& blue = it.routing.upstreams.at(0);
  EXPECT_EQ(blue.endpoints[1], (routing::EndpointSpec{"app.internal:80", 2}));
  EXPECT_EQ(blue.hash_key, (routing::KeySpec{routing::KeySource::cookie, "session"}));
  EXPECT_EQ(it.routing.upstreams.at(2).hash_key, routing::KeySpec{});
  EXPECT_EQ(blue.limits, (routing::LimitsSpec{8, 7, 0, milliseconds(5'000), 20}));
  EXPECT_EQ(it.routing.upstreams.at(1).limits->max_share_factor, 3U);
  EXPECT_EQ(it.routing.upstreams.at(2).limits, std::nullopt);
}

TEST(Load, RoutesArriveInTheSpecs) {
  using routing::StringMatch;
  using routing::StringMatchKind;
  const auto it = valid(kEverything, world_with_keys());
  const auto& shop = it.routing.routes.at(0);
  EXPECT_EQ(shop.match.hosts,
            (std::vector<std::string>{"shop.example", "*.shop.example", "10.0.0.1"}));
  EXPECT_EQ(shop.match.path, (StringMatch{StringMatchKind::prefix, "/api"}));
  EXPECT_EQ(shop.match.headers[0].match, (StringMatch{StringMatchKind::exact, "2"}));
  EXPECT_EQ(shop.match.headers[1].match, (StringMatch{StringMatchKind::prefix, "v${"}));
  EXPECT_EQ(shop.match.headers[2].match, (StringMatch{StringMatchKind::regex, "^a$"}));
  EXPECT_EQ(shop.match.headers[3].match, StringMatch{});
  EXPECT_EQ(shop.match.headers[4].match, (StringMatch{StringMatchKind::exact, ""}));
  EXPECT_EQ(shop.overrides[1].source, routing::OverrideSource::cookie);
  EXPECT_EQ(shop.overrides[1].upstream, "404");
  EXPECT_EQ(shop.sticky->cookie.same_site, routing::SameSite::none);
  EXPECT_EQ(shop.split[1].weight, 2'147'483'647U);
  EXPECT_EQ(shop.fallback, "404");
  EXPECT_EQ(shop.rewrite.host, "app.internal:81");
  EXPECT_EQ(it.routing.routes[1].name, "route2");
  EXPECT_EQ(it.routing.routes[2].sticky->key.source, routing::KeySource::client_ip);
  EXPECT_EQ(it.routing.routes[3].sticky, routing::StickySpec{});
}

TEST(Render, LoadsBackAsAnEqualConfiguration) {
  const World world = world_with_keys();
  for (const auto text : {kSmallest, kEverything}) {
    const auto before = valid(text, world);
    for (const auto detail : {Detail::everything, Detail::changes}) {
      const std::string rendered = render(before, detail);
      const auto after = load(rendered, world);
      ASSERT_TRUE(after.ok()) << rendered << format_text(after.error());
      EXPECT_EQ(*after, before) << rendered;
    }
  }
}

TEST(Render, ChangesLeavesDefaultsOut) {
  EXPECT_EQ(render(valid(kSmallest), Detail::changes),
            "version: 1\n"
            "listeners:\n"
            "  - name: listener1\n"
            "    bind: \"0.0.0.0:8080\"\n"
            "upstreams:\n"
            "  blue:\n"
            "    endpoints: [\"127.0.0.1:9001\"]\n"
            "  green:\n"
            "    endpoints: [\"127.0.0.1:9002\"]\n"
            "routes:\n"
            "  - name: route1\n"
            "    split:\n"
            "      blue: 90\n"
            "      green: 10\n");
}

TEST(Render, EverythingSpellsDefaultsOut) {
  const auto text = render(valid(kSmallest), Detail::everything);
  for (const auto* line : {"workers: auto\n", "drain_timeout: 30s\n", "header_bytes: 16KiB\n",
                           "balance: round_robin\n", "when_unavailable: redistribute\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(Variables, AreReplacedInValues) {
  const World world{.variables = {{"PORT", "8081"}, {"EMPTY", ""}, {"DOLLAR", "${PORT}"}}};
  const std::pair<const char*, const char*> cases[]{
      {"${PORT}", "8081"},
      {"a${PORT}b${PORT}", "a8081b8081"},
      {"${NOPE:-x y}", "x y"},
      {"${EMPTY:-x}", "x"},
      {"${EMPTY}", ""},
      {"${NOPE:-}", ""},
      {"$$", "$"},
      {"$${PORT}", "${PORT}"},
      {"^a$", "^a$"},
      {"$PORT", "$PORT"},
      {"${DOLLAR}", "${PORT}"},
      {"${PORT:-x}", "8081"},
  };
  for (const auto& [written, expected] : cases) {
    const auto it = valid(with_route(std::string("    match: { headers: [{ name: a, exact: '") +
                                     written + "' }] }\n"),
                          world);
    ASSERT_EQ(it.routing.routes.size(), 1U);
    EXPECT_EQ(it.routing.routes[0].match.headers.at(0).match.value, expected) << written;
  }
}

TEST(Variables, ReachNumbersAndNeverAddStructure) {
  const World world{.variables = {{"N", "7"}, {"MAP", "{ a: 1 }"}}};
  EXPECT_EQ(valid(with_top("workers: ${N}\n"), world).workers, 7U);
  EXPECT_NE(errors(with_top("admin: ${MAP}\n"), world).find("expected a map"), std::string::npos);
}

TEST(Variables, ErrorsNameTheirPlace) {
  const std::pair<const char*, const char*> cases[]{
      {"${NOPE}", "variable NOPE is not set; ${NOPE:-...} would give it a default"},
      {"${PORT", "'${' without '}'; write $$ for a dollar sign"},
      {"${1}",
       "'${1}' is not a variable: write ${NAME}, ${NAME:-default}, or $$ for a dollar sign"},
      {"${}", "'${}' is not a variable: write ${NAME}, ${NAME:-default}, or $$ for a dollar sign"},
      {"${BAD}", "the value of variable BAD is not UTF-8"},
  };
  for (const auto& [written, message] : cases) {
    const auto loaded = load(with_top(std::string("workers: '") + written + "'\n"),
                             {.variables = {{"BAD", "\xff"}}});
    ASSERT_FALSE(loaded.ok()) << written;
    ASSERT_EQ(loaded.error().size(), 1U) << "one mistake, one error: " << written;
    EXPECT_EQ(loaded.error()[0].message, message);
    EXPECT_EQ(loaded.error()[0].line, 9U);
    EXPECT_EQ(loaded.error()[0].column, 10U);
    EXPECT_EQ(loaded.error()[0].path, "workers");
  }
}

TEST(StickyKeys, ErrorsNameFileAndLineAndShowNoKey) {
  const std::string line = "sticky_keys_file: s.keys\n";
  const World world{.files = {{"/etc/sluice/s.keys", "MDEyMzQ1Njc4OWFiY2RlZg==\nc2hvcnQ=\n!!!\n"}}};
  const auto loaded = load(with_top(line), world);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(format_text(loaded.error()),
            "/etc/sluice/s.keys:2:1: error: the key has 5 bytes; at least 16 are needed (openssl "
            "rand -base64 32)\n"
            "/etc/sluice/s.keys:3:1: error: not base64\n"
            "/etc/sluice/s.keys: 2 errors\n");
  const auto absent = load(with_top(line));
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error()[0].message,
            "sticky_keys_file: cannot read /etc/sluice/s.keys: No such file or directory");
  EXPECT_FALSE(load(with_top(line), {.files = {{"/etc/sluice/s.keys", "# none\n"}}}).ok());
}

TEST(StickyKeys, MalformedBase64IsRefused) {
  for (const std::string key :
       {"MDEyMzQ1Njc4OWFiY2RlZg=", "MDEyMzQ1Njc4OWFiY2RlZg===", "MDEyMzQ1Njc4OWFiY2RlZh==",
        "MDEyMzQ1Njc4OWFiY2Rl=Zg=", "MDEyMzQ1Njc4OWFiY2RlZ", "MDEy MzQ1Njc4OWFiY2RlZg=="}) {
    EXPECT_FALSE(
        load(with_top("sticky_keys_file: s.keys\n"), {.files = {{"/etc/sluice/s.keys", key}}}).ok())
        << key;
  }
}

TEST(LoadFile, SaysWhyAFileCannotBeRead) {
  const auto absent = load_file("/nonexistent/sluice.yaml");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(format_text(absent.error()),
            "/nonexistent/sluice.yaml: error: cannot read: No such file or directory\n"
            "/nonexistent/sluice.yaml: 1 error\n");
  EXPECT_EQ(load_file("/dev/zero").error()[0].message, "cannot read: not a regular file");
  EXPECT_EQ(load_file("/").error()[0].message, "cannot read: not a regular file");
}

}  // namespace
}  // namespace sluice::config
