// Which resource a target names.
#include "admin/router.hpp"

#include <gtest/gtest.h>

#include "admin/preconditions.hpp"

namespace sluice::admin {
namespace {

Router router() {
  Router router;
  const Handler nothing = answered([](const Call&) { return Response(); });
  router.add({http::verb::get, "/api/routes", Role::viewer, nothing});
  router.add({http::verb::get, "/api/routes/{route}/weights", Role::viewer, nothing});
  router.add({http::verb::put, "/api/routes/{route}/weights", Role::operates, nothing});
  router.add({http::verb::put, "/api/{a}/x/{b}", Role::operates, nothing});
  return router;
}

// "PATTERN name=value ..." or "allow: ..." or "".
std::string found(http::verb method, std::string_view target) {
  const auto router = sluice::admin::router();
  const Router::Found found = router.find(method, target);
  if (found.resource == nullptr) return found.allow.empty() ? "" : "allow: " + found.allow;
  std::string out = found.resource->path;
  for (const auto& [name, value] : found.parameters) out += " " + name + "=" + value;
  return out;
}

TEST(AdminRouter, FindsByPathAndMethod) {
  using http::verb;
  const struct {
    verb method;
    std::string_view target, found;
  } cases[] = {
      {verb::get, "/api/routes", "/api/routes"},
      {verb::head, "/api/routes?a=b", "/api/routes"},
      {verb::get, "/api/routes/", ""},
      {verb::get, "/api//routes", ""},
      {verb::get, "/api/routes/shop/weights", "/api/routes/{route}/weights route=shop"},
      {verb::put, "/api/routes/a%2Fb/weights", "/api/routes/{route}/weights route=a/b"},
      {verb::put, "/api/routes//weights", ""},
      {verb::put, "/api/routes/%zz/weights", ""},
      {verb::put, "/api/routes/%2/weights", ""},
      {verb::put, "/api/blue/x/unix%3A%2Frun%2Fa", "/api/{a}/x/{b} a=blue b=unix:/run/a"},
      {verb::delete_, "/api/routes/shop/weights", "allow: GET, HEAD, PUT"},
      {verb::post, "/api/routes", "allow: GET, HEAD"},
      {verb::get, "*", ""},
      {verb::get, "", ""},
  };
  for (const auto& it : cases) EXPECT_EQ(found(it.method, it.target), it.found) << it.target;
}

TEST(AdminCall, ReadsItsQuery) {
  const Request request(http::verb::get, "/x?limit=10&target=a%20b&flag&empty=&limit=11", 11);
  const Call call{request, {}, {}};
  EXPECT_EQ(call.query("limit"), "10") << "the first";
  EXPECT_EQ(call.query("target"), "a b");
  EXPECT_EQ(call.query("flag"), "");
  EXPECT_EQ(call.query("empty"), "");
  EXPECT_EQ(call.query("lim"), std::nullopt);
}

// "any", a generation, or the status.
std::string if_match(std::string_view value) {
  Request request(http::verb::put, "/", 11);
  if (!value.empty()) request.set(http::field::if_match, value);
  const auto read = read_if_match(request);
  if (const auto* const refusal = std::get_if<Response>(&read))
    return std::to_string(refusal->result_int());
  const auto& generation = std::get<0>(read);
  return generation ? "#" + std::to_string(*generation) : "any";
}

TEST(AdminPrecondition, IsATagOfOursOrAny) {
  EXPECT_EQ(if_match(""), "428");
  EXPECT_EQ(if_match("*"), "any");
  EXPECT_EQ(if_match(entity_tag(42)), "#42");
  EXPECT_EQ(if_match("\"18446744073709551615\""), "#18446744073709551615");
  for (const char* other : {"42", "\"\"", "\"", "W/\"42\"", "\"x\"", "\"042\"", "\"42\", \"43\""})
    EXPECT_EQ(if_match(other), "412") << other;
}

}  // namespace
}  // namespace sluice::admin
