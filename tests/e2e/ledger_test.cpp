// Nothing lost, doubled or mixed up while upstreams are killed, stopped and reset; and the rig that
// says so finds a proxy that lies. The long run is `./dev ledger`.
#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace sluice::test {
namespace {

Finished ledger(std::vector<std::string> options) {
  const TempFolder folder;
  std::vector<std::string> argv{LEDGER_BINARY, "run", "--folder", folder.path().string()};
  argv.insert(argv.end(), options.begin(), options.end());
  return run_program(std::move(argv));
}

TEST(Ledger, TwentyThousandRequestsOverDyingUpstreams) {
  const Finished run = ledger({"--sluice", SLUICE_BINARY, "--requests", "20000", "--seed", "20"});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_NE(run.output.find("verdict: clean"), std::string::npos) << run.output;
}

TEST(Ledger, ConvictsAProxyThatLies) {
  const struct {
    const char* lie;
    const char* rule;
    const char* requests;  // enough for some occasions to lie
  } cases[]{
      {"resend", "FAIL  no POST twice", "8000"},
      {"swap", "FAIL  no cross-talk", "2000"},
      {"shorten", "FAIL  no lie", "2000"},
      {"invent", "FAIL  every 2xx was processed", "2000"},
      {"finish", "FAIL  no half request processed", "8000"},
  };
  for (const auto& [lie, rule, requests] : cases) {
    const Finished run = ledger({"--lie", lie, "--requests", requests, "--seed", "3"});
    EXPECT_EQ(run.exit_code, 1) << lie << ": " << run.output;
    EXPECT_NE(run.output.find(rule), std::string::npos) << lie << ": " << run.output;
  }
}

TEST(Ledger, AcquitsASmallHonestProxy) {
  const Finished run = ledger({"--lie", "honest", "--requests", "3000", "--seed", "3"});
  EXPECT_EQ(run.exit_code, 0) << run.output;
}

}  // namespace
}  // namespace sluice::test
