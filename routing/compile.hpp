#pragma once
// Turns specs and the state of the moment into the next snapshot. Whatever can be computed before a
// request comes is computed here.
//
// Thread: control thread. Path: cold.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "routing/snapshot.hpp"
#include "routing/spec.hpp"

namespace sluice::routing {

struct EndpointName {
  std::string upstream;
  std::string address;  // concrete, as in Endpoint::address
  friend auto operator<=>(const EndpointName&, const EndpointName&) = default;
};

// An upstream as one route sees it.
struct ArmName {
  std::string route;
  std::string upstream;
  friend auto operator<=>(const ArmName&, const ArmName&) = default;
};

// What an operator wants of an endpoint.
enum class Service : std::uint8_t {
  active,
  drain,  // no new session; endpoint pins are still obeyed
  down    // no request
};

// What its checks and its traffic say of an endpoint.
struct Fitness {
  bool fit = true;   // false: no request, unless so few are fit that all are used
  double share = 1;  // of its weight, in [0, 1]
  friend bool operator==(const Fitness&, const Fitness&) = default;
};

using FitnessMap = std::map<EndpointName, Fitness>;

struct CompileInput {
  RoutingSpec spec;
  std::uint64_t generation = 1;
  // Host name -> IP texts without port or brackets. Literal addresses and unix: need no entry; a
  // name without entry gives no endpoint.
  std::map<std::string, std::vector<std::string>> resolutions;
  std::shared_ptr<const Snapshot> previous;  // slots and partitions go on from it; may be null
  std::map<EndpointName, Service> services;  // absent: active
  // Absent: fit, unless it is to be checked and did not serve unchecked before.
  FitnessMap fitness;
  std::map<ArmName, std::uint32_t> epochs;  // absent: 0
  std::vector<std::string> sticky_keys;     // raw bytes, newest first
};

// Errors: all of them, each naming its place ("routes.shop.split: unknown upstream 'blu'"). A spec
//         that left config/ gives none, but for sticky keys that are missing or too short.
Result<std::shared_ptr<const Snapshot>, std::vector<std::string>> compile(const CompileInput& in);

// The host names that compile will look for in `resolutions`, each once.
std::vector<std::string> names_to_resolve(const RoutingSpec& spec);

}  // namespace sluice::routing
