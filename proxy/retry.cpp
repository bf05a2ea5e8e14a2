#include "proxy/retry.hpp"

#include <algorithm>

namespace sluice::proxy {
namespace {

using routing::RetryCondition;
using routing::RetryOn;

bool asks_for(const routing::RetrySpec& spec, RetryCondition condition) noexcept {
  return std::any_of(spec.on.begin(), spec.on.end(),
                     [=](const RetryOn& on) { return on.condition == condition; });
}

bool asks_for(const routing::RetrySpec& spec, std::uint16_t status) noexcept {
  return std::any_of(spec.on.begin(), spec.on.end(), [=](const RetryOn& on) {
    return on.condition == RetryCondition::status && on.statuses.first <= status &&
           status <= on.statuses.last;
  });
}

std::optional<RetryReason> if_wanted(const routing::RetrySpec& spec, RetryCondition condition,
                                     RetryReason reason) noexcept {
  return asks_for(spec, condition) ? std::optional(reason) : std::nullopt;
}

// The reason there would be, whatever the method, if the configuration wants a retry for it.
std::optional<RetryReason> wanted_reason(const routing::RetrySpec& spec,
                                         const FailedAttempt& attempt) noexcept {
  if (attempt.failure == FailureKind::none)
    return asks_for(spec, attempt.status) ? std::optional(RetryReason::status) : std::nullopt;
  switch (treatment_of(attempt.failure).retry) {
    case Retry::connect_failure:
      return if_wanted(spec, RetryCondition::connect_failure, RetryReason::connect_failure);
    case Retry::reset:
      return if_wanted(spec, RetryCondition::reset, RetryReason::reset);
    case Retry::timeout:
      return if_wanted(spec, RetryCondition::timeout, RetryReason::timeout);
    // Whoever would rather have another endpoint than none to connect to wants that here too.
    case Retry::queue_full:
      return if_wanted(spec, RetryCondition::connect_failure, RetryReason::queue_full);
    case Retry::never:
      break;
  }
  return std::nullopt;
}

constexpr bool sent_nothing(std::optional<RetryReason> reason) noexcept {
  return reason == RetryReason::connect_failure || reason == RetryReason::queue_full;
}

}  // namespace

std::optional<RetryReason> retry_reason(const routing::RetrySpec& spec,
                                        const FailedAttempt& attempt,
                                        RetriesSoFar before) noexcept {
  if (!attempt.replayable || attempt.heard) return std::nullopt;
  const bool reset = treatment_of(attempt.failure).retry == Retry::reset;
  if (reset && attempt.stale_connection && attempt.idempotent && !before.renewed)
    return RetryReason::stale_connection;
  if (before.counted >= spec.attempts) return std::nullopt;
  const auto reason = wanted_reason(spec, attempt);
  if (sent_nothing(reason) || attempt.idempotent) return reason;
  return std::nullopt;
}

}  // namespace sluice::proxy
