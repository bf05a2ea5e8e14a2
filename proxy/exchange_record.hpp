#pragma once
// What is counted about one finished request.
//
// Thread: the worker's.   Path: hot: some ten plain stores.
#include <chrono>
#include <cstdint>

#include "proxy/failure.hpp"
#include "proxy/message.hpp"
#include "routing/decide.hpp"
#include "telemetry/shard.hpp"

namespace sluice::proxy {

struct ExchangeRecord {
  const routing::Decision& decision;
  const routing::Endpoint* endpoint;  // that was turned to; null if none was
  Method method;
  std::uint16_t status;  // that went to the client; 0: it had gone
  FailureKind failure;
  unsigned attempts;
  std::uint64_t request_bytes;
  std::uint64_t response_bytes;
  std::chrono::nanoseconds duration;
  std::chrono::nanoseconds upstream_duration;  // meaningful with an endpoint
};

void count(telemetry::Shard& shard, const ExchangeRecord& record);

}  // namespace sluice::proxy
