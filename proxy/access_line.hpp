#pragma once
// The two halves of an access log line: what must be copied while the views of the request head are
// alive, and what is known when the request has ended.
//
// Thread:    the worker's.   Path: hot; with the log off one branch each.
// Invariant: Authorization, Cookie and Set-Cookie are not even looked at.
#include "net/deadline_wheel.hpp"
#include "proxy/exchange_record.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/message.hpp"
#include "telemetry/log_tap.hpp"

namespace sluice::proxy {

class WorkerPlane;

// Null when the log is off. `head`: null if it could not be read. `forwarding`: null if the request
// was refused before anybody asked who its client is.
telemetry::LogDraft begin_line(WorkerPlane& plane, const Peer& peer, const RequestHead* head,
                               const Forwarding* forwarding);

// Hands the line to the writer, unless the request is not of the sample. One that failed through no
// fault of its client is always logged.
void finish_line(WorkerPlane& plane, telemetry::LogDraft line, const ExchangeRecord& record);

// The same for a request that was refused before there was an exchange.
void finish_refused_line(WorkerPlane& plane, telemetry::LogDraft line, FailureKind refusal,
                         net::SteadyTime began, std::uint64_t response_bytes);

}  // namespace sluice::proxy
