#pragma once
// What is counted and logged about one finished request.
//
// Thread: the worker's.   Path: hot: some ten plain stores.
#include <chrono>
#include <cstdint>

#include "proxy/failure.hpp"
#include "proxy/message.hpp"
#include "routing/decide.hpp"
#include "telemetry/shard.hpp"

namespace sluice::proxy {

inline constexpr std::uint16_t kClientClosed = 499;  // nginx's number for it, understood everywhere

struct ExchangeRecord {
  const routing::Decision& decision;
  const routing::Endpoint* endpoint;  // that was turned to; null if none was
  Method method;
  std::uint16_t status;  // that went to the client; 0: it had gone
  FailureKind failure;
  unsigned attempts;
  std::uint64_t request_bytes;
  std::uint64_t response_bytes;
  std::chrono::steady_clock::time_point began;
  std::chrono::nanoseconds duration;
  std::chrono::nanoseconds upstream_duration;  // meaningful with an endpoint
  std::uint64_t generation;                    // of the snapshot it was served from; 0: of none
};

void count(telemetry::Shard& shard, const ExchangeRecord& record);

}  // namespace sluice::proxy
