// When a write that is sent again is done again, and when it is not.
#include "admin/replays.hpp"

#include <gtest/gtest.h>

namespace sluice::admin {
namespace {

using Verdict = Replays::Verdict;

const Replays::Time kNow{std::chrono::hours(100)};
constexpr Sha256Digest kOne{1}, kTwo{2};

Response answer(http::status status) {
  return make_response(status, "application/json", "{}\n");
}

TEST(Replays, AnswersTheSameRequestOnce) {
  Replays replays;
  EXPECT_EQ(replays.begin("k", kOne, kNow).verdict, Verdict::fresh);
  EXPECT_EQ(replays.begin("k", kOne, kNow).verdict, Verdict::pending);
  EXPECT_EQ(replays.begin("k", kTwo, kNow).verdict, Verdict::another);
  EXPECT_EQ(replays.begin("l", kOne, kNow).verdict, Verdict::fresh);
  replays.settle("k", answer(http::status::precondition_failed));
  const auto again = replays.begin("k", kOne, kNow + Replays::kHeldFor / 2);
  ASSERT_EQ(again.verdict, Verdict::again);
  const auto told = answer_of(again);
  EXPECT_EQ(told->result_int(), 412U);
  EXPECT_EQ((*told)["Idempotency-Replayed"], "true");
  EXPECT_EQ(told->body(), "{}\n");
  EXPECT_EQ(replays.begin("k", kTwo, kNow + Replays::kHeldFor / 2).verdict, Verdict::another);
  EXPECT_EQ(replays.begin("k", kTwo, kNow + Replays::kHeldFor).verdict, Verdict::fresh);
}

TEST(Replays, WhatFailedOnOurSideMayBeTriedAgain) {
  Replays replays;
  (void)replays.begin("k", kOne, kNow);
  replays.settle("k", answer(http::status::service_unavailable));
  EXPECT_EQ(replays.begin("k", kTwo, kNow).verdict, Verdict::fresh);
  replays.forget("k");
  EXPECT_EQ(replays.begin("k", kOne, kNow).verdict, Verdict::fresh);
}

TEST(Replays, HoldsTheNewest) {
  Replays replays;
  for (std::size_t i = 0; i <= Replays::kEntriesMax; ++i) {
    const std::string key = std::to_string(i);
    ASSERT_EQ(replays.begin(key, kOne, kNow).verdict, Verdict::fresh);
    replays.settle(key, answer(http::status::ok));
  }
  EXPECT_EQ(replays.begin("1", kOne, kNow).verdict, Verdict::again);
  EXPECT_EQ(replays.begin("0", kOne, kNow).verdict, Verdict::fresh);
}

TEST(Replays, ARequestIsItsActorMethodTargetTagAndBody) {
  const auto request = [](http::verb method, const char* target, const char* tag,
                          const char* body) {
    Request it(method, target, 11);
    it.set(http::field::if_match, tag);
    it.set(http::field::user_agent, body);
    it.body() = body;
    return it;
  };
  const auto first = fingerprint_of(request(http::verb::put, "/a", "*", "{}"), "ann");
  EXPECT_EQ(fingerprint_of(request(http::verb::put, "/a", "*", "{}"), "ann"), first);
  const Sha256Digest others[] = {
      fingerprint_of(request(http::verb::post, "/a", "*", "{}"), "ann"),
      fingerprint_of(request(http::verb::put, "/a?b", "*", "{}"), "ann"),
      fingerprint_of(request(http::verb::put, "/a", "\"1\"", "{}"), "ann"),
      fingerprint_of(request(http::verb::put, "/a", "*", "{ }"), "ann"),
      fingerprint_of(request(http::verb::put, "/a", "*", "{}"), "bob"),
  };
  for (const auto& other : others) EXPECT_NE(other, first);
}

TEST(Replays, OneActorsKeysAreNothingToAnother) {
  Replays replays;
  EXPECT_EQ(replays.begin(held_as("ann", "k"), kOne, kNow).verdict, Verdict::fresh);
  EXPECT_EQ(replays.begin(held_as("bob", "k"), kTwo, kNow).verdict, Verdict::fresh);
  EXPECT_EQ(replays.begin(held_as("ann", "k"), kOne, kNow).verdict, Verdict::pending);
  EXPECT_NE(held_as("ann", "k"), held_as("ann b", "k"));
}

TEST(Replays, AKeyIsShortAndVisible) {
  const struct {
    std::string key;
    bool good;
  } cases[] = {{"a", true},
               {std::string(255, 'x'), true},
               {std::string(256, 'x'), false},
               {"", false},
               {"a b", false},
               {"\xC3\xA4", false}};
  for (const auto& it : cases) {
    Request request;
    request.set("Idempotency-Key", it.key);
    EXPECT_EQ(read_idempotency_key(request).ok(), it.good) << it.key;
  }
  EXPECT_FALSE(read_idempotency_key(Request())->has_value());
  Request twice;
  twice.insert("Idempotency-Key", "a");
  twice.insert("Idempotency-Key", "a");
  EXPECT_FALSE(read_idempotency_key(twice).ok());
}

}  // namespace
}  // namespace sluice::admin
