// Endpoints that die, stall, flap or say that they are ill, under the load of a real client.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "base/parse.hpp"
#include "tests/e2e/endpoint.hpp"
#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

class Proxy : public Program {
 public:
  using Program::Program;

  // The bodies of that many answers, counted.
  std::map<std::string, int> ask(int times) const {
    std::map<std::string, int> answers;
    for (int i = 0; i < times; ++i) {
      Wire wire = Wire::connect(port());
      wire.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
      const WireMessage answer = wire.read_message();
      ++answers[answer.status() == 200 ? answer.body : std::to_string(answer.status())];
    }
    return answers;
  }
  // They come to be such: a worker serves a new snapshot a moment after it was made.
  bool answers(const std::map<std::string, int>& expected, int times) const {
    for (int tries = 0; tries < 50; ++tries) {
      if (ask(times) == expected) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // The value of a sample of the metrics; -1 when there is none.
  double metric(const std::string& sample) const {
    const std::string text = metrics();
    const std::size_t at = text.find("\n" + sample + " ");
    if (at == std::string::npos) return -1;
    const std::size_t begin = at + sample.size() + 2;
    const auto value =
        parse_integer(text.substr(begin, text.find('\n', begin) - begin), 0, UINT32_MAX);
    return value ? static_cast<double>(*value) : -1;
  }
};

// Some 2,000 requests a second in the background.
class SteadyLoad {
 public:
  SteadyLoad(const TempFolder& folder, const Proxy& proxy, int seconds)
      : wrk_({"wrk", "-t1", "-c64", "-d" + std::to_string(seconds) + "s", "-s",
              SLUICE_SOURCE_DIR "/tests/e2e/steady.lua", proxy.url()},
             folder / "wrk.log") {}

  // Ends it: how often each status came, and "errors".
  std::map<std::string, std::uint64_t> counts() {
    EXPECT_EQ(wrk_.wait(), 0) << wrk_.output();
    const auto counts = counts_after("steady", wrk_.output());
    EXPECT_FALSE(counts.empty()) << wrk_.output();
    return counts;
  }

 private:
  Process wrk_;
};

using Counts = std::map<std::string, std::uint64_t>;

bool all_200(const Counts& counts) {
  return counts.size() == 2 && counts.at("errors") == 0 && counts.contains("200");
}

void pause(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::string two_endpoints(const Endpoint& one, const Endpoint& other, const std::string& extra) {
  return "upstreams:\n  blue:\n    endpoints: [\"" + one.address() + "\", \"" + other.address() +
         "\"]\n    " + extra + "\nroutes: [{ name: all, split: { blue: 1 } }]\n";
}

TEST(Health, AKilledEndpointCostsNoRequest) {
  const TempFolder folder;
  Endpoint one(folder, "one");
  const Endpoint other(folder, "other");
  const Proxy proxy(folder, two_endpoints(one, other, "outlier: {}"));
  SteadyLoad load(folder, proxy, 4);
  pause(1'500);
  one.kill();
  EXPECT_TRUE(proxy.says("health: blue " + one.address() + " is ejected for 10s"));
  const Counts counts = load.counts();
  EXPECT_TRUE(all_200(counts)) << ::testing::PrintToString(counts);
  EXPECT_GT(counts.at("200"), 4'000U) << "there was no load";
}

// The kernel goes on to accept connections for it: only time tells.
TEST(Health, ChecksDoNotKeepTheProcessAlive) {
  const TempFolder folder;
  const Endpoint one(folder, "one");
  const Endpoint other(folder, "other");
  Proxy proxy(folder, two_endpoints(one, other, "health: { tcp: {} }\n    outlier: {}"));
  EXPECT_EQ(proxy.ask(1).size(), 1U);
  proxy.process().signal(SIGTERM);
  EXPECT_EQ(proxy.process().wait(), 0);
}

TEST(Health, AStalledEndpointIsEjectedAndComesBackSlowly) {
  const TempFolder folder;
  const Endpoint one(folder, "one");
  const Endpoint other(folder, "other");
  const Proxy proxy(folder, two_endpoints(one, other,
                                          "response_timeout: 500ms\n    slow_start: 1s\n"
                                          "    outlier: { base_ejection: 1s }"));
  SteadyLoad during(folder, proxy, 3);
  pause(1'000);
  one.signal(SIGSTOP);
  EXPECT_TRUE(proxy.says("health: blue " + one.address() + " is ejected"));
  const Counts counts = during.counts();
  EXPECT_EQ(counts.at("errors"), 0U);
  EXPECT_GT(counts.at("200"), 2'000U);
  // Each of the 64 clients may have met it when the time of the first was not over, once or, after
  // its first ejection, twice.
  EXPECT_LE(counts.contains("504") ? counts.at("504") : 0, 3 * 64U);
  one.signal(SIGCONT);
  EXPECT_TRUE(proxy.says("health: blue " + one.address() + " is back after its ejection"));
  SteadyLoad after(folder, proxy, 3);
  EXPECT_TRUE(all_200(after.counts()));
  const auto answers = proxy.ask(100);
  EXPECT_GT(answers.contains("one") ? answers.at("one") : 0, 20);
}

// A session of `one` stays through a drain; nobody new comes; `down` ends it for all.
TEST(Health, AnOperatorTakesAnEndpointOut) {
  const TempFolder folder;
  const Endpoint one(folder, "one");
  const Endpoint other(folder, "other");
  const Proxy proxy(folder, "upstreams: { blue: { endpoints: [\"" + one.address() + "\", \"" +
                                other.address() +
                                "\"] } }\nroutes: [{ name: all, split: { blue: 1 }, "
                                "sticky: { cookie: s, endpoint: true } }]\n");
  const auto state = [&](const std::string& word) {
    return run_program({"curl", "-sS", "-X", "PUT", "-H", "Content-Type: application/json", "-H",
                        "Authorization: Bearer " + proxy.admin_token(), "-d",
                        "{\"state\":\"" + word + "\"}",
                        "http://127.0.0.1:" + std::to_string(proxy.admin_port()) +
                            "/api/v1/upstreams/blue/endpoints/" + one.address() + "/state"})
        .output;
  };
  const std::string jar = (folder / "jar").string();
  const auto session = [&] {
    return run_program({"curl", "-sS", "-b", jar, "-c", jar, proxy.url()}).output;
  };
  while (session() != "one") std::filesystem::remove(jar);
  SteadyLoad load(folder, proxy, 3);
  EXPECT_EQ(state("drain"), "{\"state\":\"drain\"}\n");
  EXPECT_EQ(proxy.ask(50), (std::map<std::string, int>{{"other", 50}}));
  EXPECT_EQ(session(), "one");
  EXPECT_EQ(state("down"), "{\"state\":\"down\"}\n");
  EXPECT_EQ(session(), "other");
  EXPECT_EQ(state("active"), "{\"state\":\"active\"}\n");
  EXPECT_EQ(proxy.ask(100).size(), 2U);
  EXPECT_TRUE(all_200(load.counts()));
}

// 200 and a body that says otherwise; texts that a search for "healthy" would take for it.
TEST(Health, AReportIsReadNotSearched) {
  const TempFolder folder;
  const Endpoint one(folder, "one");
  const Endpoint other(folder, "other");
  const Proxy proxy(
      folder, two_endpoints(one, other,
                            "health: { http: { path: /health/deep }, interval: 50ms, "
                            "down_interval: 50ms, rise: 2, fall: 2, expect: { json: { /status: "
                            "healthy, /checks/database: true, /environment: blue } } }"));
  EXPECT_TRUE(proxy.answers({{"one", 10}, {"other", 10}}, 20));
  const std::string name = "health: blue " + one.address();
  const std::string good =
      R"({"status":"healthy","checks":{"database":true},"version":"1.1","environment":"blue"})";
  struct Row {
    std::string report, reason;
  };
  int ups = 1;
  for (const Row& row :
       {Row{R"({"status":"healthy","checks":{"database":false},"environment":"blue"})",
            "/checks/database is false"},
        Row{R"({"status":"not healthy","checks":{"database":true},"environment":"blue"})",
            "/status is \"not healthy\""},
        Row{R"({"status":"unhealthy","status":"healthy","checks":{"database":true}})", "status"},
        Row{R"({"status":"healthy","checks":{"database":true},"environment":"green"})",
            "/environment is \"green\""}}) {
    one.report(row.report);
    EXPECT_TRUE(proxy.says(name + " is down: ", ups)) << row.report;
    EXPECT_TRUE(proxy.says(row.reason)) << row.report;
    EXPECT_TRUE(proxy.answers({{"other", 10}}, 10)) << row.report;
    one.report(good);
    EXPECT_TRUE(proxy.says(name + " is up", ++ups)) << row.report;
  }
  EXPECT_GT(proxy.metric("sluice_health_checks_total{endpoint=\"" + one.address() +
                         "\",result=\"unhealthy\",upstream=\"blue\"}"),
            7);
}

// Both endpoints of the canary are down, at 90/10.
TEST(Health, WhatBecomesOfTheShareOfAnUpstreamThatIsDown) {
  const TempFolder folder;
  const Endpoint blue(folder, "blue");
  Endpoint one(folder, "one");
  Endpoint other(folder, "other");
  const auto config = [&](const std::string& when) {
    return "upstreams:\n  blue: { endpoints: [\"" + blue.address() +
           "\"] }\n  canary: { endpoints: [\"" + one.address() + "\", \"" + other.address() +
           "\"], health: { tcp: {}, interval: 50ms, fall: 2 } }\n"
           "routes: [{ name: all, split: { blue: 90, canary: 10 }, when_unavailable: " +
           when + " }]\n";
  };
  Proxy proxy(folder, config("redistribute"));
  one.kill();
  other.kill();
  EXPECT_TRUE(proxy.says(one.address() + " is down"));
  EXPECT_TRUE(proxy.says(other.address() + " is down"));
  EXPECT_TRUE(proxy.answers({{"blue", 300}}, 300));

  proxy.reload(config("fail"));
  const auto failed = proxy.ask(1'000);
  EXPECT_NEAR(failed.at("503"), 100, 45);  // 4.7 standard deviations

  proxy.reload(config("fallback:blue"));
  EXPECT_EQ(proxy.ask(1'000), (std::map<std::string, int>{{"blue", 1'000}}));
  EXPECT_NEAR(proxy.metric(
                  R"(sluice_split_decisions_total{route="all",upstream="blue",reason="fallback"})"),
              100, 45);
}

// SLUICE_FLAP_SECONDS=60 for a whole minute of it.
int flap_seconds() {
  const char* const wanted = std::getenv("SLUICE_FLAP_SECONDS");
  const auto seconds = parse_integer(wanted == nullptr ? "6" : wanted, 3, 600);
  return seconds ? static_cast<int>(*seconds) : 6;
}

TEST(Health, AFlappingEndpointDoesNotFlood) {
  const TempFolder folder;
  Endpoint one(folder, "one");
  const Endpoint other(folder, "other");
  const Proxy proxy(folder,
                    two_endpoints(one, other,
                                  "health: { tcp: {}, interval: 20ms, down_interval: 20ms, rise: "
                                  "1, fall: 1 }\n    outlier: { base_ejection: 100ms }"));
  const int seconds = flap_seconds();
  SteadyLoad load(folder, proxy, seconds);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds - 1);
  int flaps = 0;
  for (; std::chrono::steady_clock::now() < until; ++flaps) {
    one.kill();
    pause(300);
    one.start();
    pause(300);
  }
  const Counts counts = load.counts();
  EXPECT_TRUE(all_200(counts)) << ::testing::PrintToString(counts);
  EXPECT_GT(flaps, 2);
  EXPECT_LE(proxy.metric("sluice_generation"), 10 * (seconds + 2)) << "ten a second";
  EXPECT_GE(proxy.metric("sluice_generation"), flaps) << "it was not noticed";
}

TEST(Health, NoVerdictAndNoRequestIsLostOverAHundredReloads) {
  const TempFolder folder;
  Endpoint one(folder, "one");
  const Endpoint other(folder, "other");
  const auto config = [&](int run) {
    return two_endpoints(one, other,
                         "health: { tcp: {}, interval: " + std::to_string(1'000 + run) +
                             "ms, fall: 1, timeout: 100ms }");
  };
  Proxy proxy(folder, config(0));
  one.kill();
  EXPECT_TRUE(proxy.says(one.address() + " is down"));
  SteadyLoad load(folder, proxy, 4);
  for (int run = 1; run <= 100; ++run) proxy.reload(config(run));
  const Counts counts = load.counts();
  EXPECT_TRUE(all_200(counts)) << ::testing::PrintToString(counts);
  const std::string log = proxy.process().output();
  EXPECT_EQ(log.find(one.address() + " is up", log.find("is down")), std::string::npos);
  EXPECT_EQ(proxy.metric("sluice_retries_total{route=\"all\",upstream=\"blue\",reason=\"connect_"
                         "failure\"}"),
            0)
      << "a request was sent where nobody is";
}

}  // namespace
}  // namespace sluice::test
