#pragma once
// The rest of a response's body on its way to the client, after the piece that went with the head.
//
// Thread: the worker's.   Path: hot.
#include <chrono>
#include <cstdint>

#include "net/task.hpp"
#include "net/worker.hpp"
#include "proxy/client_side.hpp"
#include "proxy/failure.hpp"
#include "proxy/upstream_side.hpp"

namespace sluice::proxy {

struct Download {
  FailureKind failure = FailureKind::none;  // then the client's connection is broken off
  std::uint64_t bytes = 0;
};

// `patience`: how long the upstream may be silent. All must outlive the task.
net::Task<Download> download(net::Worker& worker, ClientSide& client, UpstreamSide& upstream,
                             std::chrono::milliseconds patience);

}  // namespace sluice::proxy
