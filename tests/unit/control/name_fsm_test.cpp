#include "control/name_fsm.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using namespace std::chrono_literals;
const NameTime kStart{1000h};

TEST(NameFsm, IsDueAtOnceAndUnheard) {
  const NameFsm fsm{NamePace{}};
  EXPECT_LE(fsm.due(), kStart);
  EXPECT_FALSE(fsm.heard());
}

TEST(NameFsm, SortsSoThatTheSameSetIsNoChange) {
  NameFsm fsm{NamePace{}};
  EXPECT_TRUE(fsm.on_answer({"10.0.0.2", "10.0.0.1", "10.0.0.2"}, 5s, kStart));
  EXPECT_EQ(fsm.addresses(), (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
  EXPECT_FALSE(fsm.on_answer({"10.0.0.1", "10.0.0.2"}, 5s, kStart));
  EXPECT_TRUE(fsm.on_answer({"10.0.0.1"}, 5s, kStart));
}

TEST(NameFsm, AsksAgainByTtl) {
  const struct {
    std::optional<std::chrono::seconds> ttl;
    std::chrono::milliseconds wait;
  } cases[] = {{0s, 1s}, {1s, 1s}, {60s, 60s}, {3600s, 1h}, {86400s, 1h}, {std::nullopt, 30s}};
  for (const auto& it : cases) {
    NameFsm fsm{NamePace{}};
    fsm.on_answer({"10.0.0.1"}, it.ttl, kStart);
    EXPECT_EQ(fsm.due() - kStart, it.wait);
  }
}

TEST(NameFsm, KeepsTheLastGoodAnswerAndBacksOff) {
  NameFsm fsm{NamePace{}};
  fsm.on_answer({"10.0.0.1"}, 60s, kStart);
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    fsm.on_failure(kStart);
    EXPECT_EQ(fsm.due() - kStart, wait);
  }
  EXPECT_EQ(fsm.addresses(), std::vector<std::string>{"10.0.0.1"});
  fsm.on_answer({"10.0.0.1"}, 60s, kStart);
  fsm.on_failure(kStart);
  EXPECT_EQ(fsm.due() - kStart, 1s) << "an answer ends the back-off";
}

TEST(NameFsm, AnEmptyAnswerIsAFailure) {
  NameFsm fsm{NamePace{}};
  fsm.on_answer({"10.0.0.1"}, 60s, kStart);
  EXPECT_FALSE(fsm.on_answer({}, 60s, kStart));
  EXPECT_EQ(fsm.addresses().size(), 1U);
  EXPECT_EQ(fsm.due() - kStart, 1s);
}

TEST(NameFsm, AFailureIsHeardToo) {
  NameFsm fsm{NamePace{}};
  fsm.on_failure(kStart);
  EXPECT_TRUE(fsm.heard());
}

}  // namespace
}  // namespace sluice::control
