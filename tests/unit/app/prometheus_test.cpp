#include "app/prometheus.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace sluice::app {
namespace {

std::string answer(const std::string& type, const std::string& result) {
  return R"({"status":"success","data":{"resultType":")" + type + R"(","result":)" + result + "}}";
}

TEST(Prometheus, AsksAnInstantQuery) {
  EXPECT_EQ(query_url("http://a:9090/", "sum(x) > 1"),
            "http://a:9090/api/v1/query?query=sum%28x%29%20%3E%201");
}

TEST(Prometheus, ReadsOneValue) {
  const std::string one = R"([{"metric":{},"value":[1.5,"0.25"]}])";
  EXPECT_EQ(read_prometheus_answer(200, answer("vector", one)).value, 0.25);
  EXPECT_EQ(read_prometheus_answer(200, answer("scalar", R"([1.5,"3"])")).value, 3);
  EXPECT_EQ(read_prometheus_answer(200, answer("scalar", R"([1,"+Inf"])")).value, HUGE_VAL);
  EXPECT_TRUE(std::isnan(*read_prometheus_answer(200, answer("scalar", R"([1,"NaN"])")).value));
  const auto nothing = read_prometheus_answer(200, answer("vector", "[]"));
  EXPECT_FALSE(nothing.value.has_value());
  EXPECT_EQ(nothing.error, "");
}

TEST(Prometheus, SaysWhatIsWrong) {
  const std::string two = R"([{"value":[1,"1"]},{"value":[1,"2"]}])";
  const struct {
    unsigned status;
    std::string body, error;
  } cases[] = {
      {200, answer("vector", two), "the query gives 2 values, not one"},
      {200, answer("matrix", "[]"), "the query gives neither a vector nor a scalar"},
      {200, answer("vector", "[1]"), "the answer has no value"},
      {200, answer("scalar", R"([1,"x"])"), "the value is no number"},
      {200, "<html>", "the answer is not Prometheus'"},
      {200, "{}", "the answer is not Prometheus'"},
      {404, "not found", "it answers 404"},
      {400, R"({"status":"error","errorType":"bad_data","error":"parse error at 1"})",
       "parse error at 1"},
      {500, R"({"error":"a\nb"})", "a?b"},
      {500, R"({"error":""})", "it does not say why"},
      {500, R"({"error":")" + std::string(1000, 'x') + "\"}", std::string(200, 'x') + "..."}};
  for (const auto& one : cases) {
    const auto read = read_prometheus_answer(one.status, one.body);
    EXPECT_EQ(read.error, one.error) << one.body;
    EXPECT_FALSE(read.value.has_value());
  }
}

}  // namespace
}  // namespace sluice::app
