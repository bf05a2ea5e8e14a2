#include "proxy/request_trace.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "proxy/placing.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::proxy {
namespace {

constexpr std::size_t kTextMax = 1'024;
constexpr std::size_t kSpanAt = 36;  // in a traceparent

template <std::size_t N>
void copy(std::string_view text, std::array<char, N>& out) noexcept {
  std::copy_n(text.begin(), std::min(text.size(), N), out.begin());
}

telemetry::SpanId new_span(Xoshiro256& random) noexcept {
  telemetry::SpanId id;
  put_hex(id.data(), random() | 1);
  return id;
}

// Where our traceparent stands in the image; nowhere if the route has taken it out.
char* find_span(Placing& placing) noexcept {
  const std::string_view image(placing.image.bytes(), placing.image_size);
  const telemetry::TraceRecord& trace = *placing.trace;
  std::array<char, 53> ours;
  const std::string_view before = "00-";
  auto end = std::copy(before.begin(), before.end(), ours.begin());
  end = std::copy(trace.trace.begin(), trace.trace.end(), end);
  *end++ = '-';
  end = std::copy(trace.span.begin(), trace.span.end(), end);
  const std::string_view wanted(ours.data(), static_cast<std::size_t>(end - ours.begin()));
  const std::size_t at = image.find(wanted);
  return at == std::string_view::npos ? nullptr : placing.image.bytes() + at + kSpanAt;
}

}  // namespace

TraceDraft begin_trace(const WorkerPlane& plane, const RequestHead& head,
                       const Forwarding& forwarding) {
  if (!forwarding.sampled || plane.traces == nullptr) return nullptr;
  auto trace = std::make_unique<telemetry::TraceRecord>();
  copy(forwarding.traceparent.substr(3, 32), trace->trace);
  copy(forwarding.traceparent.substr(kSpanAt, 16), trace->span);
  copy(forwarding.parent_span, trace->parent);
  trace->method = head.method;
  trace->host = head.authority;
  trace->path = head.target.substr(0, std::min(head.target.find('?'), kTextMax));
  trace->client_ip = forwarding.client_ip;
  trace->user_agent = head.fields.value_of(FieldId::user_agent).substr(0, kTextMax);
  trace->request_id = forwarding.request_id;
  trace->scheme = forwarding.secure ? "https" : "http";
  trace->protocol = head.http_1_0 ? "1.0" : "1.1";
  return trace;
}

void begin_span(WorkerPlane& plane, Placing& placing, const routing::Target& target) {
  telemetry::TraceRecord& trace = *placing.trace;
  if (trace.attempts.empty()) placing.span_at = find_span(placing);
  telemetry::AttemptSpan& attempt = trace.attempts.emplace_back();
  attempt.id = new_span(plane.draw.random);
  attempt.began = attempt.ended = plane.worker.now();
  attempt.upstream = target.upstream->name;
  attempt.endpoint = target.endpoint->name;
  if (placing.span_at != nullptr) std::copy(attempt.id.begin(), attempt.id.end(), placing.span_at);
}

void end_span(telemetry::TraceRecord& trace, net::SteadyTime now, FailureKind failure) noexcept {
  telemetry::AttemptSpan& attempt = trace.attempts.back();
  attempt.ended = now;
  if (failure != FailureKind::none) attempt.failure = treatment_of(failure).label;
}

void finish_trace(WorkerPlane& plane, TraceDraft trace, const ExchangeRecord& record) {
  if (trace == nullptr) return;
  trace->began = record.began;
  trace->ended = record.began + record.duration;
  trace->status = record.status == 0 ? kClientClosed : record.status;
  trace->request_bytes = record.request_bytes;
  trace->response_bytes = record.response_bytes;
  trace->generation = record.generation;
  if (record.failure != FailureKind::none) trace->failure = treatment_of(record.failure).label;
  const routing::Decision& decision = record.decision;
  if (decision.route != nullptr) trace->route = decision.route->name;
  if (decision.upstream != nullptr) {
    trace->upstream = decision.upstream->name;
    trace->split_reason = routing::label(decision.reason);
  }
  plane.traces->put(std::move(trace));
}

}  // namespace sluice::proxy
