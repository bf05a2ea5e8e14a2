#pragma once
// What goes wrong on the client's side, as failures.
//
// Path: cold.
#include <string_view>

#include "proxy/body.hpp"
#include "proxy/failure.hpp"

namespace sluice::proxy {

struct Cause {
  FailureKind failure;
  std::string_view detail;  // static text; empty: the failure says it all
};

// Of a request body that is broken().
constexpr Cause cause_of(const BodyPiece& piece) noexcept {
  if (piece.end == BodyEnd::malformed) return {FailureKind::bad_request, "malformed chunked body"};
  if (piece.end == BodyEnd::too_large)
    return {FailureKind::content_too_large, "the request body is too large"};
  if (piece.status == net::IoStatus::timed_out)
    return {FailureKind::request_timeout, "the request body took too long"};
  return {FailureKind::client_gone, {}};
}

// Of a client that did not take what it was sent.
constexpr FailureKind cause_of_unsent(net::IoStatus sent) noexcept {
  return sent == net::IoStatus::timed_out ? FailureKind::client_stalled : FailureKind::client_gone;
}

}  // namespace sluice::proxy
