// The judge of the ledger rig must be able to fail: made-up ledgers, each with one thing wrong.
#include <functional>

#include <gtest/gtest.h>

#include "loadtest/ledger/judge.hpp"

namespace ledger {
namespace {

constexpr std::uint64_t kHash = 0xabcd;

ClientEntry answered(std::uint64_t id, Method method) {
  return {.id = id,
          .body_hash = kHash,
          .method = method,
          .sent_whole = true,
          .outcome = Outcome::whole,
          .server = 0,
          .status = 200};
}

void processed(Evidence& evidence, std::uint64_t id, Method method, std::uint8_t server = 0) {
  for (const Event event : {Event::arrived, Event::processed})
    evidence.upstream.push_back({.id = id,
                                 .body_hash = event == Event::processed ? kHash : 0,
                                 .method = method,
                                 .event = event,
                                 .server = server});
}

// Ids 1 to 100, methods in turn, all answered by blue.1; three quarters placed at blue.
Evidence clean() {
  Evidence evidence;
  evidence.servers = {"blue.1", "blue.2"};
  for (std::uint64_t id = 1; id <= 100; ++id) {
    const auto method = static_cast<Method>(id % kMethods.size());
    evidence.client.push_back(answered(id, method));
    processed(evidence, id, method);
  }
  evidence.arms = {{"blue", 0.75, 75}, {"green", 0.25, 25}};
  evidence.before = Footprint{20, 10'000};
  evidence.after = Footprint{20, 10'100};
  return evidence;
}

ClientEntry& entry(Evidence& evidence, std::uint64_t id) {
  return evidence.client[id - 1];
}

constexpr std::uint64_t kPost = 2;  // the first id of each method
constexpr std::uint64_t kPut = 3;
constexpr std::uint64_t kGet = 4;

TEST(LedgerJudge, AcquitsACleanRun) {
  const Verdict verdict = judge(clean());
  EXPECT_TRUE(verdict.clean());
}

TEST(LedgerJudge, AcquitsWhatFaultsMayLeave) {
  Evidence evidence = clean();
  for (const auto& [id, outcome, status] :
       {std::tuple{5, Outcome::refused, 502}, std::tuple{6, Outcome::broken, 200},
        std::tuple{7, Outcome::unanswered, 0}, std::tuple{8, Outcome::aborted, 0}}) {
    entry(evidence, id).outcome = outcome;
    entry(evidence, id).status = static_cast<std::uint16_t>(status);
  }
  processed(evidence, kPut, Method::put, 1);  // may be sent again
  processed(evidence, kGet, Method::get, 1);
  EXPECT_TRUE(judge(evidence).clean());
}

struct Crime {
  const char* name;
  Rule rule;
  std::function<void(Evidence&)> commit;
};

Crime outcome(const char* name, Rule rule, Outcome outcome) {
  return {name, rule, [outcome](Evidence& it) { entry(it, kGet).outcome = outcome; }};
}

std::vector<Crime> crimes() {
  return {
      {"a 2xx that nobody has processed", Rule::not_processed,
       [](Evidence& it) { it.upstream.erase(it.upstream.begin() + 6, it.upstream.begin() + 8); }},
      {"a 2xx in the name of another server", Rule::not_processed,
       [](Evidence& it) { entry(it, kGet).server = 1; }},
      {"a 2xx in nobody's name", Rule::not_processed,
       [](Evidence& it) { entry(it, kGet).server = kNoServer; }},
      {"a POST processed twice", Rule::post_twice,
       [](Evidence& it) { processed(it, kPost, Method::post); }},
      {"a POST processed by two servers", Rule::post_twice,
       [](Evidence& it) { processed(it, kPost, Method::post, 1); }},
      {"a POST that arrived twice, even if it was processed once", Rule::post_twice,
       [](Evidence& it) {
         it.upstream.push_back({.id = kPost, .method = Method::post, .event = Event::arrived});
       }},
      outcome("another request's id", Rule::cross_talk, Outcome::foreign_id),
      outcome("another request's bytes", Rule::cross_talk, Outcome::foreign_bytes),
      outcome("a clean end in the wrong place", Rule::lie, Outcome::false_end),
      outcome("a hash that is not its body's", Rule::lie, Outcome::false_hash),
      outcome("not HTTP", Rule::lie, Outcome::malformed),
      outcome("dropped", Rule::dropped, Outcome::dropped),
      outcome("hung", Rule::hung, Outcome::hung),
      outcome("400 to a good request", Rule::wrong_refusal, Outcome::unexpected_status),
      {"another body than was sent", Rule::falsified,
       [](Evidence& it) { entry(it, kPut).body_hash = kHash + 1; }},
      {"another method than was sent", Rule::falsified,
       [](Evidence& it) { entry(it, kGet).method = Method::head; }},
      {"a request that nobody has sent", Rule::falsified,
       [](Evidence& it) { processed(it, 1'000, Method::get); }},
      {"no request at all", Rule::falsified,
       [](Evidence& it) { it.upstream.push_back({.event = Event::garbled}); }},
      {"half a request taken for a whole one", Rule::half_processed,
       [](Evidence& it) { entry(it, kPut).sent_whole = false; }},
      {"an id twice in the client's ledger", Rule::two_faces,
       [](Evidence& it) { it.client.push_back(answered(kGet, Method::get)); }},
      {"a split far off", Rule::split,
       [](Evidence& it) {
         it.arms = {{"blue", 0.75, 55}, {"green", 0.25, 45}};
       }},
      {"more placed than sent", Rule::miscounted,
       [](Evidence& it) {
         it.arms = {{"blue", 0.75, 78}, {"green", 0.25, 23}};
       }},
      {"fewer placed than answered", Rule::miscounted,
       [](Evidence& it) {
         it.arms = {{"blue", 0.75, 74}, {"green", 0.25, 25}};
       }},
      {"descriptors that stay open", Rule::descriptors,
       [](Evidence& it) { it.after->descriptors = 22; }},
      {"a proxy that never rests", Rule::descriptors, [](Evidence& it) { it.never_rests = true; }},
      {"memory that stays", Rule::memory, [](Evidence& it) { it.after->resident_kib = 10'501; }},
      {"hardly an answer", Rule::proves_nothing,
       [](Evidence& it) {
         for (std::uint64_t id = 1; id <= 80; ++id) entry(it, id).outcome = Outcome::refused;
       }},
  };
}

TEST(LedgerJudge, ConvictsEachCrimeByItsOwnRule) {
  for (const Crime& crime : crimes()) {
    SCOPED_TRACE(crime.name);
    Evidence evidence = clean();
    crime.commit(evidence);
    const Verdict verdict = judge(evidence);
    EXPECT_FALSE(verdict.clean());
    EXPECT_GE(verdict[crime.rule].count, 1u);
    EXPECT_FALSE(verdict[crime.rule].examples.empty());
  }
}

TEST(LedgerJudge, CountsAllAndNamesTheFirst) {
  Evidence evidence = clean();
  for (ClientEntry& one : evidence.client) one.outcome = Outcome::foreign_id;
  const Finding finding = judge(evidence)[Rule::cross_talk];
  EXPECT_EQ(finding.count, 100u);
  ASSERT_EQ(finding.examples.size(), 5u);
  EXPECT_EQ(finding.examples.front(), "HEAD 1: foreign id, status 200");
}

}  // namespace
}  // namespace ledger
