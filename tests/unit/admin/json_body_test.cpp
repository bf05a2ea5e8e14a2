// What a body may be, and how each fault is said.
#include "admin/json_body.hpp"

#include <gtest/gtest.h>

namespace sluice::admin {
namespace {

// What a handler that wants weights, a reason, a force and a duration makes of it.
std::string read(std::string body_text) {
  Request request(http::verb::put, "/", 11);
  request.body() = std::move(body_text);
  auto body = JsonBody::read(request);
  if (!body) return std::to_string(body.error().result_int()) + " " + body.error().body();
  const control::Weights weights = body->needed_weights("weights");
  const std::string reason = body->text("reason", 8);
  const bool force = body->flag("force");
  const auto duration = body->duration("for");
  if (const auto refusal = body->refusal()) {
    const std::string text = refusal->body();
    const std::size_t errors = text.find("\"errors\":");
    return std::to_string(refusal->result_int()) + " " + text.substr(errors + 9);
  }
  return control::format_weights(weights) + "|" + reason + "|" + (force ? "force" : "") + "|" +
         std::to_string(duration ? duration->count() : 0);
}

TEST(JsonBody, IsReadStrictly) {
  const struct {
    std::string_view body, read;
  } cases[] = {
      {R"({"weights":{"blue":1,"green":0},"reason":"why","force":true,"for":"15m"})",
       "blue=1 green=0|why|force|900000"},
      {R"({"weights":{}})", "|||0"},
      {R"({"weights":{"blue":1.0}})",
       R"(422 [{"pointer":"/weights/blue","detail":"must be a whole number from 0 to 2147483647"}]})"},
      {R"({"weights":{"a/b~c":-1}})",
       R"(422 [{"pointer":"/weights/a~1b~0c","detail":"must be a whole number from 0 to 2147483647"}]})"},
      {R"({"weights":[1]})",
       R"(422 [{"pointer":"/weights","detail":"must be a map of upstreams and whole numbers"}]})"},
      {R"({"weights":{},"reason":1,"force":"yes","for":"soon","x":1})",
       R"(422 [{"pointer":"/reason","detail":"must be a text"},)"
       R"({"pointer":"/force","detail":"must be true or false"},{"pointer":"/for",)"},
      {R"({"weights":{},"reason":"longer than"})",
       R"(422 [{"pointer":"/reason","detail":"longer than 8 bytes"}]})"},
      {R"({"weights":{},"for":"0s"})",
       R"(422 [{"pointer":"/for","detail":"must be more than 0 and at most a year"}]})"},
      {"[]",
       R"(400 {"type":"about:blank","title":"Bad Request","status":400,"kind":"bad_request","detail":"the body must be an object"})"},
      {"{", "400 "},
      {R"({"weights":{},"weights":{}})", "400 "},
      {"{\"weights\":{}} x", "400 "},
      {"{\"reason\":\"\xff\"}", "400 "},
  };
  for (const auto& it : cases) {
    EXPECT_EQ(read(std::string(it.body)).substr(0, it.read.size()), it.read) << it.body;
  }
}

}  // namespace
}  // namespace sluice::admin
