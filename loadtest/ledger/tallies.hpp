#pragma once
// The upstreams' ledgers, added up by request.
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "loadtest/ledger/entry.hpp"

namespace ledger {

struct Tally {
  std::uint32_t arrived = 0;
  std::uint32_t processed = 0;
  std::uint64_t processed_by = 0;  // one bit a server
  bool has_other_hash = false;     // processed with different bodies
  std::uint64_t body_hash = 0;
  Method method = Method::get;
  bool has_other_method = false;
};

using Tallies = std::unordered_map<std::uint64_t, Tally>;

inline Tallies tally(const std::vector<UpstreamEntry>& entries) {
  Tallies out;
  for (const UpstreamEntry& entry : entries) {
    if (entry.event == Event::garbled) continue;
    const auto [found, is_new] = out.try_emplace(entry.id);
    Tally& one = found->second;
    if (is_new) one.method = entry.method;
    one.has_other_method |= one.method != entry.method;
    if (entry.event == Event::arrived) {
      ++one.arrived;
      continue;
    }
    if (one.processed++ == 0) one.body_hash = entry.body_hash;
    one.has_other_hash |= one.body_hash != entry.body_hash;
    one.processed_by |= std::uint64_t{1} << (entry.server % 64);
  }
  return out;
}

}  // namespace ledger
