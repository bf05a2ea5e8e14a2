#include "proxy/access_line.hpp"

#include "base/ascii.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::proxy {
namespace {

using telemetry::LogRecord;
using telemetry::LogText;

constexpr std::size_t kTraceIdSize = 32;

// The fields of a request head that are logged as they are.
struct LoggedFields {
  std::string_view trace_id;
  std::string_view referer;
  std::string_view user_agent;
};

std::string_view trace_id_of(std::string_view traceparent) noexcept {
  return is_valid_traceparent(traceparent) ? traceparent.substr(3, 32) : std::string_view{};
}

LoggedFields logged_fields(const FieldList& fields, bool wants_referer) noexcept {
  LoggedFields out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    const FieldId id = fields.id(i);
    if (id == FieldId::user_agent) out.user_agent = field.value;
    if (id == FieldId::traceparent && out.trace_id.empty()) out.trace_id = trace_id_of(field.value);
    if (wants_referer && id == FieldId::other && iequals(field.name, "referer"))
      out.referer = field.value;
  }
  return out;
}

void put_head(LogRecord& record, const RequestHead& head, const LoggedFields& fields) noexcept {
  record.protocol = head.http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
  record.put(LogText::method, head.method);
  record.put(LogText::host, head.authority);
  record.put(LogText::path, head.target);
  record.put(LogText::trace_id, fields.trace_id);
  record.put(LogText::referer, fields.referer);
  record.put(LogText::user_agent, fields.user_agent);
}

void put_decision(LogRecord& record, const ExchangeRecord& exchange) noexcept {
  const routing::Decision& decision = exchange.decision;
  if (decision.route != nullptr) record.put(LogText::route, decision.route->name);
  if (decision.upstream == nullptr) return;
  record.split_reason = routing::label(decision.reason);
  const bool served = exchange.target.endpoint != nullptr;
  const routing::Upstream& upstream = served ? *exchange.target.upstream : *decision.upstream;
  record.put(LogText::upstream, upstream.name);
  if (!served) return;
  record.put(LogText::endpoint, exchange.target.endpoint->name);
  record.upstream_duration = exchange.upstream_duration;
  record.retries = static_cast<std::int32_t>(exchange.attempts) - 1;
}

bool must_be_logged(FailureKind failure) noexcept {
  return failure != FailureKind::none && treatment_of(failure).blame != Blame::client;
}

}  // namespace

telemetry::LogDraft begin_line(WorkerPlane& plane, const Peer& peer, const RequestHead* head,
                               const Forwarding* forwarding) {
  if (plane.log == nullptr) return {};
  LoggedFields fields;
  std::size_t size = 0;
  if (head != nullptr) {
    fields = logged_fields(head->fields, plane.log->wants_referer());
    size += head->method.size() + head->authority.size() + head->target.size() +
            fields.referer.size() + fields.user_agent.size();
  }
  const std::string_view client_ip = forwarding != nullptr ? forwarding->client_ip : peer.ip;
  const bool secure = forwarding != nullptr ? forwarding->secure : peer.secure;
  size += client_ip.size() + (forwarding != nullptr ? forwarding->request_id.size() : 0);
  // Of a trace that was started here somebody may look for the spans.
  if (plane.traces != nullptr && forwarding != nullptr)
    fields.trace_id = forwarding->traceparent.substr(3, 32);
  telemetry::LogDraft line = plane.log->take(size + kTraceIdSize);
  line->scheme = secure ? "https" : "http";
  line->put(LogText::client_ip, client_ip);
  if (forwarding != nullptr) line->put(LogText::request_id, forwarding->request_id);
  if (head != nullptr) put_head(*line, *head, fields);
  return line;
}

void finish_line(WorkerPlane& plane, telemetry::LogDraft line, const ExchangeRecord& exchange) {
  if (!line) return;
  if (!must_be_logged(exchange.failure) && !plane.log->draws(plane.draw.random)) return;
  line->began = exchange.began;
  line->duration = exchange.duration;
  line->request_bytes = exchange.request_bytes;
  line->response_bytes = exchange.response_bytes;
  line->generation = exchange.generation;
  line->status = exchange.status == 0 ? kClientClosed : exchange.status;
  if (exchange.failure != FailureKind::none) line->failure = treatment_of(exchange.failure).label;
  put_decision(*line, exchange);
  plane.log->hand_over(std::move(line));
}

void finish_refused_line(WorkerPlane& plane, telemetry::LogDraft line, FailureKind refusal,
                         net::SteadyTime began, std::uint64_t response_bytes) {
  static const routing::Decision kUndecided;
  finish_line(plane, std::move(line),
              {.decision = kUndecided,
               .target = {},
               .method = Method::other,
               .status = treatment_of(refusal).status,
               .failure = refusal,
               .attempts = 0,
               .request_bytes = 0,
               .response_bytes = response_bytes,
               .began = began,
               .duration = plane.worker.now() - began,
               .upstream_duration = {},
               .generation = 0});
}

}  // namespace sluice::proxy
