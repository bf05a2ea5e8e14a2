#include "proxy/attempts.hpp"

#include <algorithm>

#include "proxy/exchange_record.hpp"

namespace sluice::proxy {

void Attempts::begin() noexcept {
  target_ = {decision_.arm, decision_.upstream, decision_.endpoint};
  plane_.retry_budget(*target_.upstream).deposit(decision_.route->spec.retry.budget);
}

// Not where a pin or the hash of a key names one endpoint: it would find nothing of its own at the
// others.
bool Attempts::any_endpoint_will_do() const noexcept {
  const auto& sticky = decision_.route->sticky;
  return target_.upstream->spec.balance != routing::Balance::consistent_hash &&
         !(sticky && sticky->spec.endpoint);
}

bool Attempts::was_tried(std::uint32_t endpoint) const noexcept {
  const auto* const end = tried_.data() + tried_count_;
  return std::find(tried_.data(), end, endpoint) != end;
}

// From a random one on, so that not all turn to the same.
bool Attempts::turn_to_room() noexcept {
  const auto& available = target_.upstream->available;
  if (available.empty() || !any_endpoint_will_do()) return false;
  std::size_t at = plane_.draw.random.below(available.size());
  for (std::size_t left = available.size(); left > 0; --left, ++at) {
    if (at == available.size()) at = 0;
    const routing::Endpoint& endpoint = target_.upstream->endpoints[available[at]];
    if (was_tried(available[at]) || !plane_.pools.of(endpoint).has_room()) continue;
    target_.endpoint = &endpoint;
    return true;
  }
  return false;
}

std::optional<RetryReason> Attempts::arrange_another(const routing::Snapshot& snapshot,
                                                     const FailedAttempt& failed) noexcept {
  const auto reason = retry_reason(decision_.route->spec.retry, failed, so_far_);
  if (!reason) return std::nullopt;
  if (*reason != RetryReason::stale_connection)
    return turn_to_another(snapshot, *reason, failed.status) ? reason : std::nullopt;
  so_far_.renewed = true;
  count_retry(plane_.shard, target_, *reason, failed.status);
  return reason;
}

bool Attempts::turn_to_another(const routing::Snapshot& snapshot, RetryReason reason,
                               std::uint16_t status) noexcept {
  tried_[tried_count_++] =
      static_cast<std::uint32_t>(target_.endpoint - target_.upstream->endpoints.data());
  const routing::Target next = routing::pick_again(snapshot, *decision_.route, target_, plane_.draw,
                                                   {tried_.data(), tried_count_});
  if (next.endpoint == nullptr) return false;
  const double share = decision_.route->spec.retry.budget;
  if (needs_budget(reason) && (share == 0 || !plane_.retry_budget(*target_.upstream).withdraw())) {
    count_retry_refused(plane_.shard, target_);
    return false;
  }
  count_retry(plane_.shard, target_, reason, status);
  ++so_far_.counted;
  if (next.upstream != target_.upstream) {
    tried_count_ = 0;
    plane_.retry_budget(*next.upstream).deposit(share);  // it is a request of that one now
  }
  target_ = next;
  return true;
}

}  // namespace sluice::proxy
