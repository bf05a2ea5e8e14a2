#pragma once
// Opens an outgoing connection from a worker.
//
// Thread: the worker's.   Path: warm (only when no pooled connection is idle).
// Errors: refused, unreachable, timed_out, exhausted, cancelled, insecure, ...; then there is no
//         stream.
#include <chrono>
#include <memory>

#include "net/address.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"
#include "net/tls/client_context.hpp"

namespace sluice::net {

// What it takes to speak TLS to whoever is there.
struct TlsAccess {
  std::shared_ptr<const tls::ClientContext> context;  // null: insecure
  std::string host;                                   // unless the context knows better
  tls::ClientSessions* sessions = nullptr;            // outlive the stream
};

struct Dialled {
  std::unique_ptr<Stream> stream;
  IoStatus status = IoStatus::ok;
};

struct Opening;

// By which somebody else ends a dial that is under way.
class DialHandle {
 public:
  // The dial ends with `cancelled`, afterwards. Safe at any time.
  void give_up() noexcept {
    if (connecting_ != nullptr) connecting_->cancel(IoStatus::cancelled);
  }

 private:
  friend Task<Dialled> dial(Worker&, const Address&, std::chrono::milliseconds, DialHandle&,
                            Opening);
  Stream* connecting_ = nullptr;
};

// What is said on a connection before anything else.
struct Opening {
  std::string_view preface = {};   // in plain text, before TLS
  const TlsAccess* tls = nullptr;  // null: plain
};

// `handle` and `opening` (what it points to) outlive the dial. `timeout` is for all of it.
Task<Dialled> dial(Worker& worker, const Address& address, std::chrono::milliseconds timeout,
                   DialHandle& handle, Opening opening = {});

}  // namespace sluice::net
