// The scripted conversations of tests/e2e/vtc: varnishtest plays client and upstream, word by word,
// with the real program between them.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace sluice::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> scripts() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(SLUICE_SOURCE_DIR "/tests/e2e/vtc"))
    if (entry.path().extension() == ".vtc") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

// One worker, so that the script knows which pooled connection comes next.
std::string configuration(const std::string& folder) {
  return "version: 1\nworkers: 1\nlisteners: [{ bind: \"unix:" + folder +
         "/edge.sock\" }]\nupstreams: { blue: { endpoints: [\"unix:" + folder +
         "/s1.sock\"] } }\nroutes: [{ split: { blue: 1 } }]\n";
}

class Vtc : public testing::TestWithParam<std::string> {};

TEST_P(Vtc, RunsAsWritten) {
  TempFolder folder;
  const auto config = folder.write("sluice.yaml", configuration(folder.path().string()));
  Process sluice({SLUICE_BINARY, "run", "-c", config.string()}, folder / "sluice.log");
  ASSERT_TRUE(sluice.wait_for_output("ready")) << sluice.output();
  const Finished script =
      run_program({"varnishtest", "-t", "30", "-D", "dir=" + folder.path().string(),
                   SLUICE_SOURCE_DIR "/tests/e2e/vtc/" + GetParam() + ".vtc"});
  EXPECT_EQ(script.exit_code, 0) << script.output;
}

INSTANTIATE_TEST_SUITE_P(Scripts, Vtc, testing::ValuesIn(scripts()),
                         [](const auto& script) { return script.param; });

}  // namespace
}  // namespace sluice::test
