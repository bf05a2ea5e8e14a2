// The admin API as its own document describes it, and the metrics as Prometheus reads them.
#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace sluice::test {
namespace {

Finished run_script(const std::string& name) {
  return run_program(
      {"python3", std::string(SLUICE_SOURCE_DIR) + "/tests/e2e/" + name, SLUICE_BINARY});
}

TEST(Api, AnswersEachCodeThatItsDocumentSaysAndNoOther) {
  const Finished walk = run_script("api_walk.py");
  EXPECT_EQ(walk.exit_code, 0) << walk.output;
}

TEST(Api, IsScrapedByPrometheus) {
  const Finished scrape = run_script("prometheus_scrape.py");
  EXPECT_EQ(scrape.exit_code, 0) << scrape.output;
}

}  // namespace
}  // namespace sluice::test
