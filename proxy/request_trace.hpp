#pragma once
// The spans of a sampled request: begun while the views of its head are alive, one for each
// attempt, handed over when it has ended.
//
// Thread: the worker's.   Path: of sampled requests only; for others one branch each.
#include <memory>

#include "net/deadline_wheel.hpp"
#include "proxy/exchange_record.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/message.hpp"
#include "telemetry/trace_record.hpp"

namespace sluice::proxy {

class WorkerPlane;
struct Placing;

using TraceDraft = std::unique_ptr<telemetry::TraceRecord>;

// Null when the request is not of the sample, or nothing is recorded.
TraceDraft begin_trace(const WorkerPlane& plane, const RequestHead& head,
                       const Forwarding& forwarding);

// The upstream is told of the attempt's span, not of the request's: in place, in the image.
void begin_span(WorkerPlane& plane, Placing& placing, const routing::Target& target);
void end_span(telemetry::TraceRecord& trace, net::SteadyTime now, FailureKind failure) noexcept;

void finish_trace(WorkerPlane& plane, TraceDraft trace, const ExchangeRecord& record);

}  // namespace sluice::proxy
