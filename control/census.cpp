#include "control/census.hpp"

#include <algorithm>

namespace sluice::control {
namespace {

double ratio(std::uint64_t weight, std::uint64_t total) {
  return total == 0 ? 0 : static_cast<double>(weight) / static_cast<double>(total);
}

std::uint64_t weight_in_force(const routing::Route& route) {
  std::uint64_t total = 0;
  for (const routing::Arm& arm : route.arms) total += arm.weight;
  return total;
}

double configured_ratio(const routing::RouteSpec& spec, const std::string& upstream) {
  std::uint64_t total = 0;
  std::uint64_t own = 0;
  for (const auto& [name, weight] : spec.split) {
    total += weight;
    if (name == upstream) own = weight;
  }
  return ratio(own, total);
}

void add_arms(const routing::Snapshot& snapshot, const routing::Route& route,
              telemetry::Census& census) {
  const std::uint64_t total = weight_in_force(route);
  for (const routing::Arm& arm : route.arms) {
    const std::string& upstream = snapshot.upstreams[arm.upstream_index].name;
    census.arms.push_back({.slot = arm.slot,
                           .route = route.name,
                           .upstream = upstream,
                           .in_split = arm.in_split,
                           .weight_ratio = ratio(arm.weight, total),
                           .configured_ratio = configured_ratio(route.spec, upstream)});
  }
}

void add_endpoints(const routing::Upstream& upstream, telemetry::Census& census) {
  for (const routing::Endpoint& endpoint : upstream.endpoints)
    census.endpoints.push_back({.slot = endpoint.slot,
                                .upstream = upstream.name,
                                .endpoint = endpoint.address,
                                .up = endpoint.available});
}

}  // namespace

telemetry::Census census_of(const routing::Snapshot& snapshot) {
  telemetry::Census census;
  census.generation = snapshot.generation;
  for (const routing::Route& route : snapshot.routes) add_arms(snapshot, route, census);
  for (const routing::Upstream& upstream : snapshot.upstreams) add_endpoints(upstream, census);
  return census;
}

}  // namespace sluice::control
