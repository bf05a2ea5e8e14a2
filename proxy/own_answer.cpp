#include "proxy/own_answer.hpp"

#include "proxy/reason.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::proxy {
namespace {

// More costs more than another connection would.
constexpr std::uint64_t kSwallowedMax = 64 * 1024;

struct Words {
  std::uint16_t status;
  std::string_view body;
  std::string_view type;
  std::string_view location;
};

Words words_of(const routing::RouteSpec& route, std::string_view location) noexcept {
  if (!route.respond) return {own_status(route), {}, {}, location};
  return {own_status(route), route.respond->body, route.respond->content_type, {}};
}

// RFC 9110 sections 15.3.5 and 15.4.5: neither body nor Content-Length.
bool has_no_body(std::uint16_t status) noexcept {
  return status == 204 || status == 304;
}

void fill_head(ResponseHead& head, const Words& words, bool to_head) noexcept {
  const bool bodiless = has_no_body(words.status);
  head.status = words.status;
  head.reason = reason_of(words.status);
  head.http_1_0 = false;
  head.body = bodiless || to_head ? BodyFraming::none : BodyFraming::length;
  head.content_length = words.body.size();
  head.announces_length = to_head && !bodiless;
  head.fields.clear();
  if (!words.body.empty()) head.fields.add("Content-Type", words.type, FieldId::other);
  if (!words.location.empty()) head.fields.add("Location", words.location, FieldId::other);
}

}  // namespace

std::uint16_t own_status(const routing::RouteSpec& route) noexcept {
  return static_cast<std::uint16_t>(route.redirect ? route.redirect->status
                                                   : route.respond->status);
}

// Who waits for 100 Continue is answered instead (RFC 9110 section 10.1.1).
net::Task<BodyPiece> swallow_body(ClientSide& client, std::uint64_t& bytes) {
  BodyPiece piece = client.buffered_body();
  bytes += piece.bytes.size();
  while (piece.end == BodyEnd::more && bytes < kSwallowedMax && !client.awaits_continue()) {
    piece = co_await client.read_body();
    bytes += piece.bytes.size();
  }
  co_return piece;
}

net::Task<Answered> send_own_answer(ClientSide& client, WorkerPlane& plane,
                                    const routing::Route& route, std::string_view location) {
  const Words words = words_of(route.spec, location);
  fill_head(plane.response, words, client.method() == Method::head);
  const bool bodiless = plane.response.body == BodyFraming::none;
  const BodyPiece piece{bodiless ? std::string_view{} : words.body, BodyEnd::last};
  const net::IoStatus sent =
      co_await client.send_response(plane.response, {route.response_edits, {}}, piece);
  co_return Answered{sent, sent == net::IoStatus::ok ? piece.bytes.size() : 0};
}

}  // namespace sluice::proxy
