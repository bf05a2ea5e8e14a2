#include "routing/rate_limit.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace sluice::routing {

RateLimiter::RateLimiter(const RateLimitSpec& spec, std::uint64_t seed, std::size_t places)
    : spec_(spec),
      seed_(seed),
      interval_(std::chrono::nanoseconds(spec.per) / spec.requests),
      tolerance_(interval_ * (spec.burst != 0 ? spec.burst : spec.requests)),
      stripes_(std::make_unique<std::array<Stripe, kStripes>>()) {
  const std::size_t sets = std::max<std::size_t>(1, places / kStripes / kWays);
  for (Stripe& stripe : *stripes_) stripe.sets.resize(sets);
}

RateLimiter::Bucket& RateLimiter::find(Set& set, std::uint64_t client) noexcept {
  Bucket* best = &set.front();
  for (Bucket& bucket : set) {
    if (bucket.client == client) return bucket;
    if (bucket.empty < best->empty) best = &bucket;
  }
  *best = {client, {}};
  return *best;
}

std::chrono::nanoseconds RateLimiter::take(std::string_view client, Time now) noexcept {
  const std::uint64_t hash = stable_hash(client, seed_);
  Stripe& stripe = (*stripes_)[hash % kStripes];
  const std::lock_guard lock(stripe.mutex);
  Bucket& bucket = find(stripe.sets[hash / kStripes % stripe.sets.size()], hash);
  const Time next = std::max(bucket.empty, now) + interval_;
  const auto ahead = next - now - tolerance_;
  if (ahead > std::chrono::nanoseconds::zero()) return ahead;
  bucket.empty = next;
  return std::chrono::nanoseconds::zero();
}

}  // namespace sluice::routing
