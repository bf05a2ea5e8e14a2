// Versions that go bad under the load of a real client, and rollouts of versions that do not.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/e2e/rig.hpp"
#include "tests/support/deaf_listener.hpp"

namespace sluice::test {
namespace {

constexpr std::chrono::seconds kPatience{30};

bool becomes(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

// A real nginx that fails while it is told to.
class Version {
 public:
  Version(const TempFolder& folder, const std::string& name)
      : flag_(folder / (name + ".bad")), port_(free_port()) {
    const std::string prefix = (folder / name).string();
    const auto config = folder.write(
        name + ".conf", "worker_processes 1; daemon off; master_process off; pid " + prefix +
                            ".pid; error_log " + prefix +
                            ".err;\nevents { worker_connections 1024; }\nhttp { access_log off; "
                            "keepalive_requests 100000000; client_body_temp_path " +
                            prefix + ".body;\nserver { listen 127.0.0.1:" + std::to_string(port_) +
                            " backlog=1024; location / { if (-f " + flag_.string() +
                            ") { return 500 'bad'; } return 200 '" + name + "'; } }\n}\n");
    nginx_ = std::make_unique<Process>(std::vector<std::string>{"nginx", "-c", config.string()},
                                       folder / (name + ".log"));
    EXPECT_TRUE(wait_until_listening(port_)) << nginx_->output();
  }
  ~Version() { nginx_->signal(SIGCONT); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void fail() const { std::ofstream(flag_) << "x"; }
  void hang() const { nginx_->signal(SIGSTOP); }

 private:
  std::filesystem::path flag_;
  std::uint16_t port_;
  std::unique_ptr<Process> nginx_;
};

class Guard : public ::testing::Test {
 protected:
  // `route`: more of what is said about it.
  std::string configuration(const std::string& split, const std::string& route = "",
                            const std::string& rest = "") const {
    return "upstreams:\n  blue: { endpoints: [\"" + blue_.address() +
           "\"] }\n  canary: { endpoints: [\"" + canary_.address() +
           "\"] }\nroutes:\n  - name: shop\n    split: " + split +
           "\n    guard: { baseline: blue }\n" + route + rest;
  }

  static bool has_weights(const Program& sluice, const std::string& wanted) {
    return sluice.verb({"weights", "get", "shop"}).output.find(wanted) != std::string::npos;
  }
  static std::string guard(const Program& sluice) {
    return sluice.verb({"guard", "shop", "-o", "json"}).output;
  }
  static bool has_decided(const Program& sluice, const std::string& action) {
    return guard(sluice).find("\"action\":\"" + action + "\"") != std::string::npos;
  }

  // Some 2,000 requests a second until it goes.
  std::unique_ptr<Process> load(const Program& sluice) const {
    return std::make_unique<Process>(
        std::vector<std::string>{"wrk", "-t1", "-c64", "-d120s", "-s",
                                 SLUICE_SOURCE_DIR "/tests/e2e/steady.lua", sluice.url()},
        folder_ / "wrk.log");
  }

  TempFolder folder_;
  Version blue_{folder_, "blue"};
  Version canary_{folder_, "canary"};
};

TEST_F(Guard, ACanaryThatFailsLosesItsWeight) {
  const Program sluice(folder_, configuration("{ blue: 95, canary: 5 }"));
  const auto wrk = load(sluice);
  canary_.fail();
  EXPECT_TRUE(becomes([&] { return has_weights(sluice, "blue=100 canary=0"); })) << guard(sluice);
  const std::string evidence = guard(sluice);
  EXPECT_NE(evidence.find("\"action\":\"revert\""), std::string::npos) << evidence;
  EXPECT_NE(evidence.find("\"metric\":\"errors\""), std::string::npos) << evidence;
  EXPECT_NE(evidence.find("came from the upstream with 5% of the requests"), std::string::npos)
      << evidence;
  const std::string metrics = sluice.metrics();
  EXPECT_NE(metrics.find("sluice_reversions_total{route=\"shop\",reason=\"errors\"} 1"),
            std::string::npos);
  EXPECT_NE(sluice.verb({"audit"}).output.find("guard"), std::string::npos);
  EXPECT_NE(sluice.verb({"guard", "shop"}).output.find("nobody is watched"), std::string::npos);
}

TEST_F(Guard, OneThatHangsIsNoticedLongBeforeItsTimeout) {
  const Program sluice(folder_, configuration("{ blue: 90, canary: 10 }"));
  const auto wrk = load(sluice);
  // There is something to compare with.
  ASSERT_TRUE(becomes([&] {
    return guard(sluice).find("slow_after_seconds") != std::string::npos;
  })) << guard(sluice);
  canary_.hang();
  EXPECT_TRUE(becomes([&] { return has_weights(sluice, "canary=0"); })) << guard(sluice);
  // By those that still wait: at its timeout of 30 s they would be errors.
  EXPECT_NE(guard(sluice).find("requests slower than p"), std::string::npos) << guard(sluice);
}

TEST_F(Guard, WhatBothSufferFromIsNotTheCanarysFault) {
  const Program sluice(folder_, configuration("{ blue: 90, canary: 10 }"));
  blue_.fail();
  canary_.fail();
  const auto wrk = load(sluice);
  EXPECT_TRUE(becomes([&] { return has_decided(sluice, "pause"); })) << guard(sluice);
  EXPECT_FALSE(has_decided(sluice, "revert")) << guard(sluice);
  EXPECT_TRUE(has_weights(sluice, "blue=90 canary=10"));
}

TEST_F(Guard, ABaselineThatFailsCostsTheCanaryNothing) {
  const Program sluice(folder_, configuration("{ blue: 50, canary: 50 }"));
  blue_.fail();
  const auto wrk = load(sluice);
  ASSERT_TRUE(becomes([&] {  // a thousand failures at least
    const std::string text = guard(sluice);
    const std::size_t at = text.find("\"bad_on_both\":");
    return at != std::string::npos && std::atoi(text.c_str() + at + 14) > 1000;
  })) << guard(sluice);
  EXPECT_TRUE(has_weights(sluice, "blue=50 canary=50")) << guard(sluice);
}

TEST_F(Guard, PinnedClientsMoveOrStayAsTheRouteSays) {
  for (const char* const on_revert : {"move", "keep"}) {
    const TempFolder folder;
    const Program sluice(
        folder, configuration(
                    "{ blue: 50, canary: 50 }",
                    std::string("    sticky: { cookie: sluice, on_revert: ") + on_revert + " }\n"));
    // A client of the canary.
    std::string cookie;
    ASSERT_TRUE(becomes([&] {
      Wire wire = Wire::connect(sluice.port());
      wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      const WireMessage answer = wire.read_message();
      cookie = answer.field("Set-Cookie").value_or("");
      cookie = cookie.substr(0, cookie.find(';'));
      return answer.body == "canary";
    }));
    const auto wrk = load(sluice);
    ASSERT_EQ(sluice.verb({"weights", "set", "shop", "blue=50", "canary=50"}).exit_code, 0);
    canary_.fail();
    EXPECT_TRUE(becomes([&] { return has_weights(sluice, "canary=0"); })) << guard(sluice);
    std::filesystem::remove(folder_ / "canary.bad");
    Wire wire = Wire::connect(sluice.port());
    wire.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + cookie + "\r\n\r\n");
    EXPECT_EQ(wire.read_message().body, std::string(on_revert) == "move" ? "blue" : "canary");
  }
}

// Item 4: nobody who is told, and no disk, stands before it.
TEST_F(Guard, NeitherAFullDiskNorADeafReceiverDelaysAReversion) {
  const DeafListener receiver;
  const Program sluice(
      folder_,
      configuration("{ blue: 95, canary: 5 }", "",
                    "state: { path: state.db }\nnotifications: [{ url: \"http://127.0.0.1:" +
                        std::to_string(receiver.port()) + "/\" }]\n"));
  const auto wrk = load(sluice);
  const rlimit no_more{1, RLIM_INFINITY};  // bytes of a file
  ASSERT_EQ(prlimit(sluice.process().pid(), RLIMIT_FSIZE, &no_more, nullptr), 0);
  const Finished write = sluice.verb({"weights", "set", "shop", "blue=90", "canary=10"});
  EXPECT_EQ(write.exit_code, 1) << "what cannot be kept is refused: " << write.output;
  canary_.fail();
  EXPECT_TRUE(becomes([&] { return has_weights(sluice, "blue=100 canary=0"); })) << guard(sluice);
  EXPECT_TRUE(has_decided(sluice, "revert")) << guard(sluice);
}

TEST_F(Guard, GoesBackByHandToWhatIsKnownToBeGood) {
  const Program sluice(folder_, configuration("{ blue: 100, canary: 0 }"));
  ASSERT_EQ(sluice.verb({"weights", "set", "shop", "blue=50", "canary=50"}).exit_code, 0);
  const Finished back = run_program(
      {"curl", "-sS", "-X", "POST", "-H", "Authorization: Bearer " + sluice.admin_token(), "-H",
       "Content-Type: application/json", "-d", "{\"reason\":\"I do not like it\"}",
       "http://127.0.0.1:" + std::to_string(sluice.admin_port()) + "/api/v1/routes/shop/revert"});
  EXPECT_NE(back.output.find("\"source\":\"revert\""), std::string::npos) << back.output;
  EXPECT_TRUE(has_weights(sluice, "blue=100 canary=0"));
}

// ---- rollouts ----------------------------------------------------------------------------------

constexpr const char* kSteps =
    "rollouts:\n  - route: shop\n    stable: blue\n    canary: canary\n    steps:\n"
    "      - set_weight: 10%\n      - pause: {}\n      - set_weight: 30%\n"
    "      - gate: { name: boss }\n      - set_weight: 100%\n"
    "      - bake: { for: 1h, holdback: 20% }\n";

class Rollout : public Guard {
 protected:
  std::string kept() const {
    return configuration("{ blue: 100, canary: 0 }", "",
                         std::string(kSteps) + "state: { path: state.db }\n");
  }
  static bool stands(const Program& sluice, const std::string& words) {
    return sluice.verb({"rollout", "status", "shop"}).output.find(words) != std::string::npos;
  }
};

TEST_F(Rollout, OfAGoodVersionEndsWithAllWeight) {
  const Program sluice(folder_, configuration("{ blue: 100, canary: 0 }", "", kSteps));
  EXPECT_EQ(sluice.verb({"rollout", "status", "shop"}).exit_code, 1) << "there was none";
  const auto wrk = load(sluice);
  EXPECT_EQ(sluice.verb({"rollout", "start", "shop"}).exit_code, 0);
  EXPECT_TRUE(becomes([&] { return stands(sluice, "paused (step)"); }));
  EXPECT_TRUE(has_weights(sluice, "blue=9 canary=1"));
  EXPECT_EQ(sluice.verb({"rollout", "start", "shop"}).exit_code, 1) << "it is running";
  EXPECT_EQ(sluice.verb({"rollout", "approve", "shop"}).exit_code, 1) << "it is at no gate";
  EXPECT_EQ(sluice.verb({"rollout", "promote", "shop"}).exit_code, 0);
  EXPECT_TRUE(becomes([&] { return stands(sluice, "paused (gate)"); }));
  EXPECT_TRUE(has_weights(sluice, "blue=7 canary=3"));
  EXPECT_EQ(sluice.verb({"rollout", "status", "shop", "--timeout", "10ms"}).exit_code, 124);
  EXPECT_EQ(sluice.verb({"rollout", "approve", "shop"}).exit_code, 0);
  EXPECT_TRUE(becomes([&] { return stands(sluice, "baking"); }))
      << sluice.verb({"rollout", "status", "shop"}).output << guard(sluice);
  EXPECT_TRUE(has_weights(sluice, "blue=1 canary=4"));
  EXPECT_EQ(sluice.verb({"rollout", "promote", "shop"}).exit_code, 0);
  EXPECT_EQ(sluice.verb({"rollout", "status", "shop", "--timeout", "30s"}).exit_code, 0);
  EXPECT_TRUE(has_weights(sluice, "blue=0 canary=100"));
  EXPECT_EQ(sluice.verb({"rollout", "undo", "shop"}).exit_code, 0);
  EXPECT_TRUE(has_weights(sluice, "blue=100 canary=0"));
  EXPECT_NE(sluice.metrics().find("sluice_rollout_phase{route=\"shop\",phase=\"aborted\"} 1"),
            std::string::npos);
}

TEST_F(Rollout, OfABadVersionEndsWithABreach) {
  const Program sluice(folder_, configuration("{ blue: 100, canary: 0 }", "", kSteps));
  canary_.fail();
  const auto wrk = load(sluice);
  EXPECT_EQ(sluice.verb({"rollout", "start", "shop"}).exit_code, 0);
  EXPECT_TRUE(becomes([&] { return stands(sluice, "aborted"); }));
  EXPECT_TRUE(stands(sluice, "errors came from the upstream with 10% of the requests"))
      << sluice.verb({"rollout", "status", "shop"}).output;
  EXPECT_TRUE(has_weights(sluice, "blue=100 canary=0"));
  EXPECT_EQ(sluice.verb({"rollout", "status", "shop", "--timeout", "1s"}).exit_code, 1);
}

// Item 4: the guard stands while a rollout waits.
TEST_F(Rollout, ABreachEndsItWhereverItWaits) {
  const struct {
    std::vector<const char*> words;  // that lead there
    const char* stands;
  } places[] = {{{"start", "pause"}, "paused (manual)"},
                {{"start", "promote"}, "paused (gate)"},
                {{"start", "promote", "approve"}, "baking"}};
  for (const auto& place : places) {
    const TempFolder folder;
    const Program sluice(folder, configuration("{ blue: 100, canary: 0 }", "", kSteps));
    const auto wrk = load(sluice);
    for (const char* const word : place.words)
      EXPECT_TRUE(becomes([&] {
        return sluice.verb({"rollout", word, "shop"}).exit_code == 0;
      })) << word;
    ASSERT_TRUE(becomes([&] { return stands(sluice, place.stands); })) << place.stands;
    canary_.fail();
    EXPECT_TRUE(becomes([&] { return stands(sluice, "aborted"); })) << place.stands;
    EXPECT_TRUE(has_weights(sluice, "blue=100 canary=0")) << place.stands;
    std::filesystem::remove(folder_ / "canary.bad");
  }
}

TEST_F(Rollout, AsksAndTellsItsHooks) {
  const std::uint16_t port = free_port();
  const Process receiver(
      {"python3", SLUICE_SOURCE_DIR "/tests/support/receiver.py", std::to_string(port)},
      folder_ / "receiver.log");
  ASSERT_TRUE(wait_until_listening(port));
  std::string hooks = "    hooks:\n";
  for (const char* const type :
       {"pre_rollout", "confirm_traffic_increase", "confirm_promotion", "post_rollout", "event"})
    hooks += std::string("      - { type: ") + type +
             ", url: \"http://127.0.0.1:" + std::to_string(port) + "/\" }\n";
  const Program sluice(
      folder_, configuration("{ blue: 100, canary: 0 }", "",
                             "rollouts:\n  - route: shop\n    stable: blue\n    canary: canary\n"
                             "    steps:\n      - set_weight: 50%\n" +
                                 hooks));
  EXPECT_EQ(sluice.verb({"rollout", "start", "shop"}).exit_code, 0);
  EXPECT_EQ(sluice.verb({"rollout", "status", "shop", "--timeout", "30s"}).exit_code, 0);
  const auto at = [&](const std::string& type) {
    const std::string mark = "\"type\": \"" + type + "\"";
    EXPECT_TRUE(becomes([&] { return receiver.output().find(mark) != std::string::npos; })) << type;
    return receiver.output().find(mark);
  };
  EXPECT_LT(at("pre_rollout"), at("confirm_traffic_increase"));
  EXPECT_LT(at("confirm_traffic_increase"), at("confirm_promotion"));
  EXPECT_LT(at("confirm_promotion"), at("post_rollout"));
  at("event");
  EXPECT_TRUE(becomes([&] {
    return sluice.metrics().find(
               "sluice_rollout_hook_calls_total{route=\"shop\",type=\"post_rollout\","
               "outcome=\"confirmed\"} 1") != std::string::npos;
  }));
}

TEST_F(Rollout, ListensToARealPrometheus) {
  const std::uint16_t port = free_port();
  const auto config = folder_.write("prometheus.yml", "global: {}\n");
  const Process prometheus(
      {"prometheus", "--config.file=" + config.string(),
       "--storage.tsdb.path=" + (folder_ / "data").string(),
       "--web.listen-address=127.0.0.1:" + std::to_string(port), "--log.level=warn"},
      folder_ / "prometheus.log");
  ASSERT_TRUE(becomes([&] {
    return run_program({"curl", "-sf", "http://127.0.0.1:" + std::to_string(port) + "/-/ready"})
               .exit_code == 0;
  })) << prometheus.output();
  const struct {
    const char* query;
    const char* phase;
    const char* words;
  } cases[] = {
      {"vector(1)", "paused (step)", "conversion is 1, wanted result >= 0.95"},
      {"vector(0.5)", "aborted", "the metric conversion is 0.5, wanted result >= 0.95"},
      {"nobody_has_this", "paused (no_data)", "the metric conversion has no value"},
      {"sum(", "paused (no_data)", "the metric conversion cannot be measured: invalid parameter"}};
  for (const auto& one : cases) {
    const TempFolder folder;
    const Program sluice(
        folder, configuration(
                    "{ blue: 100, canary: 0 }", "",
                    "rollouts:\n  - route: shop\n    stable: blue\n    canary: canary\n"
                    "    steps: [{ set_weight: 50% }, { pause: {} }]\n    external:\n"
                    "      - { name: conversion, prometheus: \"http://127.0.0.1:" +
                        std::to_string(port) + "\", query: \"" + one.query +
                        "\", interval: 100ms, success: \"result >= 0.95\",\n"
                        "          consecutive_error_limit: 1, consecutive_no_data_limit: 1 }\n"));
    EXPECT_EQ(sluice.verb({"rollout", "start", "shop"}).exit_code, 0);
    EXPECT_TRUE(becomes([&] { return stands(sluice, one.phase) && stands(sluice, one.words); }))
        << sluice.verb({"rollout", "status", "shop"}).output;
  }
}

// Item 6: kill -9 wherever it is; it waits at the same weight, and abort works.
TEST_F(Rollout, KilledAtEveryStepWaitsAtTheSameWeight) {
  const struct {
    const char* word;  // that leads there from the place before
    const char* stands;
    const char* weights;
  } places[] = {{"start", "paused (step)", "blue=9 canary=1"},
                {"promote", "paused (gate)", "blue=7 canary=3"},
                {"approve", "baking", "blue=1 canary=4"}};
  for (std::size_t last = 0; last < std::size(places); ++last) {
    const TempFolder folder;
    Program sluice(folder, kept());
    for (std::size_t i = 0; i <= last; ++i) {
      const Finished asked = sluice.verb({"rollout", places[i].word, "shop"});
      EXPECT_EQ(asked.exit_code, 0) << places[i].word << ": " << asked.output;
      ASSERT_TRUE(becomes([&] { return stands(sluice, places[i].stands); })) << places[i].stands;
    }
    sluice.kill_and_restart();
    EXPECT_TRUE(stands(sluice, "paused (restart)"))
        << sluice.verb({"rollout", "status", "shop"}).output;
    EXPECT_TRUE(has_weights(sluice, places[last].weights)) << places[last].word;
    EXPECT_EQ(sluice.verb({"rollout", "resume", "shop"}).exit_code, 0);
    EXPECT_TRUE(becomes([&] { return stands(sluice, places[last].stands); }));
    sluice.kill_and_restart();
    EXPECT_EQ(sluice.verb({"rollout", "abort", "shop"}).exit_code, 0);
    EXPECT_TRUE(has_weights(sluice, "blue=100 canary=0"));
    sluice.kill_and_restart();
    EXPECT_TRUE(stands(sluice, "aborted"));
    EXPECT_TRUE(has_weights(sluice, "blue=100 canary=0"));
  }
}

}  // namespace
}  // namespace sluice::test
