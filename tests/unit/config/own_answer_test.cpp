// Routes that answer by themselves: what may be written, and what it earns.
#include <gtest/gtest.h>

#include "config/render.hpp"
#include "tests/support/config_text.hpp"

namespace sluice::config {
namespace {

struct Case {
  std::string route;
  std::string message;  // empty: valid
};

std::string around(const std::string& route) {
  return "version: 1\nlisteners: [{ bind: \"127.0.0.1:0\" }]\nroutes:\n  - { " + route + " }\n";
}

void check(const std::vector<Case>& cases) {
  for (const auto& it : cases) {
    const auto loaded = load(around(it.route));
    if (it.message.empty()) {
      EXPECT_TRUE(loaded.ok()) << it.route << (loaded ? "" : format_text(loaded.error()));
      continue;
    }
    ASSERT_FALSE(loaded.ok()) << it.route;
    EXPECT_EQ(loaded.error()[0].message, it.message) << it.route;
    EXPECT_EQ(loaded.error().size(), 1U) << format_text(loaded.error());
  }
}

TEST(OwnAnswerRules, OfRedirections) {
  const std::string to = "routes[0].redirect.to: ";
  check({
      {"redirect: { to: \"https://new.example{uri}\" }", ""},
      {"redirect: { to: \"{scheme}://{host}:8443{path}\", status: 308 }", ""},
      {"redirect: { to: \"/new?{query}\" }", ""},
      {"redirect: { to: \"{uri}\" }", ""},
      {"redirect: {}",
       "'to' is missing in routes[0].redirect; for example to: "
       "\"https://new.example{uri}\""},
      {"redirect: { to: /, status: 305 }", "a redirection is 301, 302, 303, 307 or 308"},
      {"redirect: { to: /, status: 200 }",
       "routes[0].redirect.status: '200' is out of range: 301 to 308"},
      {"redirect: { to: new.example }",
       to + "'new.example' begins with none of https://, http://, / and {uri}"},
      {"redirect: { to: \"javascript:alert(1)\" }",
       to + "'javascript:alert(1)' begins with none of https://, http://, / and {uri}"},
      {"redirect: { to: //new.example }", to + "a target begins with one '/', or with https://"},
      {"redirect: { to: \"https://\" }", to + "the target names no host"},
      {"redirect: { to: \"https://{uri}\" }", to + "the target names no host"},
      {"redirect: { to: \"https:///x\" }", to + "the target names no host"},
      {"redirect: { to: \"https://new.example{query}\" }",
       to + "{query} in the place of a host would send clients wherever they are told to"},
      {"redirect: { to: \"https://new.example/{hots}\" }",
       to + "'{hots}' is none of {scheme} {host} {hostport} {path} {query} {uri}"},
      {"redirect: { to: \"/a\\r\\nSet-Cookie: a=b\" }",
       to + "a target is made of visible ASCII characters: write others as %XX"},
  });
}

TEST(OwnAnswerRules, OfResponses) {
  check({
      {"respond: {}", ""},
      {"respond: { status: 204 }", ""},
      {"respond: { status: 204, body: a }", "a response with status 204 has no body"},
      {"respond: { status: 101 }", "routes[0].respond.status: '101' is out of range: 200 to 599"},
      {"respond: { content_type: \"a\\nb\" }",
       "routes[0].respond.content_type: a header value cannot hold a line break or another "
       "control character"},
      {"respond: { body: " + std::string(16'385, 'a') + " }",
       "routes[0].respond.body: longer than 16 KiB: that is an upstream's work"},
  });
}

TEST(OwnAnswerRules, OfTheRouteAroundThem) {
  check({
      {"respond: {}, redirect: { to: / }",
       "'redirect' and 'respond' exclude each other in routes[0]"},
      {"respond: {}, sticky: { client_ip: {} }",
       "'sticky' has no meaning on a route that answers by itself"},
      {"respond: {}, rewrite: { path_prefix: /a }",
       "'path_prefix' has no meaning on a route that answers by itself"},
      {"respond: {}, rewrite: { response_headers: { set: { a: b } } }", ""},
      {"respond: {}, access: { deny: [10.0.0.0/8] }", ""},
      {"name: a", "routes[0]: one of 'split', 'redirect' or 'respond' is needed"},
      {"split: { blue: 1 }", "'upstreams' is missing at the top of the file"},
  });
}

// What `config show` writes can be read again, without any upstream too.
TEST(OwnAnswerRules, AreShownAsTheyMayBeWritten) {
  for (const char* const route : {"respond: { status: 503, body: a }", "respond: {}",
                                  "redirect: { to: \"https://b{uri}\" }"}) {
    const auto loaded = load(around(route));
    ASSERT_TRUE(loaded.ok()) << format_text(loaded.error());
    for (const auto detail : {Detail::everything, Detail::changes}) {
      const std::string shown = render(*loaded, detail);
      const auto again = load(shown);
      ASSERT_TRUE(again.ok()) << shown << format_text(again.error());
      EXPECT_EQ(*again, *loaded) << shown;
    }
  }
}

}  // namespace
}  // namespace sluice::config
