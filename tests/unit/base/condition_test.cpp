#include "base/condition.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Condition, HoldsOrDoesNot) {
  const struct {
    const char* text;
    double result;
    bool holds;
  } cases[] = {{"result >= 0.95", 0.95, true},
               {"result >= 0.95", 0.9499, false},
               {"result > 0.95", 0.95, false},
               {"result<1e3", 999, true},
               {"result <= -2", -2, true},
               {"result == 5", 5, true},
               {"result != 5", 5, false},
               {"result[0] < 1", 0.5, true},
               {"  result  >  1 && result < 3 ", 2, true},
               {"result > 1 && result < 3", 3, false},
               {"result < 1 || result > 3", 4, true},
               {"result < 1 || result > 3 && result < 5", 6, false}};
  for (const auto& one : cases) {
    const auto condition = Condition::parse(one.text);
    ASSERT_TRUE(condition.ok()) << one.text << ": " << condition.error();
    EXPECT_EQ(condition.value().holds(one.result), one.holds) << one.text << " of " << one.result;
  }
}

TEST(Condition, SaysWhatItCannotRead) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "'' does not begin with result: write 'result >= 0.95'"},
      {"0.95 <= result", "'0.95 <= result' does not begin with result: write 'result >= 0.95'"},
      {"result", "'result' compares nothing: <, <=, >, >=, == or != comes after result"},
      {"result = 1", "'result = 1' compares nothing: <, <=, >, >=, == or != comes after result"},
      {"result > ", "'' is no number"},
      {"result > 95%", "'95%' is no number"},
      {"result > nan", "'nan' is no number"},
      {"result < inf", "'inf' is no number"},
      {"result > 1 && ", "'' does not begin with result: write 'result >= 0.95'"}};
  for (const auto& [text, message] : cases) {
    const auto condition = Condition::parse(text);
    ASSERT_FALSE(condition.ok()) << text;
    EXPECT_EQ(condition.error(), message);
  }
}

}  // namespace
}  // namespace sluice
