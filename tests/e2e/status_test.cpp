// What the proxy says of itself while it is watched.
#include <csignal>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

TEST(Status, ShowsTheSharesThatWereObserved) {
  const TempFolder folder;
  const Backends backends(folder);
  const Sluice sluice(folder, backends, "split: { blue: 3, canary: 1 }");
  EXPECT_EQ(sluice.verb({"status"}).output.find("observed"), std::string::npos) << "no traffic yet";
  const auto sent = wrk_split(sluice, 1'000);
  EXPECT_GT(sent.at("blue"), 0U);
  const std::string text = sluice.verb({"status"}).output;
  const std::size_t at = text.find("observed blue 7");  // of 75 %
  EXPECT_NE(at, std::string::npos) << text;
  const std::string weights =
      run_program({"curl", "-sS",
                   "http://127.0.0.1:" + std::to_string(sluice.admin_port()) +
                       "/api/v1/routes/all/weights"})
          .output;
  EXPECT_NE(weights.find("\"observed\":{\"blue\":0.7"), std::string::npos) << weights;
}

TEST(Status, IsWatchedAtATerminalThatIsRestored) {
  const TempFolder folder;
  const Backends backends(folder);
  const Sluice sluice(folder, backends, "split: { blue: 3, canary: 1 }");
  const std::string admin = "http://127.0.0.1:" + std::to_string(sluice.admin_port());
  const Finished watched =
      run_program({"python3", SLUICE_SOURCE_DIR "/tests/support/terminal.py", "route all", "2",
                   SLUICE_BINARY, "status", "--watch", "--admin", admin});
  EXPECT_NE(watched.output.find("exit=0 restored=True"), std::string::npos) << watched.output;
  EXPECT_NE(watched.output.find("\x1b[?1049h\x1b[?25l\x1b[H"), std::string::npos);
  EXPECT_NE(watched.output.rfind("\x1b[?25h\x1b[?1049l"), std::string::npos);
}

TEST(Status, IsPlainElsewhereAndOutlivesTheProxy) {
  const TempFolder folder;
  const Backends backends(folder);
  Sluice sluice(folder, backends, "split: { blue: 3, canary: 1 }");
  const std::string admin = "http://127.0.0.1:" + std::to_string(sluice.admin_port());
  Process watch({SLUICE_BINARY, "status", "--watch", "--admin", admin}, folder / "watch.log");
  EXPECT_TRUE(watch.wait_for_output("ok, generation", 2));
  sluice.process().signal(SIGKILL);
  EXPECT_TRUE(watch.wait_for_output("nothing answers at " + admin));
  watch.signal(SIGINT);
  EXPECT_EQ(watch.wait(), 0);
  EXPECT_EQ(watch.output().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
