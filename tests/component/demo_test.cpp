#include "app/demo/demo.hpp"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "app/demo/table.hpp"

namespace sluice::app::demo {
namespace {

// ---- the plan ------------------------------------------------------------------------------

TEST(DemoPlan, ReadsWeights) {
  const auto weights = parse_weights("canary=1,blue=3");
  ASSERT_TRUE(weights.ok());
  EXPECT_EQ((*weights)[0].weight, 3U);
  EXPECT_EQ((*weights)[1].weight, 0U);
  EXPECT_EQ((*weights)[2].weight, 1U);
}

TEST(DemoPlan, RefusesWeightsThatMeanNothing) {
  const struct {
    const char* text;
    const char* part;
  } cases[] = {
      {"", "is not NAME=WEIGHT"},
      {"blue", "is not NAME=WEIGHT"},
      {"blue=1,", "is not NAME=WEIGHT"},
      {"blu=1", "did you mean 'blue'"},
      {"blue=1x", "weight of blue"},
      {"blue=-1", "weight of blue"},
      {"blue=0,green=0", "at least one weight"},
  };
  for (const auto& it : cases) {
    const auto weights = parse_weights(it.text);
    ASSERT_FALSE(weights.ok()) << it.text;
    EXPECT_NE(weights.error().find(it.part), std::string::npos) << weights.error();
  }
}

// ---- the judgement -------------------------------------------------------------------------

Count count_of(std::uint64_t blue, std::uint64_t canary, std::uint64_t errors = 0) {
  return {{{"blue", 0.9, blue, 1, 1}, {"canary", 0.1, canary, 1, 1}}, blue + canary, errors};
}

TEST(DemoTally, MeasuresDeviationInSigmas) {
  EXPECT_DOUBLE_EQ(deviation(900, 1000, 0.9), 0);
  EXPECT_NEAR(deviation(930, 1000, 0.9), 30 / std::sqrt(90.0), 1e-9);
  EXPECT_DOUBLE_EQ(deviation(0, 1000, 0), 0);
  EXPECT_TRUE(std::isinf(deviation(1, 1000, 0)));
  EXPECT_TRUE(std::isinf(deviation(999, 1000, 1)));
}

TEST(DemoTally, JudgesSplitAndErrors) {
  EXPECT_TRUE(is_as_configured(count_of(9000, 1000)));
  EXPECT_TRUE(is_as_configured(count_of(9089, 911)));   // 2.97 sigma
  EXPECT_FALSE(is_as_configured(count_of(9091, 909)));  // 3.03
  EXPECT_FALSE(is_as_configured(count_of(9000, 1000, 1)));
  EXPECT_FALSE(is_as_configured(count_of(0, 0)));
}

TEST(DemoTally, CountsAnUnknownBackendAsAnError) {
  Tally tally(usual_variants());
  tally.add("blue", std::chrono::milliseconds(1));
  tally.add("mallory", std::chrono::milliseconds(1));
  EXPECT_EQ(tally.count().answers, 1U);
  EXPECT_EQ(tally.count().errors, 1U);
}

TEST(DemoTable, IsPlainWithoutColourAndSaysWhatIsWrong) {
  const Count count = count_of(9091, 909, 2);
  const std::string table = draw_table({count, std::chrono::milliseconds(1500), 10, false});
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  EXPECT_NE(table.find("90.91 %"), std::string::npos);
  const std::string verdict = draw_verdict(count, false);
  EXPECT_NE(verdict.find("2 requests had no good answer"), std::string::npos);
  EXPECT_NE(verdict.find("canary is more than 3"), std::string::npos);
  EXPECT_NE(draw_table({count, std::chrono::milliseconds(1), 1, true}).find('\x1b'),
            std::string::npos);
}

// ---- the whole -----------------------------------------------------------------------------

// With this seed and one worker the draws, and so the counts, are the same every time.
Plan small_plan() {
  Plan plan;
  plan.headless = true;
  plan.requests = 2'000;
  plan.requests_per_second = 20'000;
  plan.seed = 1;
  return plan;
}

TEST(Demo, SplitsAsConfigured) {
  std::ostringstream out;
  EXPECT_EQ(play(small_plan(), {}, out), 0) << out.str();
  EXPECT_NE(out.str().find("2000 answers   0 errors"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("ok: "), std::string::npos);
}

TEST(Demo, AWeightOfZeroGetsNothing) {
  Plan plan = small_plan();
  plan.variants = *parse_weights("blue=1");
  std::ostringstream out;
  EXPECT_EQ(play(plan, {}, out), 0) << out.str();
  EXPECT_NE(out.str().find("canary        0.00 %      0.00 %"), std::string::npos) << out.str();
}

TEST(Demo, EndsByTime) {
  Plan plan = small_plan();
  plan.requests.reset();
  plan.duration = std::chrono::milliseconds(1);
  std::ostringstream out;
  play(plan, {}, out);  // whatever has been answered in that time
  EXPECT_NE(out.str().find("answers"), std::string::npos);
}

}  // namespace
}  // namespace sluice::app::demo
