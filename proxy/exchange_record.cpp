#include "proxy/exchange_record.hpp"

namespace sluice::proxy {
namespace {

static_assert(kMethodCount == telemetry::kMethods);
static_assert(kFailureCount <= telemetry::kFailures);

telemetry::Outcome outcome_of(const ExchangeRecord& record) noexcept {
  const Blame blame = treatment_of(record.failure).blame;
  if (blame == Blame::upstream) return telemetry::Outcome::failure;
  if (blame == Blame::client) return telemetry::Outcome::client_error;
  if (record.status >= 500) return telemetry::Outcome::server_error;
  return record.status >= 400 ? telemetry::Outcome::client_error : telemetry::Outcome::success;
}

}  // namespace

void count(telemetry::Shard& shard, const ExchangeRecord& record) {
  const auto failure = static_cast<std::size_t>(record.failure);
  const routing::Arm* const arm = record.decision.arm;
  if (arm == nullptr) {
    shard.unrouted.failures[failure].add();
    return;
  }
  telemetry::ArmCounters& counters = shard.arms.ensure(arm->slot);
  const std::uint16_t status = record.status == 0 ? kClientClosed : record.status;
  counters.requests[static_cast<std::size_t>(record.method)][telemetry::code_index(status)].add();
  counters.decisions[static_cast<std::size_t>(record.decision.reason)].add();
  counters.request_bytes.add(record.request_bytes);
  counters.response_bytes.add(record.response_bytes);
  counters.duration.add(record.duration);
  if (record.failure != FailureKind::none) counters.failures[failure].add();
  if (record.attempts > 1) counters.retries.add(record.attempts - 1);
  // What failed for want of our own descriptors says nothing about the endpoint.
  if (record.endpoint == nullptr || record.failure == FailureKind::overloaded) return;
  counters.upstream_duration.add(record.upstream_duration);
  shard.endpoints.ensure(record.endpoint->slot)
      .outcomes[static_cast<std::size_t>(outcome_of(record))]
      .add();
}

}  // namespace sluice::proxy
