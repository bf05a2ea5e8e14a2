#pragma once
// Decides everything about where a request goes: route, upstream, endpoint, and why.
//
// Order: the first matching override, then the sticky pin, then the weights. When the upstream so
// chosen has no available endpoint, the route's when_unavailable answers, whatever chose it:
// - redistribute: the next step of the order decides, among available upstreams (a pin is
// replaced);
// - fallback: that upstream serves, reason `fallback`, no cookie is set, pins stay for its return;
// - fail: no_endpoint.
// A route that answers by itself is all there is to decide: there is no upstream then, and no
// failure.
//
// Thread: one WorkerDraw a worker. Path: hot, noexcept, no allocation.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "routing/balance.hpp"
#include "routing/match.hpp"
#include "routing/snapshot.hpp"
#include "routing/sticky.hpp"

namespace sluice::routing {

enum class Reason : std::uint8_t { override, sticky, weight, fallback };
enum class DecisionFailure : std::uint8_t { none, no_route, no_endpoint };

std::string_view label(Reason reason) noexcept;
std::string_view label(DecisionFailure failure) noexcept;

// What a worker owns to decide with. On a new snapshot: adopt() it, before the first decide().
struct WorkerDraw {
  explicit WorkerDraw(std::uint64_t seed) : random(seed) {}
  void adopt(const Snapshot& snapshot) { balance = BalanceState(snapshot, random); }

  Xoshiro256 random;
  BalanceState balance;
  std::span<const std::uint32_t> in_flight;  // by endpoint slot; the caller counts
};

// Pointers point into the snapshot and are null where nothing was found.
struct Decision {
  const Route* route = nullptr;
  const Arm* arm = nullptr;
  const Upstream* upstream = nullptr;
  const Endpoint* endpoint = nullptr;
  Reason reason = Reason::weight;
  DecisionFailure failure = DecisionFailure::none;
  StickyVerdict sticky = StickyVerdict::absent;  // what became of the cookie, if one is used
  bool set_cookie = false;                       // then send append_set_cookie(*this, ...)
  Placement placement = 0;  // with which this session was placed; 0 for override and fallback
  // The draw that placed the session; null for override and fallback, which no chance has placed.
  const SharedPlacements* placements = nullptr;
  // The hash of what keeps a session together; 0: each request is placed for itself.
  std::uint64_t session = 0;
  StickyPin pin;  // what the cookie to set says; meaningful with set_cookie
};

Decision decide(const Snapshot& snapshot, WorkerDraw& worker, const RequestFacts& facts,
                std::uint64_t now_seconds) noexcept;

// First match wins; nullptr when none does.
const Route* find_route(const Snapshot& snapshot, const RequestFacts& facts) noexcept;

// Who serves one attempt at a request. Pointers point into the snapshot.
struct Target {
  const Arm* arm = nullptr;
  const Upstream* upstream = nullptr;
  const Endpoint* endpoint = nullptr;  // null: nobody can
};

// Who should serve a request after `failed` did not: `retry.other_upstream` if the route names one
// that is not `failed`'s and has an available endpoint, else another endpoint of the same upstream
// that is none of `tried` (indices into its endpoints).
Target pick_again(const Snapshot& snapshot, const Route& route, const Target& failed,
                  WorkerDraw& worker, std::span<const std::uint32_t> tried) noexcept;

// The whole Set-Cookie field line of a decision with set_cookie. Path: hot.
void append_set_cookie(const Decision& decision, std::uint64_t now_seconds, bool secure,
                       std::string& out);

}  // namespace sluice::routing
