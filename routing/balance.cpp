#include "routing/balance.hpp"

#include <algorithm>
#include <optional>

#include "base/hash.hpp"

namespace sluice::routing {
namespace {

__extension__ using Wide = unsigned __int128;

// The available endpoints that were not tried yet; all of them when all were.
class Candidates {
 public:
  Candidates(const Upstream& upstream, std::span<const std::uint32_t> exclude) noexcept
      : upstream_(upstream), exclude_(exclude), count_(count_left()) {
    if (count_ > 0) return;
    exclude_ = {};
    count_ = upstream_.available.size();
  }

  std::size_t count() const noexcept { return count_; }

  template <class Visit>
  void each(Visit&& visit) const noexcept {
    for (const std::uint32_t index : upstream_.available) {
      if (allows(index)) visit(index, upstream_.endpoints[index]);
    }
  }

  std::uint32_t nth(std::size_t n) const noexcept {
    if (exclude_.empty()) return upstream_.available[n];
    for (const std::uint32_t index : upstream_.available) {
      if (allows(index) && n-- == 0) return index;
    }
    return kNoIndex;
  }

 private:
  bool allows(std::uint32_t index) const noexcept {
    return exclude_.empty() || std::find(exclude_.begin(), exclude_.end(), index) == exclude_.end();
  }
  std::size_t count_left() const noexcept {
    if (exclude_.empty()) return upstream_.available.size();
    return static_cast<std::size_t>(
        std::count_if(upstream_.available.begin(), upstream_.available.end(),
                      [&](std::uint32_t index) { return allows(index); }));
  }

  const Upstream& upstream_;
  std::span<const std::uint32_t> exclude_;
  std::size_t count_;
};

std::uint64_t load_of(const Endpoint& endpoint, std::span<const std::uint32_t> in_flight) noexcept {
  return endpoint.slot < in_flight.size() ? in_flight[endpoint.slot] : 0;
}

std::uint32_t pick_by_chance(const Candidates& candidates, Xoshiro256& random) noexcept {
  std::uint64_t total = 0;
  candidates.each([&](auto, const Endpoint& endpoint) { total += endpoint.weight; });
  std::uint64_t ticket = random.below(total);
  std::uint32_t picked = kNoIndex;
  candidates.each([&](std::uint32_t index, const Endpoint& endpoint) {
    if (picked != kNoIndex) return;
    if (ticket < endpoint.weight) picked = index;
    ticket -= endpoint.weight;
  });
  return picked;
}

// nginx's smooth weighted round robin: everyone gains its weight, the richest serves and pays the
// sum. With weights 5/1/1 that is a a b a c a a, never five in a row and a pause.
std::uint32_t pick_in_turn(const Candidates& candidates, std::span<std::int64_t> cursors) noexcept {
  std::int64_t total = 0;
  std::uint32_t best = kNoIndex;
  candidates.each([&](std::uint32_t index, const Endpoint& endpoint) {
    cursors[index] += endpoint.weight;
    total += endpoint.weight;
    if (best == kNoIndex || cursors[index] > cursors[best]) best = index;
  });
  cursors[best] -= total;
  return best;
}

// Power of two choices (Mitzenmacher 2001) by in-flight requests per weight. Equally loaded: by
// chance in proportion to the weights, so that they count at low load too.
std::uint32_t pick_less_loaded(const Upstream& upstream, const Candidates& candidates,
                               Xoshiro256& random,
                               std::span<const std::uint32_t> in_flight) noexcept {
  const std::size_t first = random.below(candidates.count());
  std::size_t second = random.below(candidates.count() - 1);
  if (second >= first) ++second;
  const std::uint32_t a = candidates.nth(first);
  const std::uint32_t b = candidates.nth(second);
  const std::uint64_t weight_a = upstream.endpoints[a].weight;
  const std::uint64_t weight_b = upstream.endpoints[b].weight;
  const std::uint64_t load_a = load_of(upstream.endpoints[a], in_flight) * weight_b;
  const std::uint64_t load_b = load_of(upstream.endpoints[b], in_flight) * weight_a;
  if (load_a != load_b) return load_a < load_b ? a : b;
  return random.below(weight_a + weight_b) < weight_a ? a : b;
}

// Whether one more request keeps the endpoint within 5/4 of its part of the load.
struct LoadBound {
  Wide total_load = 1;  // with the new request
  Wide total_weight = 0;
  bool has_room(std::uint64_t load, std::uint32_t weight) const noexcept {
    return static_cast<Wide>(load) * total_weight * 4U < total_load * weight * 5U;
  }
};

// Weighted rendezvous with bounded loads: the key's favourite endpoint that has room. Someone has
// room always, since the bounds add up to more than the load.
// Source: Mirrokni, Thorup & Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018.
std::uint32_t pick_by_key(const Upstream& upstream, const Candidates& candidates,
                          std::uint64_t key_hash,
                          std::span<const std::uint32_t> in_flight) noexcept {
  LoadBound bound;
  candidates.each([&](auto, const Endpoint& endpoint) {
    bound.total_load += load_of(endpoint, in_flight);
    bound.total_weight += endpoint.weight;
  });
  std::uint32_t best = kNoIndex;
  double best_score = -1;
  candidates.each([&](std::uint32_t index, const Endpoint& endpoint) {
    const std::uint64_t mixed = stable_mix(key_hash, endpoint.hash);
    // Among equal weights the hash itself orders as the score does, without the logarithm.
    const double score = upstream.equal_weights ? static_cast<double>(mixed >> 11U)
                                                : rendezvous_score(mixed, endpoint.weight);
    if (score <= best_score) return;
    if (!bound.has_room(load_of(endpoint, in_flight), endpoint.weight)) return;
    best = index;
    best_score = score;
  });
  return best;
}

}  // namespace

BalanceState::BalanceState(const Snapshot& snapshot, Xoshiro256& random)
    : cursors_(snapshot.slots.upstream_count()) {
  constexpr std::uint64_t kStepsMax = 128;
  for (const Upstream& upstream : snapshot.upstreams) {
    if (upstream.spec.balance != Balance::round_robin || upstream.available.empty()) continue;
    auto& cursors = cursors_[upstream.slot];
    cursors.assign(upstream.endpoints.size(), 0);
    const std::uint64_t steps = random.below(std::min(upstream.available_weight, kStepsMax));
    for (std::uint64_t i = 0; i < steps; ++i) pick_in_turn(Candidates(upstream, {}), cursors);
  }
}

std::span<std::int64_t> BalanceState::cursors(const Upstream& upstream) noexcept {
  if (upstream.slot >= cursors_.size()) return {};
  return cursors_[upstream.slot];
}

std::uint32_t pick_endpoint(const Upstream& upstream, BalanceState& state, Xoshiro256& random,
                            const BalanceInput& input) noexcept {
  if (upstream.available.empty()) return kNoIndex;
  if (upstream.available.size() == 1) return upstream.available.front();
  const Candidates candidates(upstream, input.exclude);
  if (candidates.count() == 1) return candidates.nth(0);
  switch (upstream.spec.balance) {
    case Balance::round_robin: {
      const auto cursors = state.cursors(upstream);
      if (cursors.size() != upstream.endpoints.size()) return pick_by_chance(candidates, random);
      return pick_in_turn(candidates, cursors);
    }
    case Balance::least_request:
      return pick_less_loaded(upstream, candidates, random, input.in_flight);
    case Balance::consistent_hash:
      return pick_by_key(upstream, candidates, input.key_hash, input.in_flight);
  }
  return kNoIndex;
}

}  // namespace sluice::routing
