#include "routing/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/hash.hpp"

namespace sluice::routing {

WeightedDraw::WeightedDraw(std::span<const WeightedOwner> weights) {
  for (const auto& [owner, weight] : weights) {
    if (weight == 0) continue;
    total_ += weight;
    bounds_.push_back({total_, owner});
  }
}

std::vector<KeyMeasure> key_shares(std::span<const WeightedOwner> weights) {
  std::vector<KeyMeasure> shares(weights.size(), 0);
  std::uint64_t total = 0;
  for (const auto& one : weights) total += one.weight;
  if (total == 0) return shares;

  std::vector<std::uint64_t> remainders(weights.size());
  KeyMeasure left = kKeySpace;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const KeyMeasure exact = static_cast<KeyMeasure>(weights[i].weight) << 64U;
    shares[i] = exact / total;
    remainders[i] = static_cast<std::uint64_t>(exact % total);
    left -= shares[i];
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return remainders[a] > remainders[b]; });
  for (std::size_t i = 0; left > 0; ++i, --left) ++shares[order[i]];
  return shares;
}

KeyPartition KeyPartition::canonical(std::span<const WeightedOwner> weights) {
  const auto shares = key_shares(weights);
  std::vector<Segment> segments;
  KeyMeasure begin = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (shares[i] == 0) continue;
    segments.push_back({static_cast<std::uint64_t>(begin), weights[i].owner});
    begin += shares[i];
  }
  return KeyPartition(std::move(segments));
}

std::optional<std::uint32_t> KeyPartition::owner_of(std::uint64_t hash) const noexcept {
  if (segments_.empty()) return std::nullopt;
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end(), hash,
                       [](std::uint64_t key, const Segment& one) { return key < one.begin; });
  return std::prev(after)->owner;
}

namespace {

KeyMeasure end_of(std::span<const KeyPartition::Segment> segments, std::size_t index) noexcept {
  return index + 1 < segments.size() ? segments[index + 1].begin : kKeySpace;
}

}  // namespace

KeyMeasure KeyPartition::measure_of(std::uint32_t owner) const noexcept {
  KeyMeasure sum = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].owner == owner) sum += end_of(segments_, i) - segments_[i].begin;
  }
  return sum;
}

KeyMeasure moved_measure(const KeyPartition& before, const KeyPartition& after) noexcept {
  const auto from = before.segments();
  const auto to = after.segments();
  if (from.empty() || to.empty()) return from.empty() == to.empty() ? 0 : kKeySpace;
  KeyMeasure moved = 0;
  KeyMeasure position = 0;
  for (std::size_t i = 0, j = 0; position < kKeySpace;) {
    const KeyMeasure end = std::min(end_of(from, i), end_of(to, j));
    if (from[i].owner != to[j].owner) moved += end - position;
    position = end;
    if (end_of(from, i) == end) ++i;
    if (end_of(to, j) == end) ++j;
  }
  return moved;
}

double rendezvous_score(std::uint64_t mixed_hash, std::uint32_t weight) noexcept {
  constexpr double kStep = 1.0 / 9007199254740992.0;  // 2^-53
  const double uniform = (static_cast<double>(mixed_hash >> 11U) + 0.5) * kStep;
  return weight / -std::log(uniform);
}

std::optional<std::uint32_t> redistribute_key(std::span<const RendezvousOwner> owners,
                                              std::uint64_t hash) noexcept {
  std::optional<std::uint32_t> best;
  double best_score = 0;
  for (const auto& [owner, weight, salt] : owners) {
    if (weight == 0) continue;
    const double score = rendezvous_score(stable_mix(hash, salt), weight);
    if (best && score <= best_score) continue;
    best = owner;
    best_score = score;
  }
  return best;
}

}  // namespace sluice::routing
