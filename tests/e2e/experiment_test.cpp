// An experiment over real servers: users are placed, stay, and are counted when they convert.
#include <map>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

constexpr const char* kExperiment =
    "experiments:\n  - { name: button, route: all, control: blue,\n"
    "      split: { blue: 50, green: 50 }, conversions: [purchase] }\n";

class ExperimentTest : public ::testing::Test {
 protected:
  // The arm that a new user sees, or the one with that cookie.
  std::string visit(std::string& cookie) const {
    Wire wire = Wire::connect(sluice_.port());
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n" +
              (cookie.empty() ? "" : "Cookie: " + cookie + "\r\n") + "\r\n");
    const WireMessage answer = wire.read_message();
    const std::string set = answer.field("Set-Cookie").value_or("");
    if (!set.empty()) cookie = set.substr(0, set.find(';'));
    return answer.body.substr(0, answer.body.find(' '));  // then what it was asked
  }
  std::string event(const std::string& body) const {
    return run_program({"curl", "-sS", "-H", "Authorization: Bearer " + sluice_.admin_token(), "-H",
                        "Content-Type: application/json", "-d", body,
                        "http://127.0.0.1:" + std::to_string(sluice_.admin_port()) +
                            "/api/v1/experiments/button/events"})
        .output;
  }
  std::string status() const { return sluice_.verb({"experiment", "status", "button"}).output; }

  TempFolder folder_;
  Backends backends_{folder_};
  Program sluice_{folder_, backends_.with_route("split: { blue: 1, green: 0, canary: 0 }, "
                                                "sticky: { cookie: sluice }") +
                               kExperiment};
};

TEST_F(ExperimentTest, SaysWhichArmConvertsMoreOften) {
  EXPECT_NE(event(R"({"arm":"blue","event":"purchase"})").find("is not running"),
            std::string::npos);
  EXPECT_NE(status().find("never started"), std::string::npos) << status();
  std::vector<std::string> earlier(20);
  for (std::string& cookie : earlier) EXPECT_EQ(visit(cookie), "blue");
  EXPECT_EQ(sluice_.verb({"experiment", "start", "button"}).exit_code, 0);
  EXPECT_EQ(sluice_.verb({"experiment", "start", "button"}).exit_code, 1) << "it is running";
  int moved = 0;
  for (std::string& cookie : earlier) moved += visit(cookie) == "green" ? 1 : 0;
  EXPECT_GT(moved, 0) << "who was placed by other weights is placed anew";
  std::map<std::string, int> users;
  for (int i = 0; i < 200; ++i) {
    std::string cookie;
    const std::string arm = visit(cookie);
    ++users[arm];
    if (i < 10) {
      EXPECT_EQ(visit(cookie), arm) << "a user stays";
    }
  }
  EXPECT_EQ(users.size(), 2U);
  EXPECT_EQ(event(R"({"event":"exposure","counts":{"blue":)" + std::to_string(users["blue"]) +
                  ",\"green\":" + std::to_string(users["green"]) + "}}"),
            "{\"counted\":true}\n");
  const std::string one_user = R"({"arm":"green","event":"purchase","key":"ann"})";
  EXPECT_EQ(event(one_user), "{\"counted\":true}\n");
  EXPECT_EQ(event(one_user), "{\"counted\":false}\n") << "once";
  EXPECT_NE(status().find("no difference is proven"), std::string::npos) << status();
  event(R"({"event":"purchase","counts":{"blue":100,"green":219}})");
  EXPECT_NE(status().find("): more often"), std::string::npos) << status();
  EXPECT_EQ(status().find("not placed as the split says"), std::string::npos) << status();
  EXPECT_EQ(sluice_.verb({"experiment", "stop", "button"}).exit_code, 0);
  EXPECT_EQ(sluice_.verb({"experiment", "stop", "button"}).exit_code, 1) << "it is stopped";
  const std::string weights = sluice_.verb({"weights", "get", "all"}).output;
  EXPECT_NE(weights.find("blue=50"), std::string::npos) << "nothing was promoted: " << weights;
  EXPECT_NE(sluice_.verb({"audit"}).output.find("experiment button"), std::string::npos);
}

// The guard, a rollout, or people: the chance that places users is another one then.
TEST_F(ExperimentTest, StopsWhenTheWeightsAreSetByOthers) {
  EXPECT_EQ(sluice_.verb({"experiment", "start", "button"}).exit_code, 0);
  EXPECT_EQ(event(R"({"arm":"green","event":"purchase"})"), "{\"counted\":true}\n");
  EXPECT_EQ(sluice_.verb({"weights", "set", "all", "blue=50", "green=10"}).exit_code, 0);
  EXPECT_NE(event(R"({"arm":"green","event":"purchase"})").find("is not running"),
            std::string::npos);
  EXPECT_NE(status().find("stopped by itself: the weights of the route are others now"),
            std::string::npos)
      << status();
  EXPECT_NE(status().find("purchase: green 1, blue 0"), std::string::npos) << "what it has counted";
}

}  // namespace
}  // namespace sluice::test
