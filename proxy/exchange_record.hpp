#pragma once
// What is counted and logged about one finished request.
//
// Thread: the worker's.   Path: hot: some ten plain stores.
#include <chrono>
#include <cstdint>

#include "proxy/failure.hpp"
#include "proxy/message.hpp"
#include "proxy/retry.hpp"
#include "routing/decide.hpp"
#include "telemetry/shard.hpp"

namespace sluice::proxy {

inline constexpr std::uint16_t kClientClosed = 499;  // nginx's number for it, understood everywhere

struct ExchangeRecord {
  const routing::Decision& decision;  // where it was placed
  routing::Target target;  // that was turned to last; null if it had no place, or none was
  Method method;
  std::uint16_t status;  // that went to the client; 0: it had gone
  FailureKind failure;
  unsigned attempts;
  std::uint64_t request_bytes;
  std::uint64_t response_bytes;
  std::chrono::steady_clock::time_point began;
  std::chrono::nanoseconds duration;
  std::chrono::nanoseconds upstream_duration;  // of the target's; meaningful with one
  std::uint64_t generation;                    // of the snapshot it was served from; 0: of none
};

// A request counts where it was placed as a decision, and as a request where it was served in the
// end.
void count(telemetry::Shard& shard, const ExchangeRecord& record);

// An attempt at `failed` is followed by another; or would be, were there any budget left. `status`:
// that it gave, if that is the reason.
void count_retry(telemetry::Shard& shard, const routing::Target& failed, RetryReason reason,
                 std::uint16_t status);
void count_retry_refused(telemetry::Shard& shard, const routing::Target& failed);

}  // namespace sluice::proxy
