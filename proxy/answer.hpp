#pragma once
// The proxy's own answers: application/problem+json with the failure's label as `kind`.
//
// Source: RFC 9457; contract section 6.
#include <string_view>

#include "net/task.hpp"
#include "proxy/client_side.hpp"
#include "proxy/failure.hpp"

namespace sluice::proxy {

class WorkerPlane;

struct Answered {
  net::IoStatus status = net::IoStatus::ok;
  std::size_t body_bytes = 0;  // that went out
};

// Sends the answer of the failure table. Nothing when nobody is left to hear it (status 0).
// `fields`: ready field lines that go with it. `detail`, `request_id` and `fields` must outlive the
// call; they are used before the first suspension.
net::Task<Answered> answer(ClientSide& client, WorkerPlane& plane, FailureKind failure,
                           std::string_view detail, std::string_view request_id,
                           std::string_view fields = {});

}  // namespace sluice::proxy
