#pragma once
// What an operator may ask for at run time, and what becomes of the state then. Pure.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "control/state.hpp"
#include "routing/snapshot.hpp"

namespace sluice::control {

// Upstreams of the split that are not named get 0.
struct SetWeights {
  std::string route;
  Weights weights;
  std::optional<std::chrono::milliseconds> revert_after;  // absent: for good
  std::vector<std::string> disowned = {};  // upstreams whose sticky sessions are placed anew
};

// Blue/green: all weight to one upstream.
struct Switch {
  std::string route;
  std::string to;
  bool force = false;  // although it has no healthy endpoint
};

// The time of a change is up: what was before comes back.
struct Return {
  std::string route;
};

// Back to weights that are known to be good, given or found. A time that was set for the weights
// before is void.
struct Revert {
  std::string route;
  Weights weights;
  std::vector<std::string> disowned;  // upstreams whose sticky sessions are placed anew
};

// A rollout is in another state now; with `weights` it wants those.
struct Advance {
  std::string route;
  rollout::RolloutState rollout;
  Weights weights;  // empty: as they are
  std::string baseline;
};

// `endpoint`: an address, or a configured name with all addresses that it has now.
struct AssignService {
  std::string upstream;
  std::string endpoint;
  routing::Service service = routing::Service::active;
};

using Change = std::variant<SetWeights, Switch, Return, Revert, Advance, AssignService>;

enum class RefusalKind : std::uint8_t {
  not_found,    // no such route, upstream or endpoint
  stale,        // somebody changed it in between
  invalid,      // what is wanted makes no sense; `faults` say where
  conflict,     // it does, but not now
  unavailable,  // it could not be kept
};

// `pointer` (RFC 6901) into what was asked for; empty: the whole.
struct Fault {
  std::string pointer;
  std::string detail;
  friend bool operator==(const Fault&, const Fault&) = default;
};

struct Refusal {
  RefusalKind kind = RefusalKind::invalid;
  std::string detail;
  std::vector<Fault> faults;
};

// What the change is decided upon.
struct Moment {
  const routing::Snapshot& snapshot;  // whose endpoints and their health are those of now
  WallTime now;
  std::uint64_t generation = 0;  // of the change, greater than any before
};

// Errors: `state` must not change then. `if_generation`: of the route's weights; absent: any.
Result<State, Refusal> changed(State state, const Change& change, const Moment& moment,
                               std::optional<std::uint64_t> if_generation = {});

// For the audit: what it does ("weights"), to what ("shop"), and how that stands in `state`.
std::string_view action_of(const Change& change);
std::string target_of(const Change& change);
std::string describe_target(const State& state, const Change& change,
                            const routing::Snapshot& snapshot);

std::string_view service_label(routing::Service service);

// When the first change whose time is limited ends; none: never.
std::optional<WallTime> next_return(const State& state);
// The routes whose time is up.
std::vector<std::string> routes_to_return(const State& state, WallTime now);

}  // namespace sluice::control
