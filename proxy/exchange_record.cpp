#include "proxy/exchange_record.hpp"

namespace sluice::proxy {
namespace {

static_assert(kMethodCount == telemetry::kMethods);
static_assert(kFailureCount <= telemetry::kFailures);
static_assert(static_cast<std::size_t>(RetryReason::count) == telemetry::kRetries);

telemetry::Outcome outcome_of(std::uint16_t status) noexcept {
  if (status >= 500) return telemetry::Outcome::server_error;
  return status >= 400 ? telemetry::Outcome::client_error : telemetry::Outcome::success;
}

telemetry::Outcome outcome_of(const ExchangeRecord& record) noexcept {
  const Blame blame = treatment_of(record.failure).blame;
  if (blame == Blame::upstream) return telemetry::Outcome::failure;
  if (blame == Blame::client) return telemetry::Outcome::client_error;
  return outcome_of(record.status);
}

void note_run(telemetry::EndpointCounters& counters, const routing::OutlierSpec& spec,
              telemetry::Outcome outcome) noexcept {
  const bool failed = outcome == telemetry::Outcome::failure ||
                      (outcome == telemetry::Outcome::server_error && spec.server_errors);
  counters.failure_run.set(failed ? counters.failure_run.load() + 1 : 0);
}

void count_outcome(telemetry::Shard& shard, const routing::Target& target,
                   telemetry::Outcome outcome, FailureKind failure) {
  telemetry::EndpointCounters& counters = shard.endpoints.ensure(target.endpoint->slot);
  counters.outcomes[static_cast<std::size_t>(outcome)].add();
  if (treatment_of(failure).blame == Blame::client)
    counters.abandoned.add();  // says nothing about the endpoint
  else if (const auto& outlier = target.upstream->spec.outlier)
    note_run(counters, *outlier, outcome);
}

void count_answer(telemetry::ArmCounters& counters, const ExchangeRecord& record) {
  const std::uint16_t status = record.status == 0 ? kClientClosed : record.status;
  counters.requests[static_cast<std::size_t>(record.method)][telemetry::code_index(status)].add();
  counters.request_bytes.add(record.request_bytes);
  counters.response_bytes.add(record.response_bytes);
  counters.duration.add(record.duration);
  if (record.failure != FailureKind::none)
    counters.failures[static_cast<std::size_t>(record.failure)].add();
}

}  // namespace

void count(telemetry::Shard& shard, const ExchangeRecord& record) {
  const routing::Arm* const placed = record.decision.arm;
  const routing::Route* const route = record.decision.route;
  if (route != nullptr && route->spec.answers_itself())
    return count_answer(shard.arms.ensure(route->own_slot), record);
  if (placed == nullptr)
    return shard.unrouted.failures[static_cast<std::size_t>(record.failure)].add();
  const bool served = record.target.endpoint != nullptr;
  telemetry::ArmCounters& placing = shard.arms.ensure(placed->slot);
  telemetry::ArmCounters& counters = served ? shard.arms.ensure(record.target.arm->slot) : placing;
  count_answer(counters, record);
  placing.decisions[static_cast<std::size_t>(record.decision.reason)].add();
  // What failed for want of our own descriptors says nothing about the endpoint.
  if (!served || record.failure == FailureKind::overloaded) return;
  counters.upstream_duration.add(record.upstream_duration);
  count_outcome(shard, record.target, outcome_of(record), record.failure);
}

void count_retry(telemetry::Shard& shard, const routing::Target& failed, RetryReason reason,
                 std::uint16_t status) {
  shard.arms.ensure(failed.arm->slot).retries[static_cast<std::size_t>(reason)].add();
  if (!is_failure(reason)) return;
  const auto outcome =
      reason == RetryReason::status ? outcome_of(status) : telemetry::Outcome::failure;
  count_outcome(shard, failed, outcome, FailureKind::none);
}

void count_retry_refused(telemetry::Shard& shard, const routing::Target& failed) {
  shard.arms.ensure(failed.arm->slot).retries_refused.add();
}

}  // namespace sluice::proxy
