#pragma once
// After 101: two connections joined byte for byte, each way on its own, with half-close.
//
// Thread:    the worker's.
// Invariant: returns when both ways have ended; an orderly end of one way is passed on as FIN and
//            the other way goes on; anything else ends both, a failure so that it shows. Neither
//            connection is of use after it.
#include <chrono>
#include <cstdint>

#include "net/stream.hpp"
#include "net/task.hpp"

namespace sluice::proxy {

enum class TunnelEnd : std::uint8_t { orderly, client_failed, upstream_failed };

struct TunnelOutcome {
  std::uint64_t bytes_from_client = 0;
  std::uint64_t bytes_from_upstream = 0;
  TunnelEnd end = TunnelEnd::orderly;  // also when it was quiet for too long
};

// `idle`: without a byte either way, or with a side that takes none.
net::Task<TunnelOutcome> run_tunnel(net::Stream& client, net::Stream& upstream,
                                    std::chrono::milliseconds idle);

}  // namespace sluice::proxy
