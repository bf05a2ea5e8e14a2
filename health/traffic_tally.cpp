#include "health/traffic_tally.hpp"

#include <algorithm>

namespace sluice::health {

using telemetry::Outcome;

namespace {

// Counters are read one after the other while workers count: a difference of several may go back by
// a few.
std::uint64_t since(std::uint64_t before, std::uint64_t now) noexcept {
  return now > before ? now - before : 0;
}

}  // namespace

TrafficTally::Totals TrafficTally::read(std::uint32_t slot) const {
  Totals totals;
  for (const telemetry::Shard* shard : shards_) {
    const telemetry::EndpointCounters* const counters = shard->endpoints.find(slot);
    if (counters == nullptr) continue;
    const auto count = [&](Outcome outcome) {
      return counters->outcomes[static_cast<std::size_t>(outcome)].load();
    };
    // A client that left says nothing about the endpoint.
    totals.successes +=
        count(Outcome::success) + count(Outcome::client_error) - counters->abandoned.load();
    totals.server_errors += count(Outcome::server_error);
    totals.failures += count(Outcome::failure);
    totals.longest_run = std::max(totals.longest_run, counters->failure_run.load());
    totals.in_flight += counters->connections_active.load();
  }
  return totals;
}

Traffic TrafficTally::take(std::uint32_t endpoint_slot, bool server_errors) {
  const Totals now = read(endpoint_slot);
  const auto [place, first] = taken_.try_emplace(endpoint_slot, now);
  const Totals before = std::exchange(place->second, now);
  if (first) return {};
  Traffic traffic{.successes = since(before.successes, now.successes),
                  .failures = now.failures - before.failures,
                  .run = now.longest_run,
                  .in_flight = now.in_flight};
  (server_errors ? traffic.failures : traffic.successes) +=
      now.server_errors - before.server_errors;
  return traffic;
}

}  // namespace sluice::health
