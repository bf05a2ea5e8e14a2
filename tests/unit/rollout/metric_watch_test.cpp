#include "rollout/metric_watch.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

using namespace std::chrono_literals;

const Measurement kGood{.value = 1};
const Measurement kBad{.value = 0.5};
const Measurement kNothing{};
const Measurement kError{.value = {}, .error = "connection refused"};

MetricSpec spec() {
  return {.name = "conversion", .success = "result >= 0.95"};
}

TEST(MetricWatch, JudgesByWhatIsWritten) {
  MetricSpec both = spec();
  both.failure = "result < 0.6";
  MetricSpec failure{.name = "errors", .failure = "result > 0.01"};
  const struct {
    MetricSpec spec;
    Measurement measurement;
    Outcome outcome;
  } cases[] = {{spec(), kGood, Outcome::success},
               {spec(), kBad, Outcome::failure},
               {spec(), kNothing, Outcome::no_data},
               {spec(), {.value = std::nan("")}, Outcome::no_data},
               {spec(), {.value = HUGE_VAL}, Outcome::success},
               {spec(), kError, Outcome::error},
               {both, kGood, Outcome::success},
               {both, kBad, Outcome::failure},
               {both, {.value = 0.8}, Outcome::inconclusive},
               {failure, {.value = 0}, Outcome::success},
               {failure, {.value = 0.5}, Outcome::failure}};
  for (const auto& one : cases)
    EXPECT_EQ(judge(one.spec, one.measurement), one.outcome)
        << one.measurement.value.value_or(-1) << ' ' << label(judge(one.spec, one.measurement));
}

TEST(MetricWatch, IsAskedOnceEachInterval) {
  MetricSpec asked = spec();
  asked.interval = 60s;
  asked.initial_delay = 10s;
  MetricWatch watch(asked);
  const MetricWatch::SteadyTime start{1h};
  EXPECT_FALSE(watch.is_due(start));
  EXPECT_TRUE(watch.is_due(start + 10s));
  EXPECT_FALSE(watch.is_due(start + 10h)) << "it has not answered yet";
  watch.take(kGood);
  EXPECT_FALSE(watch.is_due(start + 69s));
  EXPECT_TRUE(watch.is_due(start + 70s));
}

TEST(MetricWatch, CountsFailuresOverTheWholeRollout) {
  MetricSpec lenient = spec();
  lenient.failure_limit = 2;
  MetricWatch watch(lenient);
  for (const auto& one : {kBad, kGood, kBad, kGood})
    EXPECT_EQ(watch.take(one), std::nullopt) << watch.in_words();
  watch.forgive();
  EXPECT_EQ(watch.take(kBad), Outcome::failure);
  EXPECT_EQ(watch.failures(), 3U);
  EXPECT_EQ(watch.in_words(), "conversion is 0.5, wanted result >= 0.95");
}

TEST(MetricWatch, CountsErrorsAndLackOfDataInARow) {
  for (const auto& [measurement, outcome, words] :
       {std::tuple(kError, Outcome::error, "conversion cannot be measured: connection refused"),
        {kNothing, Outcome::no_data, "conversion has no value"}}) {
    MetricWatch watch(spec());
    for (int i = 0; i < 4; ++i) EXPECT_EQ(watch.take(measurement), std::nullopt);
    EXPECT_EQ(watch.take(kGood), std::nullopt);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(watch.take(measurement), std::nullopt);
    EXPECT_EQ(watch.take(measurement), outcome);
    EXPECT_EQ(watch.in_words(), words);
    watch.forgive();
    EXPECT_EQ(watch.take(measurement), std::nullopt);
  }
}

}  // namespace
}  // namespace sluice::rollout
