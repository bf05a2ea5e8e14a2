#include "telemetry/otlp.hpp"

#include <utility>

#include "base/json_text.hpp"
#include "base/utf8.hpp"

namespace sluice::telemetry {
namespace {

using std::chrono::nanoseconds;

constexpr int kServer = 2;  // SpanKind
constexpr int kClient = 3;
constexpr std::uint16_t kFirstClientError = 400;
constexpr std::uint16_t kFirstServerError = 500;

std::string_view text_of(const auto& id) {
  return {id.data(), id.size()};
}

// Bytes of strangers need not be UTF-8, and JSON must be.
std::string json_text(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = utf8_character_size(text);
    clean.append(size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return json_string(clean);
}

class Attributes {
 public:
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) put(key, "stringValue", json_text(value));
  }
  void number(std::string_view key, std::uint64_t value) {
    put(key, "intValue", "\"" + std::to_string(value) + "\"");
  }
  std::string take() { return "[" + std::move(out_) + "]"; }

 private:
  void put(std::string_view key, std::string_view kind, const std::string& value) {
    out_.append(out_.empty() ? "" : ",").append(R"({"key":)").append(json_string(key));
    out_.append(R"(,"value":{")").append(kind).append("\":").append(value).append("}}");
  }
  std::string out_;
};

std::string time_of(std::chrono::steady_clock::time_point at, nanoseconds offset) {
  return "\"" + std::to_string((at.time_since_epoch() + offset).count()) + "\"";
}

struct Span {
  std::string_view id, parent, name;
  int kind;
  std::chrono::steady_clock::time_point began, ended;
  bool failed;
};

std::string span_text(const TraceId& trace, const Span& span, std::string attributes,
                      nanoseconds offset) {
  std::string out = R"({"traceId":")";
  out.append(text_of(trace)).append(R"(","spanId":")").append(span.id);
  if (!span.parent.empty()) out.append(R"(","parentSpanId":")").append(span.parent);
  out.append(R"(","name":)").append(json_text(span.name));
  out.append(R"(,"kind":)").append(std::to_string(span.kind));
  out.append(R"(,"startTimeUnixNano":)").append(time_of(span.began, offset));
  out.append(R"(,"endTimeUnixNano":)").append(time_of(span.ended, offset));
  out.append(R"(,"attributes":)").append(attributes);
  return out.append(span.failed ? R"(,"status":{"code":2}})" : "}");
}

std::string request_span(const TraceRecord& trace, nanoseconds offset) {
  Attributes all;
  all.text("http.request.method", trace.method);
  all.text("url.scheme", trace.scheme);
  all.text("url.path", trace.path);
  all.text("server.address", trace.host);
  all.text("client.address", trace.client_ip);
  all.text("network.protocol.name", "http");
  all.text("network.protocol.version", trace.protocol);
  all.text("user_agent.original", trace.user_agent);
  all.number("http.response.status_code", trace.status);
  all.number("http.request.body.size", trace.request_bytes);
  all.number("http.response.body.size", trace.response_bytes);
  all.text("error.type", trace.failure);
  all.text("sluice.request_id", trace.request_id);
  all.text("sluice.route", trace.route);
  all.text("sluice.upstream", trace.upstream);
  all.text("sluice.split_reason", trace.split_reason);
  all.number("sluice.generation", trace.generation);
  const bool has_parent = trace.parent[0] != 0;
  const std::string name = trace.method + (trace.route.empty() ? "" : " " + trace.route);
  return span_text(trace.trace,
                   {text_of(trace.span), has_parent ? text_of(trace.parent) : std::string_view{},
                    name, kServer, trace.began, trace.ended, trace.status >= kFirstServerError},
                   all.take(), offset);
}

std::string attempt_span(const TraceRecord& trace, std::size_t index, nanoseconds offset) {
  const AttemptSpan& attempt = trace.attempts[index];
  Attributes all;
  all.text("http.request.method", trace.method);
  all.text("server.address", attempt.endpoint);
  all.text("sluice.upstream", attempt.upstream);
  if (attempt.status != 0) all.number("http.response.status_code", attempt.status);
  if (index > 0) all.number("http.request.resend_count", index);
  all.text("error.type", attempt.failure);
  const bool failed = !attempt.failure.empty() || attempt.status >= kFirstClientError;
  return span_text(trace.trace,
                   {text_of(attempt.id), text_of(trace.span), trace.method, kClient, attempt.began,
                    attempt.ended, failed},
                   all.take(), offset);
}

}  // namespace

std::string otlp_traces(const std::vector<std::unique_ptr<TraceRecord>>& traces,
                        std::string_view service, nanoseconds wall_offset) {
  Attributes resource;
  resource.text("service.name", service);
  std::string out = R"({"resourceSpans":[{"resource":{"attributes":)" + resource.take() +
                    R"(},"scopeSpans":[{"scope":{"name":"sluice"},"spans":[)";
  const char* separator = "";
  for (const auto& trace : traces) {
    out.append(std::exchange(separator, ",")).append(request_span(*trace, wall_offset));
    for (std::size_t i = 0; i < trace->attempts.size(); ++i)
      out.append(",").append(attempt_span(*trace, i, wall_offset));
  }
  return out.append("]}]}]}");
}

}  // namespace sluice::telemetry
