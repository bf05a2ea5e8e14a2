// The command line of an operator: ending the proxy, help of the shell, mistakes.
#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

const char* const kShop =
    "upstreams: { blue: { endpoints: [\"127.0.0.1:1\"] } }\n"
    "routes: [{ name: shop, split: { blue: 1 } }]\n";

TEST(Operator, DrainsOverTheAdminApi) {
  const TempFolder folder;
  Program program(folder, kShop);
  Wire client = Wire::connect(program.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 502);
  const Finished refused =
      run_program({SLUICE_BINARY, "drain", "--admin",
                   "http://127.0.0.1:" + std::to_string(program.admin_port())});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.output.find("a token is needed"), std::string::npos);
  const Finished drained = program.verb({"drain"});
  EXPECT_EQ(drained.exit_code, 0) << drained.output;
  EXPECT_EQ(drained.output, "draining\n");
  EXPECT_EQ(program.process().wait(), 0);
  EXPECT_TRUE(client.closed_by_peer());
}

// With the shell that everybody has.
TEST(Operator, IsHelpedByBash) {
  const auto completed = [](const std::string& words, int at) {
    return run_program({"bash", "-c",
                        "source <(" + std::string(SLUICE_BINARY) +
                            " completion bash)\nCOMP_WORDS=(" + words + ")\nCOMP_CWORD=" +
                            std::to_string(at) + "\n_sluice\necho \"${COMPREPLY[*]}\""})
        .output;
  };
  EXPECT_EQ(completed("sluice stat", 1), "status\n");
  EXPECT_EQ(completed("sluice weights s", 2), "set\n");
  EXPECT_EQ(completed("sluice status --wa", 2), "--watch\n");
  EXPECT_EQ(completed("sluice status -o j", 3), "json\n");
  EXPECT_EQ(completed("sluice completion z", 2), "zsh\n");
}

TEST(Operator, HasAManualPageOfEveryVerb) {
  const std::string page = run_program({SLUICE_BINARY, "man"}).output;
  for (const char* part : {".TH SLUICE 1", ".SS run", ".SS weights set", ".SS drain", ".SS events",
                           "\\fB\\-\\-dry\\-run\\fR", ".SH SIGNALS"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST(Operator, IsToldWhenNothingListens) {
  const TempFolder folder;
  const std::string nobody = "http://127.0.0.1:" + std::to_string(free_port());
  const std::string socket = "unix:" + (folder / "admin.sock").string();
  for (const std::string& admin : {nobody, socket})
    for (const char* const verb : {"status", "reload", "drain", "events", "audit"}) {
      const Finished finished = run_program({SLUICE_BINARY, verb, "--admin", admin});
      EXPECT_EQ(finished.exit_code, 1) << verb;
      EXPECT_NE(finished.output.find("nothing answers at " + admin), std::string::npos)
          << finished.output;
      EXPECT_NE(finished.output.find("is `sluice run` up"), std::string::npos);
    }
}

}  // namespace
}  // namespace sluice::test
