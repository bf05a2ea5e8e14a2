#include "rollout/known_good.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace sluice::rollout {
namespace {

std::uint64_t sum(const Weights& weights) {
  return std::accumulate(weights.begin(), weights.end(), std::uint64_t{0},
                         [](std::uint64_t all, const auto& one) { return all + one.weight; });
}

// Of the same upstreams, whatever the order: else they belong to another split.
bool fits(const Weights& weights, const Weights& split) {
  return weights.size() == split.size() && std::ranges::all_of(weights, [&](const auto& one) {
           return routing::find_weight(split, one.upstream) != nullptr;
         });
}

}  // namespace

std::uint32_t weight_of(const Weights& weights, std::string_view upstream) {
  const routing::WeightSpec* const found = routing::find_weight(weights, upstream);
  return found == nullptr ? 0 : found->weight;
}

void KnownGood::configure(Weights configured, std::chrono::milliseconds settle) {
  settle_ = settle;
  if (configured == configured_) return;
  configured_ = std::move(configured);
  disgraced_.clear();
  std::erase_if(good_, [this](const Weights& one) { return !fits(one, configured_); });
}

void KnownGood::serve(const Weights& weights, SteadyTime now) {
  if (served_ == weights) return;
  if (stands(now)) {
    std::erase(good_, *served_);
    good_.push_back(*served_);
    if (good_.size() > kKept) good_.pop_front();
  }
  served_ = weights;
  since_ = now;
}

void KnownGood::disgrace(const std::string& upstream, SteadyTime now) {
  std::erase_if(good_, [&](const Weights& one) { return weight_of(one, upstream) > 0; });
  disgraced_.push_back(upstream);
  since_ = now;  // what is served has had its breach: it begins to stand anew
}

std::optional<Weights> KnownGood::find_without(const std::string& upstream) const {
  for (auto one = good_.rbegin(); one != good_.rend(); ++one)
    if (weight_of(*one, upstream) == 0) return *one;
  if (is_known(configured_) && weight_of(configured_, upstream) == 0) return configured_;
  return std::nullopt;
}

std::optional<Weights> KnownGood::find_before() const {
  for (auto one = good_.rbegin(); one != good_.rend(); ++one)
    if (*one != served_) return *one;
  if (is_known(configured_) && configured_ != served_) return configured_;
  return std::nullopt;
}

bool KnownGood::is_known(const Weights& weights) const {
  return sum(weights) > 0 && std::ranges::none_of(disgraced_, [&](const std::string& upstream) {
           return weight_of(weights, upstream) > 0;
         });
}

Weights without(const Weights& weights, const std::string& upstream, const std::string& baseline) {
  Weights rest = weights;
  for (auto& one : rest)
    if (one.upstream == upstream) one.weight = 0;
  const std::uint64_t all = sum(weights);
  const std::uint64_t left = sum(rest);
  std::uint64_t given = 0;
  if (left > 0)
    for (auto& one : rest) {
      __extension__ using Wide = unsigned __int128;
      one.weight = static_cast<std::uint32_t>(static_cast<Wide>(one.weight) * all / left);
      given += one.weight;
    }
  // What rounding leaves over is the baseline's.
  for (auto& one : rest)
    if (one.upstream == baseline)
      one.weight = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(one.weight + (all - given), INT32_MAX));
  return rest;
}

}  // namespace sluice::rollout
