#pragma once
// The life of one request: placed, forwarded, answered, counted. Knows neither the client's
// protocol nor the upstream's.
//
// Thread:    its worker's.   Path: hot.
// Shape:     `plane.request` holds the head, parsed and accepted by the request policy.
// Invariant: when the task ends the client has been sent one response, or the connection has been
//            broken off; the upstream's connection has been given back or closed; one record has
//            been counted.
#include "net/task.hpp"
#include "proxy/client_side.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::proxy {

net::Task<void> exchange(WorkerPlane& plane, ClientSide& client);

}  // namespace sluice::proxy
