#pragma once
// The attempts at one request: who serves the present one, who was tried, and whether another
// follows.
//
// Thread: the worker's.   Path: hot (begin, find_room), cold (arrange_another).
#include <array>
#include <cstdint>
#include <optional>

#include "proxy/retry.hpp"
#include "proxy/worker_plane.hpp"
#include "routing/decide.hpp"

namespace sluice::proxy {

class Attempts {
 public:
  // Both outlive this.
  Attempts(WorkerPlane& plane, const routing::Decision& decision) noexcept
      : plane_(plane), decision_(decision) {}

  // Call once it is decided where the request goes.
  void begin() noexcept;

  const routing::Target& target() const noexcept { return target_; }
  upstream::EndpointPool& pool() const noexcept { return plane_.pools.of(*target_.endpoint); }

  // True: target() has room. Turns to another endpoint of its upstream if that one has some and any
  // endpoint will do; who has to go to this one waits for it.
  bool find_room() noexcept { return pool().has_room() || turn_to_room(); }

  // An idle connection turned out to be dead: the next one is to be new.
  bool renewed() const noexcept { return so_far_.renewed; }

  // Why there is another: make it, to target(). The failed one has been counted.
  std::optional<RetryReason> arrange_another(const routing::Snapshot& snapshot,
                                             const FailedAttempt& failed) noexcept;

 private:
  bool any_endpoint_will_do() const noexcept;
  bool was_tried(std::uint32_t endpoint) const noexcept;
  bool turn_to_room() noexcept;
  bool turn_to_another(const routing::Snapshot& snapshot, RetryReason reason,
                       std::uint16_t status) noexcept;

  WorkerPlane& plane_;
  const routing::Decision& decision_;
  routing::Target target_;
  std::array<std::uint32_t, routing::RetrySpec::kAttemptsMax>
      tried_{};  // endpoints of the upstream
  std::uint8_t tried_count_ = 0;
  RetriesSoFar so_far_;
};

}  // namespace sluice::proxy
