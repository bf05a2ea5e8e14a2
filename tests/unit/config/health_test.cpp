// The rows of `health`.
#include <gtest/gtest.h>

#include "config/render.hpp"
#include "tests/support/config_text.hpp"

namespace sluice::config {
namespace {

using routing::HealthSpec;
using routing::JsonExpectation;
using routing::JsonScalar;
using routing::JsonTestKind;

// `lines` stand under `health:`, six blanks deep.
std::string with_health(const std::string& lines) {
  return "version: 1\nlisteners: [{ bind: 0.0.0.0:1 }]\nroutes: [{ split: { a: 1 } }]\n"
         "upstreams:\n  a:\n    endpoints: [\"a:1\"]\n    health:\n" +
         lines;
}

HealthSpec read(const std::string& lines) {
  const auto loaded = load(with_health(lines));
  EXPECT_TRUE(loaded.ok()) << lines << (loaded ? "" : format_text(loaded.error()));
  if (!loaded) return {};
  for (const auto detail : {Detail::everything, Detail::changes}) {
    const std::string rendered = render(*loaded, detail);
    const auto again = load(rendered);
    EXPECT_TRUE(again.ok()) << rendered << (again ? "" : format_text(again.error()));
    if (!again) return {};
    EXPECT_EQ(*again, *loaded) << rendered;
  }
  return loaded->routing.upstreams.at(0).health.value_or(HealthSpec{});
}

JsonExpectation is(std::string pointer, JsonScalar value) {
  return {std::move(pointer), {{JsonTestKind::equal, {std::move(value)}}}};
}

TEST(Health, TheExampleOfTheContractLoads) {
  const HealthSpec it = read(R"(      http: { path: /health/deep, method: GET, host: app.internal }
      interval: 2s
      timeout: 1s
      rise: 2
      fall: 3
      jitter: 10%
      expect:
        status: ["200-299"]
        body: { matches: "ok|healthy" }
        json:
          /status: healthy
          /checks/database: true
          /environment: blue
          /disk_free: { ">=": 0.1 }
      degraded: { json: { /status: degraded } }
)");
  HealthSpec expected;
  expected.http = {"/health/deep", "GET", "app.internal"};
  expected.expect.body_matches = "ok|healthy";
  expected.expect.json = {is("/status", "healthy"),
                          is("/checks/database", true),
                          is("/environment", "blue"),
                          {"/disk_free", {{JsonTestKind::greater_equal, {0.1}}}}};
  expected.degraded.emplace().expect.json = {is("/status", "degraded")};
  EXPECT_EQ(it, expected);
}

TEST(Health, TheLeastHasEveryDefault) {
  HealthSpec expected;
  EXPECT_EQ(read("      tcp: {}\n"), expected);
  expected.http.emplace();
  EXPECT_EQ(read("      http: {}\n"), expected);
  EXPECT_FALSE(load(kSmallest)->routing.upstreams.at(0).health.has_value());
}

TEST(Health, StatusStaysAskedForUnlessItIsGiven) {
  using routing::StatusRange;
  const std::vector<StatusRange> usual{{200, 299}};
  EXPECT_EQ(read("      http: {}\n      expect: { body: { matches: ok } }\n").expect.statuses,
            usual);
  EXPECT_EQ(read("      http: {}\n      expect: { status: [204, \"300-399\"] }\n").expect.statuses,
            (std::vector<StatusRange>{{204, 204}, {300, 399}}));
  const HealthSpec it = read("      http: {}\n      degraded: { body: { matches: slow } }\n");
  EXPECT_TRUE(it.degraded->expect.statuses.empty()) << "not asked";
  EXPECT_EQ(it.degraded->weight, 0.5);
}

TEST(Health, EverythingArrivesInTheSpec) {
  const HealthSpec it =
      read(R"(      http: { path: "/h?deep=1", method: OPTIONS, host: "App.internal:81" }
      interval: 10ms
      down_interval: 1h
      timeout: 5m
      rise: 1
      fall: 100
      jitter: 50%
      expect:
        headers:
          - { name: X-State, exact: ready }
          - { name: x-id, present: true }
      degraded:
        status: [429, "500-503"]
        headers: [{ name: x-load, regex: "^h" }]
        body: { matches: "^slow$" }
        weight: 0%
)");
  EXPECT_EQ(it.http, (routing::HttpProbeSpec{"/h?deep=1", "OPTIONS", "app.internal:81"}));
  EXPECT_EQ(it.interval.count(), 10);
  EXPECT_EQ(it.down_interval.count(), 3'600'000);
  EXPECT_EQ(it.timeout.count(), 300'000);
  EXPECT_EQ(it.rise, 1U);
  EXPECT_EQ(it.fall, 100U);
  EXPECT_EQ(it.jitter, 0.5);
  EXPECT_EQ(it.expect.headers.size(), 2U);
  EXPECT_EQ(it.degraded->expect.statuses.size(), 2U);
  EXPECT_EQ(it.degraded->expect.body_matches, "^slow$");
  EXPECT_EQ(it.degraded->weight, 0);
}

TEST(Health, ValuesOfJsonKeepTheirTypes) {
  const std::pair<const char*, JsonScalar> cases[]{
      {"true", true},
      {"false", false},
      {"\"true\"", true},
      {"null", nullptr},
      {"Null", nullptr},
      {"~", nullptr},
      {"\"null\"", nullptr},
      {"0", 0.0},
      {"-1", -1.0},
      {"0.1", 0.1},
      {"1e3", 1'000.0},
      {"1E+30", 1e30},
      {"1.5e-9", 1.5e-9},
      {"123456789012345678", 123456789012345678.0},
      {"010", "010"},
      {".5", ".5"},
      {"+1", "+1"},
      {"1.", "1."},
      {"0x10", "0x10"},
      {"inf", "inf"},
      {".nan", ".nan"},
      {"yes", "yes"},
      {"True", "True"},
      {"healthy", "healthy"},
      {"\"\"", ""},
      {"\"a b\"", "a b"},
      {"\"gr\xc3\xbcn\"", "gr\xc3\xbcn"},
  };
  for (const auto& [written, value] : cases) {
    for (const std::string line : {"        json: { /x: ", "        json: { \"/x\" : "}) {
      const auto it = read("      http: {}\n      expect:\n" + line + written + " }\n");
      EXPECT_EQ(it.expect.json, std::vector{is("/x", value)}) << written;
    }
    const auto block =
        read(std::string("      http: {}\n      expect:\n        json:\n          /x: ") + written +
             "  # note\n");
    EXPECT_EQ(block.expect.json, std::vector{is("/x", value)}) << written;
  }
}

TEST(Health, EveryComparisonArrives) {
  using enum JsonTestKind;
  const auto it = read(R"(      http: {}
      expect:
        json:
          /a: { "==": null, "!=": no, exists: true }
          /b: { ">": -1, ">=": 0, "<": 10, "<=": 1e1 }
          /c: { in: [a, 1, true, null] }
          /d: { matches: "^true$" }
          /e: { exists: false }
          /f~1g/~0h/0: { "==": on }
)");
  const std::vector<JsonExpectation> expected{
      {"/a", {{equal, {nullptr}}, {not_equal, {"no"}}, {exists, {true}}}},
      {"/b", {{less, {10.0}}, {less_equal, {10.0}}, {greater, {-1.0}}, {greater_equal, {0.0}}}},
      {"/c", {{in, {"a", 1.0, true, nullptr}}}},
      {"/d", {{matches, {"^true$"}}}},
      {"/e", {{exists, {false}}}},
      is("/f~1g/~0h/0", "on")};
  EXPECT_EQ(it.expect.json, expected);
}

struct Case {
  std::string lines;
  std::string message;
  std::string suggestion = {};
};

TEST(Health, OneMistakeOneSentence) {
  const std::string http = "      http: {}\n";
  const auto json = [&](const std::string& text) {
    return http + "      expect: { json: { " + text + " } }\n";
  };
  const std::string at = "upstreams.a.health";
  const std::string at_json = at + ".expect.json";
  const Case cases[]{
      {"      {}\n", at + ": one of 'http' or 'tcp' is needed"},
      {"      interval: 1s\n", at + ": one of 'http' or 'tcp' is needed"},
      {http + "      tcp: {}\n", "'tcp' and 'http' exclude each other in " + at},
      {"      grpc: { service: \"\" }\n", "'grpc' is not available in this version"},
      {"      htpp: {}\n", "unknown key 'htpp' in " + at, "http"},
      {"      tcp: { port: 1 }\n", "unknown key 'port' in " + at + ".tcp"},
      {"      tcp: {}\n      expect: { status: [200] }\n",
       "'expect' is about a response; a check by tcp has none"},
      {"      tcp: {}\n      degraded: { status: [200] }\n",
       "'degraded' is about a response; a check by tcp has none"},
      {"      http: { path: health }\n", at + ".http.path: 'health' does not begin with '/'"},
      {"      http: { path: \"/a b\" }\n",
       at + ".http.path: a path is made of visible ASCII characters but '#': write others as %XX"},
      {"      http: { path: \"/a\\r\\nX: y\" }\n",
       at + ".http.path: a path is made of visible ASCII characters but '#': write others as %XX"},
      {"      http: { method: get }\n", at + ".http.method: 'get': methods are written in capitals",
       "GET"},
      {"      http: { host: \"a b\" }\n",
       at + ".http.host: 'a b' is not a host, with or without a port"},
      {"      http: { method: HEAD }\n      expect: { json: { /a: 1 } }\n",
       at + ".http.method: a response to HEAD has no body to look into", "GET"},
      {"      http: { method: HEAD }\n      degraded: { body: { matches: slow } }\n",
       at + ".http.method: a response to HEAD has no body to look into", "GET"},
      {http + "      interval: 9ms\n", at + ".interval: '9ms' is out of range: 10ms to 1h"},
      {http + "      timeout: 6m\n", at + ".timeout: '6m' is out of range: 1ms to 5m"},
      {http + "      rise: 0\n", at + ".rise: '0' is out of range: 1 to 100"},
      {http + "      fall: 101\n", at + ".fall: '101' is out of range: 1 to 100"},
      {http + "      jitter: 51%\n", at + ".jitter: '51%' is out of range: 0% to 50%"},
      {http + "      expect: { status: [] }\n", at + ".expect.status: at least one is needed"},
      {http + "      expect: { status: 200 }\n",
       at + ".expect.status: expected a list, found a plain value; write [200]"},
      {http + "      expect: { status: [\"299-200\"] }\n",
       at + ".expect.status[0]: '299-200' is not a range of status codes: '200' is out of range: "
            "299 to 599"},
      {http + "      expect: { status: [2xx] }\n",
       at + ".expect.status[0]: '2xx' is not a range of status codes: '2xx' is not a number"},
      {http + "      expect: { body: {} }\n",
       "'matches' is missing in " + at + ".expect.body; for example matches: \"^(ok|healthy)$\""},
      {http + "      expect: { body: { matches: \"\" } }\n",
       at + ".expect.body.matches: an empty expression would match every body"},
      {http + "      expect: { body: { matches: \"(\" } }\n",
       at + ".expect.body.matches: not a regular expression: missing ): ("},
      {http + "      expect: { json: {} }\n", at_json + ": at least one is needed"},
      {json("status: healthy"),
       at_json + ".status: 'status' does not begin with '/', as in /checks/database"},
      {json("\"\": healthy"), at_json + ".: '' does not begin with '/', as in /checks/database"},
      {json("/a~b: 1"),
       at_json + "./a~b: '/a~b': '~' in a key is written ~0, and '/' is written ~1"},
      {json("/a:"), at_json + "./a: has no value; expected true, false, null, a number or a text"},
      {json("/a: [1]"), at_json + "./a: expected a value, or a map of comparisons, found a list"},
      {json("/a: {}"), at_json + "./a: at least one comparison is needed"},
      {json("/a: { \"=\": 1 }"), "unknown key '=' in " + at_json + "./a", "=="},
      {json("/a: { \">\": many }"), at_json + "./a.>: 'many' is not a number"},
      {json("/a: { \">\": 1e999 }"), at_json + "./a.>: '1e999' is out of the range of numbers"},
      {json("/a: -1e999"), at_json + "./a: '-1e999' is out of the range of numbers"},
      {json("/a: { in: 1 }"), at_json + "./a.in: expected a list, found a plain value; write [1]"},
      {json("/a: { in: [] }"), at_json + "./a.in: at least one is needed"},
      {json("/a: { in: [[1]] }"),
       at_json + "./a.in[0]: expected true, false, null, a number or a text, found a list"},
      {json("/a: { exists: 1 }"), at_json + "./a.exists: '1' is neither true nor false"},
      {json("/a: { matches: \"[\" }"),
       at_json + "./a.matches: not a regular expression: missing ]: ["},
      {http + "      degraded: {}\n",
       at + ".degraded: one of 'status', 'headers', 'body' or 'json' is needed"},
      {http + "      degraded: { weight: 10% }\n",
       at + ".degraded: one of 'status', 'headers', 'body' or 'json' is needed"},
      {http + "      degraded: { status: [429], weight: 2 }\n",
       at + ".degraded.weight: '2' is not a share: write 5% or 0.05, between 0 and 1"},
  };
  for (const auto& it : cases) {
    const auto loaded = load(with_health(it.lines));
    ASSERT_FALSE(loaded.ok()) << it.lines;
    EXPECT_EQ(loaded.error()[0].message, it.message) << it.lines;
    EXPECT_EQ(loaded.error()[0].suggestion, it.suggestion) << it.lines;
    EXPECT_EQ(loaded.error().size(), 1U) << format_text(loaded.error());
  }
}

}  // namespace
}  // namespace sluice::config
