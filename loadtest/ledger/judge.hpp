#pragma once
// Holds the client's ledger against those of the upstreams, and says what must never happen.
//
// Pure: no clock, no socket, no file.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadtest/ledger/entry.hpp"

namespace ledger {

enum class Rule : std::uint8_t {
  two_faces,       // an id twice in the client's own ledger: the rig is broken
  not_processed,   // 2xx, and the server that is named has not processed it
  post_twice,      // a POST has come to an upstream more than once
  cross_talk,      // another request's id or bytes
  lie,             // a clean end in the wrong place, a wrong hash, no HTTP
  falsified,       // an upstream was given a request that nobody had sent, or not so
  half_processed,  // a request that the client had cut was taken for a whole one
  dropped,         // a request without a fault, and not a byte of an answer
  wrong_refusal,   // the proxy blames a good request
  hung,
  split,        // the requests were not shared out as configured
  miscounted,   // more placed than sent, or fewer than answered
  descriptors,  // did not come back to where they were
  memory,
  proves_nothing,  // hardly anything was answered
  count
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Rule::count)> kRules{
    "every id once in the client's ledger",
    "every 2xx was processed by the server named",
    "no POST twice",
    "no cross-talk",
    "no lie: each body whole or visibly broken",
    "upstreams get what was sent",
    "no half request processed",
    "no request dropped without a word",
    "no good request blamed",
    "nothing hung",
    "split within 3.5 sigma",
    "placed as many as were sent",
    "descriptors back to where they were",
    "memory back to where it was",
    "enough was answered to prove anything"};

struct Finding {
  std::uint64_t count = 0;
  std::vector<std::string> examples;  // the first few
};

struct Arm {
  std::string upstream;
  double share = 0;
  std::uint64_t placed = 0;
};

struct Footprint {
  std::uint64_t descriptors = 0;
  std::uint64_t resident_kib = 0;
};

struct Evidence {
  std::vector<ClientEntry> client;
  std::vector<UpstreamEntry> upstream;
  std::vector<std::string> servers;  // names by index
  std::vector<Arm> arms;             // empty: not known
  std::optional<Footprint> before;   // at rest, after some traffic
  std::optional<Footprint> after;    // at rest again
  bool never_rests = false;          // connections stay open that nobody uses
};

class Verdict {
 public:
  const Finding& operator[](Rule rule) const { return findings_[static_cast<std::size_t>(rule)]; }
  void add(Rule rule, std::string example);
  bool clean() const noexcept;

 private:
  std::array<Finding, static_cast<std::size_t>(Rule::count)> findings_;
};

Verdict judge(const Evidence& evidence);

}  // namespace ledger
