#pragma once
// What has been decided at run time, over what the configuration says. All of it is durable.
//
// Thread: any; values. Path: cold.
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/rollout_fsm.hpp"
#include "routing/compile.hpp"
#include "routing/spec.hpp"

namespace sluice::control {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
WallTime wall_now();
// RFC 3339, UTC, milliseconds.
std::string format_time(WallTime time);

using Weights = std::vector<routing::WeightSpec>;  // of every upstream of a split, in its order

// Who decided on the weights of a route.
enum class WeightSource : std::uint8_t { config, api, rollout, revert };
inline constexpr std::array<std::string_view, 4> kWeightSourceLabels{"config", "api", "rollout",
                                                                     "revert"};

// What comes back when the time of a change is up.
struct WeightsReturn {
  WallTime at;
  Weights weights;
  WeightSource source = WeightSource::config;
  friend bool operator==(const WeightsReturn&, const WeightsReturn&) = default;
};

struct RouteWeights {
  Weights weights;
  Weights
      configured;  // what the file said when they were set; once it says something else, it wins
  WeightSource source = WeightSource::config;
  std::uint64_t generation = 0;  // of the change that set them: their entity tag
  std::optional<WeightsReturn> then = {};
  friend bool operator==(const RouteWeights&, const RouteWeights&) = default;
};

struct State {
  std::uint64_t generation = 0;                 // the newest that any of its parts has
  std::map<std::string, RouteWeights> weights;  // by route
  std::map<routing::EndpointName, routing::Service> services;  // those that are not active
  // Above 0: sessions that were placed there before are placed anew.
  std::map<routing::ArmName, std::uint32_t> epochs;
  std::map<std::string, std::string> baselines;           // by route: another one than the file's
  std::map<std::string, rollout::RolloutState> rollouts;  // by route; the newest of each
  std::vector<std::string> sticky_keys;  // raw, newest first; used when no file is configured
  friend bool operator==(const State&, const State&) = default;
};

// "blue=90 canary=10", and back. Errors: none for a text that format_weights() did not write.
std::string format_weights(const Weights& weights);
std::optional<Weights> parse_weights(std::string_view text);

// `spec` with the weights and baselines of `state`. Routes that `state` does not know keep theirs;
// one with a baseline but no guard gets a usual one.
routing::RoutingSpec with_weights(routing::RoutingSpec spec, const State& state);

// A route whose weights of run time were void, and why.
struct Superseded {
  std::string route;
  RouteWeights before;
};

// Brings `state` in line with a new configuration: a route whose configured split is another one
// than before gets it, one that is new too; what belongs to routes and upstreams that are gone
// goes. Invariant: afterwards each route has an entry; those that stay as they are keep their
// generation.
std::vector<Superseded> reconcile(State& state, const routing::RoutingSpec& spec,
                                  std::uint64_t generation);

}  // namespace sluice::control
