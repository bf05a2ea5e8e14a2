#include "proxy/attempts.hpp"

#include "proxy/exchange_record.hpp"

namespace sluice::proxy {

void Attempts::begin() noexcept {
  target_ = {decision_.arm, decision_.upstream, decision_.endpoint};
  plane_.retry_budget(*target_.upstream).deposit(decision_.route->spec.retry.budget);
}

bool Attempts::arrange_another(const routing::Snapshot& snapshot,
                               const FailedAttempt& failed) noexcept {
  const auto reason = retry_reason(decision_.route->spec.retry, failed, so_far_);
  if (!reason) return false;
  if (*reason != RetryReason::stale_connection)
    return turn_to_another(snapshot, *reason, failed.status);
  so_far_.renewed = true;
  count_retry(plane_.shard, target_, *reason, failed.status);
  return true;
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
