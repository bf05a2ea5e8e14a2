#pragma once
// Decides which upstream a new session belongs to, by weight: by chance or by key.
//
// Thread: immutable once built, shared by all workers. Owners are numbers that the caller gives a
// meaning: arm indices in a WeightedDraw, upstream slots (stable over generations) in a
// KeyPartition.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.hpp"

namespace sluice::routing {

struct WeightedOwner {
  std::uint32_t owner = 0;
  std::uint32_t weight = 0;  // relative to the sum; 0: owns nothing
  friend bool operator==(const WeightedOwner&, const WeightedOwner&) = default;
};

// ---- by chance ---------------------------------------------------------------------------------

// A random draw in exact proportion to integer weights of any sum.
class WeightedDraw {
 public:
  WeightedDraw() = default;
  explicit WeightedDraw(std::span<const WeightedOwner> weights);

  // The owner drawn; none when all weights are 0. Path: hot.
  std::optional<std::uint32_t> draw(Xoshiro256& random) const noexcept {
    if (total_ == 0) return std::nullopt;
    return owner_of(random.below(total_));
  }

  // Which owner the ticket in [0, total) belongs to. For tests and `explain`.
  std::uint32_t owner_of(std::uint64_t ticket) const noexcept {
    std::size_t index = 0;
    while (ticket >= bounds_[index].end) ++index;
    return bounds_[index].owner;
  }
  std::uint64_t total() const noexcept { return total_; }

 private:
  struct Bound {
    std::uint64_t end;  // cumulative weight
    std::uint32_t owner;
  };
  std::vector<Bound> bounds_;  // only owners of a positive weight
  std::uint64_t total_ = 0;
};

// ---- by key ------------------------------------------------------------------------------------

// Measures of the key space go up to 2^64 inclusive.
__extension__ using KeyMeasure = unsigned __int128;
inline constexpr KeyMeasure kKeySpace = static_cast<KeyMeasure>(1) << 64U;

// The exact shares of the 2^64 keys: the floor of weight * 2^64 / sum, and the keys left over one
// each by largest remainder (ties: file order). All 0 when the weights are.
// Invariant: sums to exactly 2^64, or 0.
std::vector<KeyMeasure> key_shares(std::span<const WeightedOwner> weights);

// Who owns which part of the 64-bit hash space.
// Invariant: begins are ascending, the first is 0, neighbours have different owners. Each owner's
//            measure is exactly its share. No segment at all when all weights are 0.
class KeyPartition {
 public:
  struct Segment {
    std::uint64_t begin;  // to the next segment's begin, the last one to 2^64
    std::uint32_t owner;
    friend bool operator==(const Segment&, const Segment&) = default;
  };

  KeyPartition() = default;

  // From nothing: one segment an owner, in the order given.
  static KeyPartition canonical(std::span<const WeightedOwner> weights);

  // The partition for `weights` that moves the least keys from this one: exactly the sum of the
  // positive changes of shares. No function of the weights alone can do that for three or more
  // owners (docs/adr/0002), hence the history. Weights may name other owners than before.
  // Path: cold. Invariant: fragmentation stays bounded, since shrinking owners give up their
  // smallest segments first.
  KeyPartition next(std::span<const WeightedOwner> weights) const;

  // The owner of a key's hash; none when the partition is empty. Path: hot, a binary search.
  std::optional<std::uint32_t> owner_of(std::uint64_t hash) const noexcept;

  std::span<const Segment> segments() const noexcept { return segments_; }
  KeyMeasure measure_of(std::uint32_t owner) const noexcept;
  friend bool operator==(const KeyPartition&, const KeyPartition&) = default;

 private:
  explicit KeyPartition(std::vector<Segment> segments) : segments_(std::move(segments)) {}
  std::vector<Segment> segments_;
};

// How many keys have another owner in `after` than in `before`. Path: cold.
KeyMeasure moved_measure(const KeyPartition& before, const KeyPartition& after) noexcept;

struct RendezvousOwner {
  std::uint32_t owner = 0;
  std::uint32_t weight = 0;
  std::uint64_t salt = 0;  // a stable hash of the owner's name, so that replicas agree
};

// Weighted rendezvous: the owner to which a key goes while its own is unavailable, among `owners`
// in proportion to their weights. When one of them leaves, only its keys move.
// Path: hot but rare; linear in the owners. Source: Schindelhauer & Schomaker 2005.
std::optional<std::uint32_t> redistribute_key(std::span<const RendezvousOwner> owners,
                                              std::uint64_t hash) noexcept;

// The score of one candidate for one hash; the highest wins. In (0, inf), 0 for weight 0.
double rendezvous_score(std::uint64_t mixed_hash, std::uint32_t weight) noexcept;

}  // namespace sluice::routing
