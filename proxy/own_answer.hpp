#pragma once
// What a route answers by itself: its `redirect` or `respond`.
//
// Thread: the worker's.   Path: warm.
#include <cstdint>
#include <string_view>

#include "net/task.hpp"
#include "proxy/answer.hpp"
#include "proxy/client_side.hpp"
#include "routing/snapshot.hpp"

namespace sluice::proxy {

// Of a route that answers by itself.
std::uint16_t own_status(const routing::RouteSpec& route) noexcept;

// Reads the body of a request that nobody wants, so that the connection can be kept: as much of it
// as is worth that. Gives the last piece; if that is neither `last` nor broken() the rest is still
// to come, and the connection ends with the answer. `bytes`: of the body, counted up.
net::Task<BodyPiece> swallow_body(ClientSide& client, std::uint64_t& bytes);

// Sends the answer, with the route's edits of response headers. `location`: of a redirection.
net::Task<Answered> send_own_answer(ClientSide& client, WorkerPlane& plane,
                                    const routing::Route& route, std::string_view location);

}  // namespace sluice::proxy
