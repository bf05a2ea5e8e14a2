// Places at an endpoint and who gets them; what one worker's part of a limit is.
#include "proxy/upstream/quota.hpp"

#include <deque>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::proxy::upstream {
namespace {

using std::chrono::milliseconds;

// ---- parts -------------------------------------------------------------------------------------

TEST(WorkerShare, PartsAddUpToTheWholeOrToOneEach) {
  struct Case {
    std::uint32_t whole;
    std::vector<std::uint32_t> parts;
  };
  for (const auto& [whole, parts] : std::vector<Case>{{0, {0, 0, 0}},
                                                      {1, {1}},
                                                      {1, {1, 1, 1}},
                                                      {2, {1, 1, 1}},
                                                      {3, {1, 1, 1}},
                                                      {4, {2, 1, 1}},
                                                      {5, {2, 2, 1}},
                                                      {6, {2, 2, 2}},
                                                      {1'000'000, {333'334, 333'333, 333'333}}}) {
    const auto count = static_cast<std::uint32_t>(parts.size());
    for (std::uint32_t i = 0; i < count; ++i)
      EXPECT_EQ((WorkerShare{i, count}.of(whole)), parts[i]) << whole << " worker " << i;
  }
}

TEST(EndpointLimits, OfASpec) {
  struct Case {
    const char* name;
    std::optional<routing::LimitsSpec> spec;
    EndpointLimits second_of_two;
  };
  const auto spec = [](std::uint32_t connections, std::uint32_t requests, std::uint32_t pending) {
    routing::LimitsSpec out;
    out.max_connections = connections;
    out.max_requests = requests;
    out.max_pending = pending;
    return out;
  };
  const milliseconds second{1'000};
  for (const auto& [name, written, limits] : std::vector<Case>{
           {"none", std::nullopt, {}},
           {"nothing that limits", spec(0, 0, 7), {kUnlimited, kUnlimited, 3, second}},
           {"requests", spec(0, 9, 7), {4, kUnlimited, 3, second}},
           {"connections bound the requests", spec(9, 0, 0), {4, 4, 0, second}},
           {"the smaller of both", spec(9, 5, 1), {2, 4, 1, second}},
           {"the smaller of both", spec(3, 50, 1), {1, 1, 1, second}}})
    EXPECT_EQ(limits_of(written, {1, 2}), limits) << name;
}

// ---- the queue ---------------------------------------------------------------------------------

struct Someone final : Waiter {};

// A script of letters, and who was let in by it, in order. 'n': somebody new comes; he takes a
// place, waits, or is refused ('-'). 'f': a place becomes free. '0'..'9': that one leaves the
// queue, if he waits. '[n' sets n places, '(n' lets n wait.
std::string play(const std::string& script) {
  std::uint32_t taken = 0;
  Quota quota(taken);
  std::deque<Someone> people;
  std::string in;
  const auto admit = [&] {
    while (Waiter* const waiter = quota.admit())
      for (std::size_t i = 0; i < people.size(); ++i)
        if (&people[i] == waiter) in += static_cast<char>('0' + i);
  };
  std::uint32_t places = kUnlimited;
  std::uint32_t pending = 0;
  for (std::size_t at = 0; at < script.size(); ++at) {
    const char step = script[at];
    if (step == 'n') {
      people.emplace_back();
      if (quota.has_room()) {
        quota.take();
        in += static_cast<char>('0' + people.size() - 1);
      } else if (!quota.join(people.back())) {
        in += '-';
      }
    } else if (step == 'f') {
      quota.put_back();
      admit();
    } else if (step == '[' || step == '(') {
      const auto number = static_cast<std::uint32_t>(script[++at] - '0');
      (step == '[' ? places : pending) = number == 9 ? kUnlimited : number;
      quota.set(places, pending);
      admit();
    } else if (Someone& one = people[static_cast<std::size_t>(step - '0')]; one.waits()) {
      quota.leave(one);
    }
    std::uint32_t waiting = 0;
    for (const Someone& one : people) waiting += one.waits();
    EXPECT_EQ(quota.pending(), waiting) << script << " at " << at;
    EXPECT_TRUE(waiting == 0 || !quota.has_room()) << "somebody waits beside a free place";
  }
  return in;
}

TEST(Quota, FirstComeFirstServed) {
  struct Case {
    const char* name;
    const char* script;
    const char* in;
  };
  for (const auto& [name, script, in] :
       {Case{"without a limit all are in", "nnnn", "0123"},
        Case{"and nobody needs to be let in", "nnffnn", "0123"},
        Case{"as many as there are places", "[2(9nnnn", "01"},
        Case{"a freed place is the first one's", "[1(9nnnfff", "012"},
        Case{"one freed place, one who is let in", "[2(9nnnnnf", "012"},
        Case{"who comes later stands behind", "[1(9nnfnff", "012"},
        Case{"two places freed", "[2(9nnnnnnff", "0123"},
        Case{"the queue is full", "[1(2nnnnn", "0--"},
        Case{"its place is free again", "[1(1nnfnn", "01-"},
        Case{"nobody may wait", "[1(0nnfn", "0-2"},
        Case{"the first leaves", "[1(9nnnn1ff", "023"},
        Case{"one in the middle leaves", "[1(9nnnn2ff", "013"},
        Case{"the last leaves", "[1(9nnnn3fff", "012"},
        Case{"the only one leaves", "[1(9nn1fn", "02"},
        Case{"all leave and another comes", "[1(2nnn21nff", "03"},
        Case{"leaving makes room in the queue", "[1(1nn1nf", "02"},
        Case{"a limit is raised", "[1(9nnnn[3", "012"},
        Case{"a limit vanishes", "[1(9nnnn[9", "0123"},
        Case{"a limit is lowered below what is there", "[3(9nnn[1nffnf", "0123"},
        Case{"a shorter queue keeps who waits", "[1(3nnnn(1nfff", "0-123"},
        Case{"no place at all, as if it were lowered to that", "[0(9nn[1f", "01"}})
    EXPECT_EQ(play(script), in) << name << ": " << script;
}

// Whatever happens, nobody is lost and nobody who came later is let in before.
TEST(Quota, HoldsInAnyOrder) {
  std::uint32_t state = 1;
  const auto draw = [&state](std::uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 16) % below;
  };
  for (int round = 0; round < 200; ++round) {
    std::uint32_t taken = 0;
    Quota quota(taken);
    quota.set(1 + draw(3), 1'000);
    std::deque<Someone> people;
    std::vector<const Waiter*> line;  // as it should be
    for (int step = 0; step < 300; ++step) {
      const std::uint32_t what = draw(4);
      if (what < 2) {
        if (quota.has_room()) {
          quota.take();
        } else {
          ASSERT_TRUE(quota.join(people.emplace_back()));
          line.push_back(&people.back());
        }
      } else if (what == 2 && !line.empty()) {
        const std::size_t who = draw(static_cast<std::uint32_t>(line.size()));
        quota.leave(*const_cast<Waiter*>(line[who]));
        line.erase(line.begin() + static_cast<std::ptrdiff_t>(who));
      } else if (what == 3 && taken > 0) {
        quota.put_back();
      }
      while (const Waiter* const waiter = quota.admit()) {
        ASSERT_FALSE(line.empty());
        ASSERT_EQ(waiter, line.front());
        line.erase(line.begin());
      }
      ASSERT_EQ(quota.pending(), line.size());
      ASSERT_TRUE(line.empty() || !quota.has_room());
    }
    while (!line.empty()) {
      quota.leave(*const_cast<Waiter*>(line.back()));
      line.pop_back();
    }
  }
}

}  // namespace
}  // namespace sluice::proxy::upstream
