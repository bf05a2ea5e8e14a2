#pragma once
// Turns the endpoints that a user wrote into the concrete ones of the moment.
//
// Thread: control thread. Path: cold.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/spec.hpp"

namespace sluice::routing {

using Resolutions = std::map<std::string, std::vector<std::string>>;

struct ConcreteEndpoint {
  std::string name;     // as configured
  std::string address;  // concrete
  std::uint32_t weight;
};

// The host name in an address, if it has one; none for literal IPs and unix sockets.
std::optional<std::string> host_to_resolve(std::string_view address);

// In file order, each address once: when two entries lead to one address their weights add up.
// Shape: a name of weight w that resolves to n addresses gives n endpoints of weight w.
std::vector<ConcreteEndpoint> expand_endpoints(const UpstreamSpec& spec, const Resolutions& known);

}  // namespace sluice::routing
