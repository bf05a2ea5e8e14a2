#include "proxy/http1/upstream_channel.hpp"

#include <array>

#include "proxy/http1/head_writer.hpp"
#include "proxy/http1/outgoing.hpp"
#include "proxy/response_policy.hpp"

namespace sluice::proxy::http1 {
namespace {

// Our own backends may need more room than a stranger's client.
constexpr HeadLimits kResponseLimits{
    .bytes = 32 * 1024, .count = FieldList::kMax, .first_line = 8 * 1024};

HeadOutcome failed(FailureKind failure, std::string_view detail) noexcept {
  return {.failure = failure, .detail = detail};
}
HeadOutcome bad_response(std::string_view detail) noexcept {
  return failed(FailureKind::bad_response, detail);
}

}  // namespace

net::Stream::Sending UpstreamChannel::send_request(std::span<const char> image,
                                                   const BodyPiece& first) {
  Outgoing out(request_.framing);
  out.add(image);
  out.add_body(first);
  return stream_.send(out.pieces());
}

net::Stream::Sending UpstreamChannel::send_body(const BodyPiece& piece) {
  Outgoing out(request_.framing);
  out.add_body(piece);
  return stream_.send(out.pieces());
}

HeadOutcome UpstreamChannel::look_for_head(ResponseHead& head, net::SteadyTime until) noexcept {
  stream_.consume(std::exchange(head_size_, 0));  // an informational head before this one
  scan_.reset();
  head_until_ = until;
  return look(head);
}

HeadOutcome UpstreamChannel::look_on(ResponseHead& head, net::IoStatus received) noexcept {
  return received == net::IoStatus::ok ? look(head) : head_missing(received);
}

HeadOutcome UpstreamChannel::look(ResponseHead& head) noexcept {
  const std::string_view input(stream_.input().data(), stream_.input().size());
  switch (scan_.scan(input, kResponseLimits)) {
    case HeadScan::Found::incomplete:
      return {.awaited = true};
    case HeadScan::Found::bad:
      return bad_response(to_string(scan_.problem()));
    case HeadScan::Found::complete:
      break;
  }
  return interpret(head, input.substr(0, scan_.head_size()));
}

HeadOutcome UpstreamChannel::interpret(ResponseHead& head, std::string_view bytes) noexcept {
  const HeadProblem problem = parse_response_head(bytes, kResponseLimits, head);
  if (problem != HeadProblem::none) return bad_response(to_string(problem));
  const std::string_view detail = apply_response_policy(head, request_.method, request_.offered);
  if (!detail.empty()) return bad_response(detail);
  head_size_ = bytes.size();
  keep_alive_ = head.keep_alive && head.status != 101;
  body_.start(head.body, head.content_length);
  return {};
}

HeadOutcome UpstreamChannel::head_missing(net::IoStatus status) const noexcept {
  if (status == net::IoStatus::timed_out)
    return failed(FailureKind::response_timeout, "the upstream did not answer in time");
  if (status == net::IoStatus::exhausted) return bad_response("the upstream's head is too large");
  if (!stream_.input().empty()) return bad_response("the upstream closed within its head");
  return failed(FailureKind::upstream_closed, "the upstream closed without an answer");
}

// The head's bytes go together with the first piece's.
BodyPiece UpstreamChannel::buffered_body() noexcept {
  return body_.take(stream_, std::exchange(head_size_, 0));
}

net::Task<BodyPiece> UpstreamChannel::read_body(std::chrono::milliseconds gap) {
  return body_.next(stream_, {gap});
}

bool UpstreamChannel::finish() noexcept {
  body_.finish_piece(stream_);
  return keep_alive_ && body_.finished() && stream_.quiet();
}

net::Stream& UpstreamChannel::tunnel() noexcept {
  stream_.consume(std::exchange(head_size_, 0));
  return stream_;
}

}  // namespace sluice::proxy::http1
