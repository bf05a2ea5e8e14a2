#pragma once
// The client of one exchange, whatever protocol it speaks: where the request body comes from and
// where the response goes.
//
// Thread: the connection's worker.
// Shape:  buffered_body() once, then read_body() until a piece ends it; send_informational() any
//         number of times, then send_response() once, then send_body() until a piece ends it.
//         Reading and sending may wait at the same time, each once.
#include <string_view>

#include "net/stream.hpp"
#include "net/task.hpp"
#include "proxy/body.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/message.hpp"
#include "routing/snapshot.hpp"

namespace sluice::proxy {

// Told when the client has gone away for good (not by an orderly FIN after its request).
class ClientWatcher {
 public:
  virtual void on_client_gone() = 0;

 protected:
  ~ClientWatcher() = default;
};

// What goes out with a response beside its own fields.
struct ResponseExtras {
  const routing::HeaderEdits& edits;
  std::string_view block;  // ready field lines of ours
};

class ClientSide {
 public:
  virtual ~ClientSide() = default;

  virtual const Peer& peer() const noexcept = 0;
  virtual const net::CidrSet& trusted_proxies() const noexcept = 0;
  virtual bool shows_debug_fields() const noexcept = 0;
  virtual Method method() const noexcept = 0;  // of the request; `other` if its head was refused
  // It waits for 100 Continue: none was sent, and nothing of the body has come. Until then its
  // reads have no deadline: whoever owes the 100 has one.
  virtual bool awaits_continue() const noexcept = 0;
  virtual void watch(ClientWatcher* watcher) noexcept = 0;

  // The request head's bytes are not needed any more: its views are void from now on.
  virtual void release_head() noexcept = 0;

  // Whether bytes of the body are here, or it has none; await_body() waits until they are.
  virtual bool body_has_arrived() const noexcept = 0;
  virtual net::Task<net::IoStatus> await_body() = 0;
  virtual BodyPiece buffered_body() noexcept = 0;
  virtual net::Task<BodyPiece> read_body() = 0;
  virtual bool body_finished() const noexcept = 0;
  virtual void interrupt_body() noexcept = 0;  // a waiting read_body() ends with `cut`

  // Begun at once: what they are given is void when they return, not when the wait is over.
  virtual net::Stream::Sending send_informational(const ResponseHead& head) = 0;
  virtual net::Stream::Sending send_response(const ResponseHead& head, const ResponseExtras& extras,
                                             const BodyPiece& first) = 0;
  virtual net::Stream::Sending send_body(const BodyPiece& piece) = 0;
  // The response cannot be completed: whatever follows must look broken to the client.
  virtual void break_off() noexcept = 0;

  // What a response on its way to it will touch of it.
  virtual net::Memory touched() const noexcept = 0;

  // After 101 has been sent: the bare connection, for a tunnel. The exchange is its last.
  virtual net::Stream& tunnel() noexcept = 0;
};

}  // namespace sluice::proxy
