#pragma once
// Opens an outgoing connection from a worker.
//
// Thread: the worker's.   Path: warm (only when no pooled connection is idle).
// Errors: refused, unreachable, timed_out, exhausted, cancelled, ...; then there is no stream.
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

// By which somebody else ends a dial that is under way.
class DialHandle {
 public:
  // The dial ends with `cancelled`, afterwards. Safe at any time.
  void give_up() noexcept {
    if (connecting_ != nullptr) connecting_->cancel(IoStatus::cancelled);
  }

 private:
  friend Task<Dialled> dial(Worker&, const Address&, std::chrono::milliseconds, DialHandle&);
  Stream* connecting_ = nullptr;
};

// `handle` outlives the dial.
Task<Dialled> dial(Worker& worker, const Address& address, std::chrono::milliseconds timeout,
                   DialHandle& handle);

}  // namespace sluice::net
