// Questions that nobody answers are bounded, and end with the caller.
#include "notify/caller.hpp"

#include <mutex>

#include <gtest/gtest.h>

#include "tests/support/deaf_listener.hpp"

namespace sluice::notify {
namespace {

TEST(Caller, AsksNoMoreThanSoManyAtOnceAndGivesUpAtItsEnd) {
  const test::DeafListener deaf;
  const std::string url = "http://127.0.0.1:" + std::to_string(deaf.port()) + "/";
  std::mutex mutex;
  std::size_t answers = 0;
  std::string newest;
  {
    Caller caller;
    const auto count = [&](const Answer& answer) {
      const std::lock_guard lock(mutex);
      ++answers;
      newest = answer.why;
    };
    for (std::size_t i = 0; i < Caller::kQuestionsMax; ++i)
      caller.read(url, std::chrono::hours(1), count);
    EXPECT_EQ(answers, 0U);
    caller.ask(url, "{}", std::chrono::hours(1), count);
    EXPECT_EQ(answers, 1U);
    EXPECT_EQ(newest, "too many questions are without an answer");
  }
  EXPECT_EQ(answers, Caller::kQuestionsMax + 1);
}

}  // namespace
}  // namespace sluice::notify
