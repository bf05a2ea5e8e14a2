#include "routing/compile_upstream.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "routing/expand.hpp"

namespace sluice::routing {
namespace {

struct Condition {
  Service service = Service::active;
  Fitness fitness;
};

// With too few healthy endpoints, those that are left would be overrun: better to try all. What an
// operator took out stays out.
bool is_panic(double threshold, const std::vector<Condition>& conditions) {
  std::size_t wanted = 0;
  std::size_t fit = 0;
  for (const auto& [service, fitness] : conditions) {
    if (service != Service::active) continue;
    ++wanted;
    if (fitness.fit) ++fit;
  }
  return static_cast<double>(fit) < threshold * static_cast<double>(wanted);
}

// Weights are integers: parts of them need bigger ones, in the same proportion.
constexpr double kWeightScale = 100;

double weight_scale(const std::vector<ConcreteEndpoint>& all,
                    const std::vector<Condition>& conditions) {
  const bool whole = std::ranges::all_of(
      conditions, [](const Condition& condition) { return condition.fitness.share == 1; });
  if (whole) return 1;
  std::uint32_t largest = 1;
  for (const ConcreteEndpoint& one : all) largest = std::max(largest, one.weight);
  return std::min(kWeightScale, static_cast<double>(UINT32_MAX) / largest);
}

// One that has a weight keeps some, unless its share is 0.
std::uint32_t scaled_weight(std::uint32_t weight, double scale) {
  if (weight == 0 || scale == 1) return weight;
  if (scale == 0) return 0;
  return std::max(1U, static_cast<std::uint32_t>(weight * scale));
}

// An endpoint that served before anybody asked for checks goes on.
Fitness first_fitness(const CompileInput& in, const Upstream& upstream, const EndpointName& name) {
  if (!upstream.spec.health) return {};
  const Upstream* const before = in.previous ? in.previous->find_upstream(name.upstream) : nullptr;
  if (before == nullptr || before->spec.health) return {.fit = false};
  return {.fit = std::ranges::any_of(before->endpoints, [&](const Endpoint& endpoint) {
            return endpoint.address == name.address && endpoint.available;
          })};
}

Condition condition_of(const CompileInput& in, const Upstream& upstream,
                       const ConcreteEndpoint& one) {
  const EndpointName name{upstream.name, one.address};
  const auto service = in.services.find(name);
  const auto fitness = in.fitness.find(name);
  return {service == in.services.end() ? Service::active : service->second,
          fitness == in.fitness.end() ? first_fitness(in, upstream, name) : fitness->second};
}

void add_endpoint(Upstream& upstream, Endpoint endpoint) {
  if (endpoint.available && endpoint.in_service && endpoint.weight > 0) {
    if (!upstream.available.empty()) {
      const Endpoint& first = upstream.endpoints[upstream.available[0]];
      upstream.equal_weights &= first.weight == endpoint.weight;
    }
    upstream.available.push_back(static_cast<std::uint32_t>(upstream.endpoints.size()));
    upstream.available_weight += endpoint.weight;
  }
  upstream.endpoints.push_back(std::move(endpoint));
}

void add_endpoints(Upstream& upstream, const std::vector<ConcreteEndpoint>& all,
                   const CompileInput& in, SlotRegistry& slots) {
  std::vector<Condition> conditions;
  for (const ConcreteEndpoint& one : all) conditions.push_back(condition_of(in, upstream, one));
  const bool panic = is_panic(upstream.spec.panic_threshold, conditions);
  const double scale = weight_scale(all, conditions);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [service, fitness] = conditions[i];
    add_endpoint(upstream, {.slot = slots.endpoint(upstream.name, all[i].address),
                            .name = all[i].name,
                            .address = all[i].address,
                            .weight = scaled_weight(all[i].weight, scale * fitness.share),
                            .hash = stable_hash(all[i].address),
                            .available = service != Service::down && (fitness.fit || panic),
                            .in_service = service == Service::active && all[i].weight > 0});
  }
}

}  // namespace

Upstream compile_upstream(const UpstreamSpec& spec, const CompileInput& in, SlotRegistry& slots) {
  Upstream upstream;
  upstream.slot = slots.upstream(spec.name);
  upstream.name = spec.name;
  upstream.hash = stable_hash(spec.name);
  upstream.spec = spec;
  upstream.hash_header = lower_case(spec.hash_key.name);
  add_endpoints(upstream, expand_endpoints(spec, in.resolutions), in, slots);
  return upstream;
}

}  // namespace sluice::routing
