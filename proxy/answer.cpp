#include "proxy/answer.hpp"

#include <string>

#include "proxy/reason.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::proxy {
namespace {

// `detail` is static text of ours and `request_id` a token: nothing in them needs escaping.
std::string problem_body(const Treatment& treatment, std::string_view detail,
                         std::string_view request_id) {
  std::string body = R"({"type":"about:blank","title":")";
  body.append(reason_of(treatment.status))
      .append(R"(","status":)")
      .append(std::to_string(treatment.status));
  body.append(R"(,"kind":")").append(treatment.label).append("\"");
  if (!detail.empty()) body.append(R"(,"detail":")").append(detail).append("\"");
  if (!request_id.empty()) body.append(R"(,"request_id":")").append(request_id).append("\"");
  return body.append("}\n");
}

}  // namespace

net::Task<Answered> answer(ClientSide& client, WorkerPlane& plane, FailureKind failure,
                           std::string_view detail, std::string_view request_id,
                           std::string_view fields) {
  const Treatment& treatment = treatment_of(failure);
  if (treatment.status == 0) {
    client.break_off();
    co_return Answered{};
  }
  static const routing::HeaderEdits kNoEdits;
  const std::string body = problem_body(treatment, detail, request_id);
  const bool to_head = client.method() == Method::head;
  ResponseHead& head = plane.response;
  head.status = treatment.status;
  head.reason = reason_of(treatment.status);
  head.http_1_0 = false;
  head.body = to_head ? BodyFraming::none : BodyFraming::length;
  head.content_length = body.size();
  head.announces_length = to_head;
  head.fields.clear();
  head.fields.add("Content-Type", "application/problem+json", FieldId::other);
  head.fields.add("Cache-Control", "no-store", FieldId::other);
  if (failure == FailureKind::method_not_allowed)
    head.fields.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", FieldId::other);
  const BodyPiece piece{body, BodyEnd::last};
  const net::IoStatus sent = co_await client.send_response(head, {kNoEdits, fields}, piece);
  const bool whole = sent == net::IoStatus::ok && !to_head;
  co_return Answered{sent, whole ? body.size() : 0};
}

}  // namespace sluice::proxy
