#pragma once
// Small specs and snapshots for the tests of routing/.
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "routing/compile.hpp"
#include "routing/decide.hpp"

namespace sluice::routing::testing {

inline UpstreamSpec upstream_spec(const std::string& name,
                                  std::initializer_list<EndpointSpec> endpoints) {
  UpstreamSpec spec;
  spec.name = name;
  spec.endpoints = endpoints;
  return spec;
}

// blue has two endpoints (10.0.1.1, .2), green one (10.0.2.1), canary one (10.0.3.1); one route
// "shop" that matches everything, with the given split.
inline CompileInput shop(std::vector<WeightSpec> split) {
  CompileInput in;
  in.spec.upstreams = {upstream_spec("blue", {{"10.0.1.1:80", 1}, {"10.0.1.2:80", 1}}),
                       upstream_spec("green", {{"10.0.2.1:80", 1}}),
                       upstream_spec("canary", {{"10.0.3.1:80", 1}})};
  RouteSpec route;
  route.name = "shop";
  route.split = std::move(split);
  in.spec.routes = {route};
  in.sticky_keys = {std::string(32, 'k')};
  return in;
}

inline std::shared_ptr<const Snapshot> compiled(const CompileInput& in) {
  auto result = compile(in);
  if (!result) {
    for (const auto& error : result.error()) ADD_FAILURE() << error;
    return nullptr;
  }
  return std::move(result).value();
}

inline std::vector<std::string> errors_of(const CompileInput& in) {
  auto result = compile(in);
  return result ? std::vector<std::string>{} : std::move(result).error();
}

inline void take_down(CompileInput& in, const std::string& upstream) {
  for (const auto& one : in.spec.upstreams) {
    if (one.name != upstream) continue;
    for (const auto& endpoint : one.endpoints) in.fitness[{upstream, endpoint.address}].fit = false;
  }
}

}  // namespace sluice::routing::testing
