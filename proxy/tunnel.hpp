#pragma once
// After 101: two connections joined byte for byte, each way on its own, with half-close.
//
// Thread:    the worker's.
// Invariant: returns when both ways have ended; an orderly end of one way is passed on as FIN and
//            the other way goes on; anything else ends both. Neither connection is of use after it.
#include <chrono>
#include <cstdint>

#include "net/stream.hpp"
#include "net/task.hpp"

namespace sluice::proxy {

struct TunnelBytes {
  std::uint64_t from_client = 0;
  std::uint64_t from_upstream = 0;
};

// `idle`: without a byte either way.
net::Task<TunnelBytes> run_tunnel(net::Stream& client, net::Stream& upstream,
                                  std::chrono::milliseconds idle);

}  // namespace sluice::proxy
