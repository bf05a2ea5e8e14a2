#include "admin/door.hpp"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include "base/address.hpp"
#include "net/socket_file.hpp"

namespace sluice::admin {
namespace {

std::string sentence(const std::string& listen, const std::string& reason) {
  return "admin: cannot listen on " + listen + ": " + reason;
}

// Errors: errno.
int open_socket(const net::Address& address, int descriptor) {
  const int on = 1;
  if (address.is_unix()) {
    // Before bind(), so that there is no moment in which others may connect (Linux keeps the mode).
    if (::fchmod(descriptor, 0600) != 0) return errno;
  } else {
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (::bind(descriptor, address.raw(), address.length()) != 0) return errno;
  return ::listen(descriptor, SOMAXCONN) == 0 ? 0 : errno;
}

net::Address bound_address(const net::Address& asked, int descriptor) {
  sockaddr_storage actual{};
  socklen_t length = sizeof actual;
  auto* const raw = reinterpret_cast<sockaddr*>(&actual);
  if (asked.is_unix() || ::getsockname(descriptor, raw, &length) != 0) return asked;
  return net::Address::from_raw(raw, length);
}

}  // namespace

Result<Door, std::string> open_door(const std::string& listen, asio::io_context& io) {
  const auto written = parse_bind_address(listen);
  if (!written) return Failure{sentence(listen, written.error())};
  const auto address = net::Address::parse(listen);
  if (!address) return Failure{sentence(listen, "not an address")};
  if (!address->is_unix() && !is_loopback(*written))
    return Failure{sentence(listen, "no tokens yet: bind 127.0.0.1 or unix:")};
  if (address->is_unix()) net::remove_stale_socket(*address);

  const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const int descriptor = ::socket(address->family(), type, 0);
  if (descriptor < 0) return Failure{sentence(listen, std::strerror(errno))};
  if (const int error = open_socket(*address, descriptor); error != 0) {
    ::close(descriptor);
    return Failure{sentence(listen, std::strerror(error))};
  }
  Acceptor acceptor(io);
  boost::system::error_code error;
  acceptor.assign(Protocol(address->family(), 0), descriptor, error);
  if (error) {
    ::close(descriptor);
    return Failure{sentence(listen, error.message())};
  }
  return Door{std::move(acceptor), bound_address(*address, descriptor)};
}

}  // namespace sluice::admin
