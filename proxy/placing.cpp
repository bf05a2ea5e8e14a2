#include "proxy/placing.hpp"

#include <string>

#include "base/ascii.hpp"
#include "proxy/access_line.hpp"
#include "proxy/http1/head_writer.hpp"
#include "proxy/wall_clock.hpp"
#include "routing/path.hpp"

namespace sluice::proxy {
namespace {

constexpr std::size_t kReplayBodyMax = 16 * 1024;

// Lower-case and without the port. A literal keeps its brackets.
std::string_view host_to_match(std::string_view authority, std::string& buffer) {
  const bool literal = authority.starts_with('[');
  const std::size_t end = literal ? authority.find(']') + 1 : authority.find(':');
  buffer.assign(authority.substr(0, end));
  for (char& c : buffer) c = to_lower(c);
  return buffer;
}

// The path goes out byte for byte as it came, unless a rewrite asks for another one.
std::string_view target_to_send(WorkerPlane& plane, const routing::RouteSpec& spec,
                                std::string_view normal_path) {
  const std::string_view target = plane.request.target;
  if (!spec.rewrite.path_prefix || !spec.match.path || normal_path == "*") return target;
  std::string rewritten;
  plane.target_buffer.assign(routing::replace_prefix(normal_path, spec.match.path->value,
                                                     *spec.rewrite.path_prefix, rewritten));
  const std::size_t query = target.find('?');
  if (query != std::string_view::npos) plane.target_buffer.append(target.substr(query));
  return plane.target_buffer;
}

// Whether `access` keeps the client out; fills in why.
bool keeps_out(const routing::Access* access, const WorkerPlane& plane,
               const routing::RequestFacts& facts, Placing& placing) noexcept {
  if (access == nullptr) [[likely]]
    return false;
  using Kind = routing::AccessVerdict::Kind;
  const auto verdict = access->judge(facts.client_ip, facts.fields, plane.worker.now());
  if (verdict.kind == Kind::admitted) return false;
  const bool denied = verdict.kind == Kind::denied;
  placing.failure = denied ? FailureKind::denied : FailureKind::rate_limited;
  placing.detail = denied ? "this address may not" : "too many requests";
  placing.retry_after = verdict.retry_after;
  return true;
}

void compose(WorkerPlane& plane, Placing& placing, std::string_view normal_path,
             const Forwarding& forwarding) {
  const RequestHead& head = plane.request;
  const routing::Route& route = *placing.decision.route;
  std::string_view authority = head.authority;
  if (route.spec.rewrite.host) authority = *route.spec.rewrite.host;
  if (authority.empty()) authority = placing.decision.upstream->name;  // HTTP/1.0 without Host
  const http1::RequestImage image{head, target_to_send(plane, route.spec, normal_path), authority,
                                  route.request_edits, forwarding};
  const bool small = head.body == BodyFraming::length && head.content_length < kReplayBodyMax;
  const std::size_t room = small ? static_cast<std::size_t>(head.content_length) : 0;
  placing.image = plane.worker.buffers().take(http1::request_bound(image) + room);
  placing.image_size = http1::write_request(image, placing.image.bytes());
}

// The route's own answer, as far as the head is needed for it.
void compose_own(const WorkerPlane& plane, Placing& placing) {
  const routing::Route& route = *placing.decision.route;
  placing.answers_itself = true;
  if (!route.redirect) return;
  const RequestHead& head = plane.request;
  placing.location =
      route.redirect->write({placing.secure ? "https" : "http", head.authority, head.target});
  if (!placing.location.empty()) return;
  placing.failure = FailureKind::bad_request;
  placing.detail = "without Host it cannot be said where to go";
}

}  // namespace

void place(WorkerPlane& plane, ClientSide& client, const routing::Snapshot& snapshot,
           Placing& placing) {
  const RequestHead& head = plane.request;
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  const auto normal = routing::normalise_path(path, plane.path_buffer);
  if (!normal) {
    placing.failure = FailureKind::bad_request;
    placing.detail = routing::describe(normal.error());
    placing.line = begin_line(plane, client.peer(), &head, nullptr);
    return;
  }
  const Forwarding forwarding =
      plane.forwarding.build(head, client.peer(), client.trusted_proxies(), plane.draw.random);
  const routing::RequestFacts facts{.method = head.method,
                                    .host = host_to_match(head.authority, plane.host_buffer),
                                    .path = *normal,
                                    .fields = head.fields.all(),
                                    .client_ip = forwarding.client_ip,
                                    .secure = forwarding.secure};
  placing.secure = forwarding.secure;
  placing.line = begin_line(plane, client.peer(), &head, &forwarding);
  placing.trace = begin_trace(plane, head, forwarding);
  if (keeps_out(client.peer().access, plane, facts, placing)) return;
  placing.decision = routing::decide(snapshot, plane.draw, facts, unix_seconds());
  const routing::Route* const route = placing.decision.route;
  if (route != nullptr && keeps_out(route->access.get(), plane, facts, placing)) {
    // No upstream is blamed for it, nor credited.
    placing.decision = {};
    placing.decision.route = route;
    return;
  }
  if (route != nullptr && route->spec.answers_itself()) {
    compose_own(plane, placing);
    client.release_head();
    return;
  }
  switch (placing.decision.failure) {
    case routing::DecisionFailure::no_route:
      placing.failure = FailureKind::no_route;
      placing.detail = "no route matches";
      break;
    case routing::DecisionFailure::no_endpoint:
      placing.failure = FailureKind::no_endpoint;
      placing.detail = "no endpoint is available";
      break;
    case routing::DecisionFailure::none:
      compose(plane, placing, *normal, forwarding);
      client.release_head();
      break;
  }
}

}  // namespace sluice::proxy
