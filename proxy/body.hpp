#pragma once
// A piece of a message body on its way through.
#include <span>

#include "net/io_status.hpp"

namespace sluice::proxy {

enum class BodyEnd : std::uint8_t {
  more,       // there is more to come
  last,       // this piece, perhaps empty, ends the body
  cut,        // the connection ended, timed out or was given up first; see `status`
  malformed,  // the framing is broken
  too_large,  // for what is allowed
};

// Invariant: `bytes` is void at the next suspension or the next question for a piece.
struct BodyPiece {
  std::span<const char> bytes;
  BodyEnd end = BodyEnd::more;
  net::IoStatus status = net::IoStatus::ok;
  bool broken() const noexcept { return end >= BodyEnd::cut; }
};

}  // namespace sluice::proxy
