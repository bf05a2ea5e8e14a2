#include "routing/match.hpp"

#include <gtest/gtest.h>

namespace sluice::routing {
namespace {

RouteMatcher compiled(const MatchSpec& spec) {
  std::vector<std::string> errors;
  Matching matching{errors};
  auto matcher = make_route_matcher(spec, "routes.r.match", matching);
  EXPECT_TRUE(errors.empty());
  return matcher;
}

bool host_matches(const std::string& rule, std::string_view host) {
  RequestFacts facts;
  facts.host = host;
  return matches(compiled({.hosts = {rule}, .path = {}, .methods = {}, .headers = {}}), facts);
}

TEST(MatchHost, ExactAndWildcard) {
  struct Case {
    const char *rule, *host;
    bool expected;
  };
  const Case cases[] = {
      {"shop.example", "shop.example", true},
      {"Shop.Example", "shop.example", true},
      {"shop.example", "shop.example.", true},
      {"shop.example", "ashop.example", false},
      {"shop.example", "", false},
      {"*.shop.example", "a.shop.example", true},
      {"*.shop.example", "a.b.shop.example", true},
      {"*.shop.example", "shop.example", false},
      {"*.shop.example", ".shop.example", false},
      {"*.shop.example", "evilshop.example", false},
  };
  for (const auto& [rule, host, expected] : cases) {
    EXPECT_EQ(host_matches(rule, host), expected) << rule << " on " << host;
  }
}

TEST(MatchPath, PrefixByWholeSegmentsExactAndRegex) {
  struct Case {
    StringMatchKind kind;
    const char *rule, *path;
    bool expected;
  };
  using enum StringMatchKind;
  const Case cases[] = {
      {prefix, "/api", "/api", true},
      {prefix, "/api", "/api/", true},
      {prefix, "/api", "/api/x", true},
      {prefix, "/api", "/apix", false},
      {prefix, "/api", "/ap", false},
      {prefix, "/api/", "/api", true},
      {prefix, "/api/", "/api/x", true},
      {prefix, "/api/", "/apix", false},
      {prefix, "/", "/", true},
      {prefix, "/", "/anything", true},
      {prefix, "/", "*", false},
      {exact, "/a", "/a", true},
      {exact, "/a", "/a/", false},
      {exact, "/a", "/A", false},
      {regex, "/v[0-9]+/.*", "/v1/x", true},
      {regex, "/v[0-9]+", "/v1/x", false},
      {regex, "v1", "/v1", false},
      {present, "", "/x", true},
  };
  for (const auto& [kind, rule, path, expected] : cases) {
    RequestFacts facts;
    facts.path = path;
    MatchSpec spec;
    spec.path = StringMatch{kind, rule};
    EXPECT_EQ(matches(compiled(spec), facts), expected) << rule << " on " << path;
  }
}

TEST(MatchMethod, IsCaseSensitiveAndAnyWhenEmpty) {
  RequestFacts facts;
  facts.method = "GET";
  MatchSpec spec;
  EXPECT_TRUE(matches(compiled(spec), facts));
  spec.methods = {"POST", "GET"};
  EXPECT_TRUE(matches(compiled(spec), facts));
  facts.method = "get";
  EXPECT_FALSE(matches(compiled(spec), facts));
}

TEST(MatchHeader, NameInAnyCaseAndAnyInstance) {
  const Field fields[] = {{"X-Api-Version", "1"}, {"x-api-version", "2"}, {"Empty", ""}};
  struct Case {
    const char* name;
    StringMatch match;
    bool expected;
  };
  using enum StringMatchKind;
  const Case cases[] = {
      {"x-API-version", {exact, "1"}, true},    {"x-api-version", {exact, "2"}, true},
      {"x-api-version", {exact, "3"}, false},   {"x-api-version", {prefix, ""}, true},
      {"x-api-version", {regex, "[23]"}, true}, {"x-api-version", {regex, "[45]"}, false},
      {"empty", {present, ""}, true},           {"missing", {present, ""}, false},
      {"missing", {prefix, ""}, false},
  };
  for (const auto& [name, match, expected] : cases) {
    MatchSpec spec;
    spec.headers = {{name, match}};
    RequestFacts facts;
    facts.fields = fields;
    EXPECT_EQ(matches(compiled(spec), facts), expected) << name << " " << match.value;
  }
}

TEST(MatchHeader, AllRulesMustHold) {
  const Field fields[] = {{"a", "1"}};
  RequestFacts facts;
  facts.fields = fields;
  MatchSpec spec;
  spec.headers = {{"a", {StringMatchKind::exact, "1"}}, {"b", {StringMatchKind::present, ""}}};
  EXPECT_FALSE(matches(compiled(spec), facts));
}

TEST(MakeRouteMatcher, NamesThePlaceOfABadExpression) {
  MatchSpec spec;
  spec.path = StringMatch{StringMatchKind::regex, "("};
  std::vector<std::string> errors;
  Matching matching{errors};
  make_route_matcher(spec, "routes.shop.match", matching);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_TRUE(errors[0].starts_with("routes.shop.match.path: bad regular expression"));
}

TEST(FindCookie, ReadsWhatClientsSend) {
  struct Case {
    const char *header, *name;
    std::optional<std::string_view> value;
  };
  const Case cases[] = {
      {"a=1", "a", "1"},
      {"a=1; b=2", "b", "2"},
      {"a=1;b=2", "b", "2"},
      {" a = 1 ;\tb=2", "a", "1"},
      {"a=", "a", ""},
      {"a=b=c", "a", "b=c"},
      {"a=\"x\"", "a", "x"},
      {"a=\"", "a", "\""},
      {"xa=1", "a", std::nullopt},
      {"A=1", "a", std::nullopt},
      {"a", "a", std::nullopt},
      {"", "a", std::nullopt},
      {";;;=;", "a", std::nullopt},
  };
  for (const auto& [header, name, value] : cases) {
    const Field fields[] = {{"Cookie", header}};
    EXPECT_EQ(find_cookie(fields, name), value) << header;
  }
}

TEST(CookieWalk, VisitsAllOfOneNameOverAllFields) {
  const Field fields[] = {{"cookie", "a=1; b=x; a=2"}, {"Host", "a=9"}, {"COOKIE", "a=3"}};
  CookieWalk walk(fields, "a");
  EXPECT_EQ(walk.next(), "1");
  EXPECT_EQ(walk.next(), "2");
  EXPECT_EQ(walk.next(), "3");
  EXPECT_EQ(walk.next(), std::nullopt);
}

}  // namespace
}  // namespace sluice::routing
