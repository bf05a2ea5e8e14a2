#include "proxy/upstream/quota.hpp"

namespace sluice::proxy::upstream {
namespace {

std::uint32_t part_or_unlimited(std::uint32_t whole, WorkerShare share) noexcept {
  return whole == 0 ? kUnlimited : share.of(whole);
}

}  // namespace

EndpointLimits limits_of(const std::optional<routing::LimitsSpec>& spec,
                         WorkerShare share) noexcept {
  EndpointLimits limits;
  if (!spec) return limits;
  limits.connections = part_or_unlimited(spec->max_connections, share);
  limits.places = std::min(limits.connections, part_or_unlimited(spec->max_requests, share));
  limits.pending = share.of(spec->max_pending);
  limits.pending_timeout = spec->pending_timeout;
  return limits;
}

bool Quota::join(Waiter& waiter) noexcept {
  if (pending_ >= pending_max_) return false;
  waiter.before_ = last_;
  waiter.after_ = nullptr;
  (last_ != nullptr ? last_->after_ : first_) = &waiter;
  last_ = &waiter;
  waiter.waits_ = true;
  ++pending_;
  return true;
}

void Quota::leave(Waiter& waiter) noexcept {
  (waiter.before_ != nullptr ? waiter.before_->after_ : first_) = waiter.after_;
  (waiter.after_ != nullptr ? waiter.after_->before_ : last_) = waiter.before_;
  waiter.waits_ = false;
  --pending_;
}

Waiter* Quota::admit() noexcept {
  if (first_ == nullptr || !has_room()) return nullptr;
  Waiter* const waiter = first_;
  leave(*waiter);
  take();
  return waiter;
}

}  // namespace sluice::proxy::upstream
