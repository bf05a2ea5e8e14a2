#pragma once
// Opens an outgoing connection from a worker.
//
// Thread: the worker's.   Path: warm (only when no pooled connection is idle).
// Errors: refused, unreachable, timed_out, exhausted, ...; then there is no stream.
#include <chrono>
#include <memory>

#include "net/address.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"

namespace sluice::net {

struct Dialled {
  std::unique_ptr<Stream> stream;
  IoStatus status = IoStatus::ok;
};

Task<Dialled> dial(Worker& worker, const Address& address, std::chrono::milliseconds timeout);

}  // namespace sluice::net
