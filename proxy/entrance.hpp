#pragma once
// What a client has to get through before its first request: the PROXY header of a trusted hop,
// TLS.
//
// Thread:    the connection's worker.   Path: warm, once a connection.
// Invariant: a client that says nothing costs what a plain one costs: no TLS session is made before
//            its first byte. Whatever it does, it is over when `timeouts.handshake` is.
#include <string>
#include <string_view>

#include "net/stream.hpp"
#include "net/task.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::proxy {

inline bool has_entrance(const Listener& listener) noexcept {
  return listener.spec.proxy_protocol || listener.spec.tls.has_value();
}

// Fills in what `peer` has turned out to be. Who speaks no TLS where he ought to gets in as a
// stranger that is not secure: he can be told so in words that he understands.
net::Task<net::IoStatus> enter(WorkerPlane& plane, Listener& listener, net::Stream& stream,
                               Peer& peer);

// Where what came plain should have gone: the field line of a redirection. Empty: nowhere, it names
// no host. `authority` and `target` are those of the request.
std::string https_location(const ListenerSpec& listener, std::string_view authority,
                           std::string_view target);
// The field line of `hsts`.
std::string hsts_field(const HstsSpec& spec);

}  // namespace sluice::proxy
