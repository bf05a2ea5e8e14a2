// Following what happens, with the program and with curl.
#include <csignal>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

const char* const kShop =
    "upstreams: { blue: { endpoints: [\"127.0.0.1:1\"] }, canary: { endpoints: [\"127.0.0.1:2\"] } "
    "}\n"
    "routes: [{ name: shop, split: { blue: 90, canary: 10 } }]\n";

std::string admin_of(const Program& program) {
  return "http://127.0.0.1:" + std::to_string(program.admin_port());
}

TEST(Events, TellsWhatOperatorsAndTheProxyDo) {
  const TempFolder folder;
  Program program(folder, kShop);
  EXPECT_EQ(program.verb({"weights", "set", "shop", "blue=1", "--for", "1s"}).exit_code, 0);
  program.reload(kShop);
  program.write("routes: 7\n");
  program.process().signal(SIGHUP);
  EXPECT_TRUE(program.says("reload refused"));
  const Finished seen =
      program.verb({"events", "--after", "0", "--count", "4", "--kinds", "weights,reload"});
  EXPECT_EQ(seen.exit_code, 0);
  for (const char* part :
       {"weights  shop: blue=90 canary=10 -> blue=1 canary=0  actor=",
        "weights  shop: blue=1 canary=0 -> blue=90 canary=10  actor=sluice  reason=its time is up",
        "result=done  actor=signal", "result=refused  actor=signal"})
    EXPECT_NE(seen.output.find(part), std::string::npos) << part << "\n" << seen.output;
  const Finished wrong = program.verb({"events", "--kinds", "wieghts"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.output.find("there is no 'wieghts'"), std::string::npos);
}

TEST(Events, TellsAnEndpointThatGoesAndComes) {
  const TempFolder folder;
  const std::uint16_t port = free_port();
  const std::string endpoint = "127.0.0.1:" + std::to_string(port);
  Process server({"python3", "-m", "http.server", "--bind", "127.0.0.1", std::to_string(port)},
                 folder / "server.log");
  EXPECT_TRUE(wait_until_listening(port));
  const Program program(folder,
                        "upstreams: { blue: { endpoints: [\"" + endpoint +
                            "\"], health: { tcp: {}, interval: 50ms, rise: 1, fall: 1 } } }\n"
                            "routes: [{ name: shop, split: { blue: 1 } }]\n");
  const Process follower({SLUICE_BINARY, "events", "--after", "0", "--admin", admin_of(program)},
                         folder / "events.log");
  const std::string subject = "endpoint  blue " + endpoint + ": ";
  EXPECT_TRUE(follower.wait_for_output(subject + "healthy  detail=")) << follower.output();
  server.signal(SIGKILL);
  EXPECT_TRUE(follower.wait_for_output(subject + "unhealthy  detail=is down")) << follower.output();
}

TEST(Events, GoesOnAfterARestartAndSaysThatSomethingIsMissing) {
  const TempFolder folder;
  Program program(folder, kShop);
  const Process follower({SLUICE_BINARY, "events", "--admin", admin_of(program)},
                         folder / "events.log");
  // Until it follows, nothing can be told to it.
  const auto until = std::chrono::steady_clock::now() + kPatience;
  int blue = 1;
  while (follower.output().find("shop:") == std::string::npos &&
         std::chrono::steady_clock::now() < until)
    program.verb({"weights", "set", "shop", "blue=" + std::to_string(blue++)});
  program.kill_and_restart();
  EXPECT_TRUE(follower.wait_for_output("trying again"));
  EXPECT_EQ(program.verb({"weights", "set", "shop", "canary=77"}).exit_code, 0);
  EXPECT_TRUE(follower.wait_for_output("some events were missed")) << follower.output();
  EXPECT_TRUE(follower.wait_for_output("blue=0 canary=77")) << follower.output();
}

TEST(Events, EndsWhenTheProxyDrains) {
  const TempFolder folder;
  Program program(folder, kShop);
  const std::string url = admin_of(program) + "/api/v1/events";
  Process curl({"curl", "-sSN", url}, folder / "curl.log");
  EXPECT_TRUE(curl.wait_for_output("retry: 1000"));
  program.process().signal(SIGTERM);
  EXPECT_EQ(curl.wait(), 0) << curl.output();
  EXPECT_EQ(program.process().wait(), 0);
}

}  // namespace
}  // namespace sluice::test
