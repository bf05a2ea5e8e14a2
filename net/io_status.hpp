#pragma once
// How an I/O step on the data plane ended. A value, never an exception.
#include <cstdint>
#include <string_view>

namespace sluice::net {

enum class IoStatus : std::uint8_t {
  ok,
  eof,          // the peer has ended its side in order (FIN)
  reset,        // the peer or the network has ended the connection out of order
  refused,      // nobody listens there
  unreachable,  // no route, no such socket file, no permission
  timed_out,    // a deadline of ours
  cancelled,    // we gave it up: the other side of the exchange is gone, or we are shutting down
  exhausted,    // no descriptor or memory left in this process
  insecure,     // TLS came to nothing: the peer speaks none, or is not who it ought to be
};

constexpr std::string_view to_string(IoStatus status) noexcept {
  switch (status) {
    case IoStatus::ok:
      return "ok";
    case IoStatus::eof:
      return "eof";
    case IoStatus::reset:
      return "reset";
    case IoStatus::refused:
      return "refused";
    case IoStatus::unreachable:
      return "unreachable";
    case IoStatus::timed_out:
      return "timed_out";
    case IoStatus::cancelled:
      return "cancelled";
    case IoStatus::exhausted:
      return "exhausted";
    case IoStatus::insecure:
      return "insecure";
  }
  return "?";
}

// Maps errno of a socket call. EAGAIN is no outcome and must not come here.
IoStatus io_status_from_errno(int error) noexcept;

}  // namespace sluice::net
