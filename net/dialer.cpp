#include "net/dialer.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/worker.hpp"

namespace sluice::net {
namespace {

int open_socket(const Address& address) noexcept {
  const int descriptor = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor >= 0 && !address.is_unix()) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return descriptor;
}

}  // namespace

Task<Dialled> dial(Worker& worker, const Address& address, std::chrono::milliseconds timeout,
                   DialHandle& handle) {
  const int descriptor = open_socket(address);
  if (descriptor < 0) co_return Dialled{nullptr, io_status_from_errno(errno)};
  const int error = ::connect(descriptor, address.raw(), address.length()) == 0 ? 0 : errno;
  // A Unix socket whose backlog is full says EAGAIN, and there is nothing to wait for.
  if (error != 0 && error != EINPROGRESS) {
    ::close(descriptor);
    co_return Dialled{nullptr, error == EAGAIN ? IoStatus::refused : io_status_from_errno(error)};
  }
  auto stream = std::make_unique<Stream>(worker, descriptor);
  if (error == EINPROGRESS) {
    handle.connecting_ = stream.get();
    const IoStatus status = co_await stream->connected(timeout);
    handle.connecting_ = nullptr;
    if (status != IoStatus::ok) co_return Dialled{nullptr, status};
  }
  co_return Dialled{std::move(stream), IoStatus::ok};
}

}  // namespace sluice::net
