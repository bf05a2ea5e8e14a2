#include "net/io_status.hpp"

#include <cerrno>

namespace sluice::net {

IoStatus io_status_from_errno(int error) noexcept {
  switch (error) {
    case 0:
      return IoStatus::ok;
    case ECONNREFUSED:
      return IoStatus::refused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EACCES:
    case EPERM:
    case ENOENT:
      return IoStatus::unreachable;
    case ETIMEDOUT:
      return IoStatus::timed_out;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case EADDRNOTAVAIL:  // no local port left
    case ENOMEM:
      return IoStatus::exhausted;
    default:
      return IoStatus::reset;
  }
}

}  // namespace sluice::net
