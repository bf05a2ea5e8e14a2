#pragma once
// Field lines of our own that go out with a response: the pin, what a debugging client wants to
// know, when to come back.
//
// Thread: the worker's.   Path: hot.
// Shape:  the view is of the plane's block, and void with the next call.
#include <string>
#include <string_view>

#include "proxy/client_side.hpp"
#include "proxy/placing.hpp"
#include "proxy/worker_plane.hpp"
#include "routing/decide.hpp"

namespace sluice::proxy {

// With a response that `target` has given.
std::string_view fields_of_response(WorkerPlane& plane, const ClientSide& client,
                                    const Placing& placing, const routing::Target& target);

// With an answer of our own to a request that failed.
std::string fields_of_refusal(FailureKind failure, const Placing& placing);

}  // namespace sluice::proxy
