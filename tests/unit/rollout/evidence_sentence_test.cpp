#include "rollout/evidence_sentence.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

TEST(EvidenceSentence, NumbersOfAnySize) {
  struct Row {
    double x;
    const char* text;
  };
  const Row rows[] = {
      {0, "1"},
      {std::log(400), "400"},
      {std::log(2000.0 / 3), "667"},
      {std::log(0.5), "0.5"},
      {std::log(0.96), "0.96"},
      {std::log(9.97), "10"},
      {std::log(2.14e5), "2.1e5"},
      {std::log(9999.7), "1.0e4"},
      {std::log(9.99e7), "1.0e8"},
      {std::log(0.001), "1.0e-3"},
      {690, "4.6e299"},
      {-5000, "3.4e-2172"},
  };
  for (const Row& row : rows) EXPECT_EQ(exp_in_words(row.x), row.text) << row.x;
}

TEST(EvidenceSentence, Percentages) {
  EXPECT_EQ(percent_in_words(0.05), "5%");
  EXPECT_EQ(percent_in_words(0.001), "0.1%");
  EXPECT_EQ(percent_in_words(1.0 / 3), "33.3%");
  EXPECT_EQ(percent_in_words(1), "100%");
}

TEST(EvidenceSentence, Sentences) {
  SplitTally tally;
  tally.add({0.05, 7, 1});
  EXPECT_EQ(relative_sentence(error_limits(), tally, {std::log(2.1e5), std::log(400)}),
            "7 of 8 errors came from the upstream with 5% of the requests: E = 2.1e5 against "
            "1/alpha = 400");
  EXPECT_EQ(relative_sentence(latency_limits(0.9), tally, {std::log(600), std::log(500)}),
            "7 of 8 requests slower than p90 came from the upstream with 5% of the requests: E = "
            "600 against 1/alpha = 500");
  EXPECT_EQ(relative_sentence(error_limits(), {}, {}), "no errors yet");
  SplitTally own;
  own.add({0.05, 41, 19});
  EXPECT_EQ(ceiling_sentence(error_limits(), own, {std::log(3.3e4), std::log(667)}),
            "41 of 60 requests failed, at most 5% may: E = 3.3e4 against 1/alpha = 667");
  EXPECT_EQ(ceiling_sentence(latency_limits(0.99, "2s"), own, {std::log(3.3e4), std::log(800)}),
            "41 of 60 requests took longer than 2s, at most 1% may: E = 3.3e4 against 1/alpha = "
            "800");
}

}  // namespace
}  // namespace sluice::rollout
