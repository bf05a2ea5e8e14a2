#pragma once
// Decides whether a request whose attempt has failed may be sent again.
//
// Thread: the worker's.   Path: cold.
// Source: RFC 9110 section 9.2.2, RFC 9112 section 9.3.1; design row 33.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/failure.hpp"
#include "routing/spec.hpp"

namespace sluice::proxy {

enum class RetryReason : std::uint8_t {
  stale_connection,  // it had died while it was idle, as far as one can tell: nobody's failure
  connect_failure,
  reset,
  timeout,
  status,
  queue_full,  // of an endpoint that has no room: nobody's failure either
  count
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(RetryReason::count)>
    kRetryReasonLabels{"stale_connection", "connect_failure", "reset",
                       "timeout",          "status",          "queue_full"};

// Whether the attempt before was a failure of who was asked.
constexpr bool is_failure(RetryReason reason) noexcept {
  return reason != RetryReason::stale_connection && reason != RetryReason::queue_full;
}

struct FailedAttempt {
  FailureKind failure = FailureKind::none;  // none: the response's status is what is wrong
  std::uint16_t status = 0;                 // of the response; 0: it did not come to one
  bool idempotent = false;
  bool replayable = false;        // all that was taken of the request body is still there
  bool heard = false;             // a byte of a response that failed was seen
  bool stale_connection = false;  // it was idle before, and ended at once
};

struct RetriesSoFar {
  unsigned counted = 0;  // without those of stale connections
  bool renewed = false;  // a stale connection was met
};

// Nothing: it must not be.
std::optional<RetryReason> retry_reason(const routing::RetrySpec& spec,
                                        const FailedAttempt& attempt, RetriesSoFar before) noexcept;

// Whether the retry puts work on an upstream that a failed attempt may have put there already: only
// such retries can pile up, only they need a budget.
constexpr bool needs_budget(RetryReason reason) noexcept {
  return reason == RetryReason::reset || reason == RetryReason::timeout ||
         reason == RetryReason::status;
}

// How many requests of one upstream may be sent again by one worker: each request adds its share, a
// retry takes one. What was saved up lets a burst through (an upstream that dies takes all its
// connections with it at once); beyond that, retries are at most that share of the traffic.
//
// Path:   hot (deposit), cold (withdraw).
// Source: gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs".
class RetryBudget {
 public:
  void deposit(double share) noexcept {
    tokens_ += static_cast<float>(share);
    if (tokens_ > kTokensMax) tokens_ = kTokensMax;
  }
  bool withdraw() noexcept {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  static constexpr float kTokensMax = 1000;
  float tokens_ = 10;  // so that the first requests may be retried too
};

}  // namespace sluice::proxy
