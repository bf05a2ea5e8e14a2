#include "net/dialer.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tls/session.hpp"
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

Task<IoStatus> shake_hands(Stream& stream, const TlsAccess& tls, SteadyTime until) {
  if (tls.context == nullptr) co_return IoStatus::insecure;
  stream.start_tls(std::make_unique<tls::Session>(tls.context, tls.host, tls.sessions));
  const IoStatus status = co_await stream.handshake(until);
  co_return status == IoStatus::reset ? IoStatus::insecure : status;
}

}  // namespace

Task<Dialled> dial(Worker& worker, const Address& address, std::chrono::milliseconds timeout,
                   DialHandle& handle, Opening opening) {
  const SteadyTime until = worker.now() + timeout;
  const int descriptor = open_socket(address);
  if (descriptor < 0) co_return Dialled{nullptr, io_status_from_errno(errno)};
  const int error = ::connect(descriptor, address.raw(), address.length()) == 0 ? 0 : errno;
  // A Unix socket whose backlog is full says EAGAIN, and there is nothing to wait for.
  if (error != 0 && error != EINPROGRESS) {
    ::close(descriptor);
    co_return Dialled{nullptr, error == EAGAIN ? IoStatus::refused : io_status_from_errno(error)};
  }
  auto stream = std::make_unique<Stream>(worker, descriptor);
  IoStatus status = IoStatus::ok;
  handle.connecting_ = stream.get();
  if (error == EINPROGRESS) status = co_await stream->connected(timeout);
  if (status == IoStatus::ok && !opening.preface.empty()) {
    iovec piece{const_cast<char*>(opening.preface.data()), opening.preface.size()};
    status = co_await stream->send({&piece, 1});
  }
  if (status == IoStatus::ok && opening.tls != nullptr)
    status = co_await shake_hands(*stream, *opening.tls, until);
  handle.connecting_ = nullptr;
  if (status != IoStatus::ok) stream.reset();
  co_return Dialled{std::move(stream), status};
}

}  // namespace sluice::net
