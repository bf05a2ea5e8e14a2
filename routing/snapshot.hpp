#pragma once
// The compiled, immutable form of everything the data plane needs to place a request.
// DRAFT BY THE FOUNDER: the fields named here are what proxy/ is being written against; add what
// compile and decide need, keep these.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/spec.hpp"

namespace sluice::routing {

// One concrete address of an upstream. A configured host name that resolves to n addresses is n
// endpoints here.
struct Endpoint {
  std::uint32_t slot = 0;   // dense, stable over generations for the same (upstream, address)
  std::string name;         // as configured, for people: "app.internal:80"
  std::string address;      // concrete: "10.0.0.1:80", "[::1]:80", "unix:/run/app.sock"
  std::uint32_t weight = 1;
  std::uint64_t hash = 0;   // stable_hash(address): what a sticky cookie carries
  bool available = true;
};

struct Upstream {
  std::uint32_t slot = 0;  // dense, stable over generations for the same name
  std::string name;
  std::uint64_t hash = 0;   // stable_hash(name)
  std::uint32_t epoch = 0;  // bumped to disown every pin handed out before
  UpstreamSpec spec;
  std::vector<Endpoint> endpoints;
  std::vector<std::uint32_t> available;  // indices into endpoints
};

// Header edits prepared at publish time. Applied as: drop every field whose lower-cased name is in
// `drop`, then append `block`.
struct HeaderEdits {
  std::vector<std::string> drop;  // lower-case; names of `remove` and of `set`
  std::string block;              // "Name: value\r\n"...
};

}  // namespace sluice::routing
