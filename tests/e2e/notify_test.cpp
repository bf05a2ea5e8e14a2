// Who is told of events, by a receiver that is up, down and up again.
#include <csignal>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

std::vector<std::string> receiver(std::uint16_t port,
                                  const std::vector<std::string>& statuses = {}) {
  std::vector<std::string> words{"python3", SLUICE_SOURCE_DIR "/tests/support/receiver.py",
                                 std::to_string(port)};
  words.insert(words.end(), statuses.begin(), statuses.end());
  return words;
}

std::string shop_that_tells(std::uint16_t port, const std::string& more) {
  return "state: { path: state.db }\n"
         "notifications: [{ url: \"http://127.0.0.1:" +
         std::to_string(port) + "/hook\"" + more +
         " }]\n"
         "upstreams: { blue: { endpoints: [\"127.0.0.1:1\"] } }\n"
         "routes: [{ name: shop, split: { blue: 1 } }]\n";
}

TEST(Notify, TellsAReceiverInItsWordsAndSigns) {
  const TempFolder folder;
  const std::uint16_t port = free_port();
  folder.write("hook.key", "swordfish\n");
  const Process taking(receiver(port), folder / "receiver.log");
  EXPECT_TRUE(wait_until_listening(port));
  const Program program(folder, shop_that_tells(port, ", secret_file: hook.key"));
  EXPECT_EQ(program.verb({"weights", "set", "shop", "blue=7"}).exit_code, 0);
  EXPECT_TRUE(taking.wait_for_output("\"after\": \"blue=7\""));
  const std::string told = taking.output();
  for (const char* part :
       {"\"path\": \"/hook\"", "\"content-type\": \"application/cloudevents+json\"",
        "\"webhook-signature\": \"v1,", "\"type\": \"sluice.weights\"", "\"subject\": \"shop\""})
    EXPECT_NE(told.find(part), std::string::npos) << part << "\n" << told;
  EXPECT_EQ(told.find("swordfish"), std::string::npos);
}

TEST(Notify, SendsTheKindsThatAreWantedAndGivesUpWhatIsRefused) {
  const TempFolder folder;
  const std::uint16_t port = free_port();
  const Process taking(receiver(port, {"400"}), folder / "receiver.log");
  EXPECT_TRUE(wait_until_listening(port));
  Program program(folder, shop_that_tells(port, ", format: slack, events: [reload]"));
  EXPECT_EQ(program.verb({"weights", "set", "shop", "blue=7"}).exit_code, 0);
  program.reload(shop_that_tells(port, ", format: slack, events: [reload]"));
  EXPECT_TRUE(program.says("is given up: it answered 400"));
  program.reload(shop_that_tells(port, ", format: slack, events: [reload]"));
  EXPECT_TRUE(taking.wait_for_output("\"status\": 204"));
  EXPECT_EQ(taking.output().find("weights"), std::string::npos);
  EXPECT_NE(taking.output().find("{\"text\": \"reload "), std::string::npos);
}

// Nothing waits for it, and what it was to hear outlives kill -9.
TEST(Notify, TriesAgainAlsoAfterARestart) {
  const TempFolder folder;
  const std::uint16_t port = free_port();
  Program program(folder, shop_that_tells(port, ""));
  for (const char* weights : {"blue=5", "blue=6"})
    EXPECT_EQ(program.verb({"weights", "set", "shop", weights}).exit_code, 0);
  EXPECT_TRUE(program.says("it is tried again"));
  program.kill_and_restart();
  const Process taking(receiver(port, {"503"}), folder / "receiver.log");
  EXPECT_TRUE(taking.wait_for_output("\"after\": \"blue=6\""));
  const std::string told = taking.output();
  EXPECT_LT(told.find("blue=5\""), told.find("blue=6\"")) << "in their order";
  program.process().signal(SIGTERM);
  EXPECT_EQ(program.process().wait(), 0);
}

}  // namespace
}  // namespace sluice::test
