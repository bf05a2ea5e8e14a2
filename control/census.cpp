#include "control/census.hpp"

namespace sluice::control {
namespace {

void add_arms(const routing::Snapshot& snapshot, const routing::Route& route,
              telemetry::Census& census) {
  for (const routing::Arm& arm : route.arms)
    census.arms.push_back({.slot = arm.slot,
                           .route = route.name,
                           .upstream = snapshot.upstreams[arm.upstream_index].name});
  if (route.spec.answers_itself())
    census.arms.push_back({.slot = route.own_slot, .route = route.name, .upstream = {}});
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
