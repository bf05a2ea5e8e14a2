#pragma once
// The compiled, immutable form of everything the data plane needs to place a request.
//
// Thread: built by the control thread, then read by all workers; nothing in it changes.
// Invariant: indices (upstream_index, arm) point into the vectors of the same snapshot; slots are
//            stable over generations and never given to something else while the process lives.
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/access.hpp"
#include "routing/match.hpp"
#include "routing/placements.hpp"
#include "routing/redirect.hpp"
#include "routing/slots.hpp"
#include "routing/spec.hpp"
#include "routing/split.hpp"
#include "routing/sticky.hpp"

namespace sluice::routing {

inline constexpr std::uint32_t kNoIndex = 0xffffffffU;

// One concrete address of an upstream. A configured host name that resolves to n addresses is n
// endpoints here.
struct Endpoint {
  std::uint32_t slot = 0;  // dense, stable over generations for the same (upstream, address)
  std::string name;        // as configured, for people: "app.internal:80"
  std::string address;     // concrete: "10.0.0.1:80", "[::1]:80", "unix:/run/app.sock"
  std::uint32_t weight = 1;
  std::uint64_t hash = 0;  // stable_hash(address): what a sticky cookie carries
  bool available = true;   // up; also while draining
  bool in_service = true;  // has a weight, and no operator took it out: takes sessions when fit
};

struct Upstream {
  std::uint32_t slot = 0;  // dense, stable over generations for the same name
  std::string name;
  std::uint64_t hash = 0;  // stable_hash(name)
  UpstreamSpec spec;
  std::vector<Endpoint> endpoints;
  std::vector<std::uint32_t> available;  // indices into endpoints: up, not draining, weight > 0
  std::uint64_t available_weight = 0;    // their sum
  bool equal_weights = true;             // among the available ones
  std::string hash_header;               // KeySource::header: the name, lower-case
};

// Header edits prepared at publish time. Applied as: drop every field whose lower-cased name is in
// `drop`, then append `block`.
struct HeaderEdits {
  std::vector<std::string> drop;  // lower-case; names of `remove` and of `set`
  std::string block;              // "Name: value\r\n"...
  bool empty() const noexcept { return drop.empty() && block.empty(); }
};

// An upstream as seen by one route: in its split, or the target of an override or the fallback.
struct Arm {
  std::uint32_t slot = 0;  // dense, stable for the same (route, upstream): where counters live
  std::uint32_t upstream_index = 0;
  std::uint32_t upstream_slot = 0;
  std::uint32_t weight = 0;
  bool in_split = false;
  // With which the split places a new session here now: its weight among the weights that can be
  // drawn (all of them, or with `redistribute` the available ones).
  Placement placement = 0;
  std::uint32_t epoch = 0;  // bumped to disown every pin handed out before
};

// What of a route's traffic is evidence for its guard.
struct Watch {
  std::uint32_t baseline_arm = 0;
  std::uint32_t latencies = 0;  // metrics beside that of errors
  // A duration that few may exceed; kUnlimited: none.
  std::array<std::chrono::microseconds, GuardSpec::kLatenciesMax> longest{};
  bool limits_durations = false;  // any of them
};

struct Override {
  OverrideSource source = OverrideSource::header;
  std::string name;  // lower-case for a header, as it is for a cookie
  StringMatcher match;
  std::uint32_t arm = 0;
};

struct Route {
  std::uint32_t slot = 0;  // dense, stable over generations for the same name
  std::string name;
  std::uint64_t hash = 0;  // stable_hash(name)
  RouteSpec spec;
  RouteMatcher matcher;
  std::shared_ptr<const Access> access;  // null: everybody, always
  std::vector<Override> overrides;
  std::vector<Arm> arms;  // the split in file order, then other targets
  // By chance, over arm indices. With `redistribute` only available arms are in it; otherwise a
  // draw may hit an unavailable one, and when_unavailable says what then.
  WeightedDraw draw;
  // Header and client_ip sticky: owners are upstream slots. Empty for other routes.
  KeyPartition partition;
  std::vector<RendezvousOwner> available_owners;  // arm indices, for redistribute_key
  std::uint32_t fallback_arm = kNoIndex;
  std::uint32_t retry_arm = kNoIndex;  // of `retry.other_upstream`
  std::optional<Sticky> sticky;
  std::optional<Watch> watch;
  std::optional<RedirectTarget> redirect;  // with spec.redirect
  // Where what the route answers by itself is counted: the slot of an arm without an upstream.
  std::uint32_t own_slot = kNoIndex;
  // Newest first, the present one in front, at most kPlacementsKept.
  std::vector<SharedPlacements> placements;
  SharedPlacements unknown_placements;  // all weights 0: of sessions placed nobody knows how
  HeaderEdits request_edits;
  HeaderEdits response_edits;
};

struct Snapshot {
  std::uint64_t generation = 0;
  std::vector<Upstream> upstreams;  // in file order
  std::vector<Route> routes;        // in file order: first match wins
  SlotRegistry slots;               // carried to the next generation
  Regexes regexes;                  // likewise

  // Path: cold; nullptr when there is none of that name.
  const Upstream* find_upstream(std::string_view name) const noexcept;
  const Route* find_route(std::string_view name) const noexcept;
};

}  // namespace sluice::routing
