#pragma once
// Decides which bad events of sticky traffic count: the first one of each key in a guard run.
//
// Requests of one user are not placed independently, so a user whose requests always fail would be
// counted as many times as they try. A key (or pinned session) is placed once; its first bad event
// is on the guarded upstream with the probability w with which it was placed there, if that
// upstream is not worse. Later ones say nothing new. Whether a key had one on *either* side is
// kept.
//
// Thread: the control thread's. Path: cold.
// Shape:  bounded. When full, no new key is let in any more, and full() says so: what was let in
//         depends on the past alone, so the test stays valid; it only learns nothing further. Two
//         keys of one hash count as one: likewise. Forgetting old keys would feed some twice.
// Invariant: never more than one event of a key, whatever the order within a tick. A tick's events
//         are taken by generation, so that a key which was moved within it counts where it was
//         first.
// Source: design of cluster-randomised experiments: the unit that is placed is the unit that
// counts.
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "rollout/split_counts.hpp"

namespace sluice::rollout {

struct KeyedEvent {
  std::uint64_t key = 0;         // a hash
  std::uint64_t generation = 0;  // of the snapshot that placed the request
  double share = 0;  // with which the key was placed: of the hash space then, or in its cookie
  bool guarded = false;
};

class FirstBadEvents {
 public:
  explicit FirstBadEvents(std::size_t keys_max) : keys_max_(keys_max) {}

  // The counts of those of a tick's events that are a key's first. Valid until the next call.
  std::span<const SplitCounts> admit(std::span<const KeyedEvent> events);

  std::size_t keys() const noexcept { return keys_.size(); }
  bool full() const noexcept { return keys_.size() >= keys_max_; }

 private:
  void count(const KeyedEvent& event);

  std::size_t keys_max_;
  std::unordered_set<std::uint64_t> keys_;
  std::vector<KeyedEvent> ordered_;
  std::vector<SplitCounts> counts_;
};

}  // namespace sluice::rollout
