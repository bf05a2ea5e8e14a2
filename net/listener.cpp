#include "net/listener.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket_file.hpp"
#include "net/unsent_bound.hpp"
#include "net/worker.hpp"

namespace sluice::net {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsPerEvent = 32;
constexpr int kReservedMax = 4096;
constexpr int kClientsLeast = 16;
constexpr std::chrono::milliseconds kPauseWhenExhausted{200};

std::string explain(const Address& address, int error) {
  return "cannot listen on " + address.to_string() + ": " + std::strerror(error);
}

// SO_REUSEPORT would let a second process of the same user share the port without a word. Binding
// once without it finds out that somebody is there.
int probe_in_use(const Address& address) {
  const int probe = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return errno;
  const int on = 1;
  ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) ::setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const int error = ::bind(probe, address.raw(), address.length()) == 0 ? 0 : errno;
  ::close(probe);
  return error;
}

// Descriptors are given out lowest first: the number of a fresh one says how many are open.
int first_descriptor_not_for_clients() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > std::numeric_limits<int>::max())
    return std::numeric_limits<int>::max();
  const auto all = static_cast<int>(limit.rlim_cur);
  return all - std::clamp(all / 8, 8, kReservedMax);
}

}  // namespace

ListeningAddress::ListeningAddress(Address bound, std::size_t workers, ConnectionLimits limits,
                                   CidrSet proxies)
    : bound_(bound),
      admission_(limits),
      proxies_(std::move(proxies)),
      first_reserved_(first_descriptor_not_for_clients()),
      counts_(workers) {}

Result<int, std::string> ListeningAddress::open_and_listen(const Address& address) const {
  const int descriptor = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return Failure{explain(address, errno)};
  const int on = 1;
  if (!address.is_unix()) {
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    // Inherited on accept.
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bound_unsent(descriptor, kUnsentMax);
  }
  // "[::]:80" means IPv6 alone, so that "0.0.0.0:80" can stand beside it.
  if (address.family() == AF_INET6)
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(descriptor, address.raw(), address.length()) != 0 ||
      ::listen(descriptor, kBacklog) != 0) {
    const int error = errno;
    ::close(descriptor);
    return Failure{explain(address, error)};
  }
  return descriptor;
}

Result<std::unique_ptr<ListeningAddress>, std::string> ListeningAddress::bind(
    const Address& address, std::size_t workers, ConnectionLimits limits, CidrSet proxies) {
  if (address.is_unix()) {
    remove_stale_socket(address);
  } else if (const int error = probe_in_use(address); error != 0) {
    return Failure{explain(address, error)};
  }
  std::unique_ptr<ListeningAddress> listening(
      new ListeningAddress(address, workers, limits, std::move(proxies)));
  for (std::size_t i = 0; i < workers; ++i) {
    if (address.is_unix() && i > 0) {
      listening->descriptors_.push_back(::fcntl(listening->descriptors_[0], F_DUPFD_CLOEXEC, 0));
      continue;
    }
    auto opened = listening->open_and_listen(listening->bound_);
    if (!opened) return Failure{std::move(opened).error()};
    listening->descriptors_.push_back(*opened);
    if (*opened + kClientsLeast > listening->first_reserved_)
      return Failure{"cannot listen on " + address.to_string() +
                     ": the limit of open files (ulimit -n) leaves none for clients"};
    sockaddr_storage actual{};
    socklen_t length = sizeof actual;
    if (!address.is_unix() &&
        ::getsockname(*opened, reinterpret_cast<sockaddr*>(&actual), &length) == 0)
      listening->bound_ = Address::from_raw(reinterpret_cast<sockaddr*>(&actual), length);
  }
  return listening;
}

ListeningAddress::~ListeningAddress() {
  close();
}

void ListeningAddress::close() noexcept {
  for (const int descriptor : descriptors_) ::close(descriptor);
  if (bound_.is_unix() && !descriptors_.empty()) ::unlink(unix_path(bound_));
  descriptors_.clear();
}

bool ListeningAddress::add_connection(std::size_t worker, const ClientKey& client) {
  if (!admission_.admit(client)) return false;
  counts_[worker].value.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void ListeningAddress::remove_connection(std::size_t worker, const ClientKey& client) noexcept {
  counts_[worker].value.fetch_sub(1, std::memory_order_relaxed);
  admission_.leave(client);
}

std::size_t ListeningAddress::emptiest_worker() const noexcept {
  std::size_t best = 0;
  for (std::size_t i = 1; i < counts_.size(); ++i)
    if (connections(i) < connections(best)) best = i;
  return best;
}

// ---- Acceptor ------------------------------------------------------------------------------

Acceptor::Acceptor(Worker& self, std::vector<Worker*> workers, ListeningAddress& address,
                   OnConnection on_connection)
    : self_(self),
      workers_(std::move(workers)),
      address_(address),
      on_connection_(std::move(on_connection)) {
  const auto index = static_cast<std::size_t>(self_.id());
  self_.watch(address_.descriptor(index), EPOLLIN, this);
}

Acceptor::~Acceptor() {
  const auto index = static_cast<std::size_t>(self_.id());
  self_.unwatch(this);
  self_.forget(address_.descriptor(index));
}

void Acceptor::on_events(std::uint32_t) {
  if (!open_) return;
  for (int i = 0; i < kAcceptsPerEvent; ++i)
    if (!accept_one()) return;
}

bool Acceptor::accept_one() {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  const int descriptor =
      ::accept4(address_.descriptor(static_cast<std::size_t>(self_.id())),
                reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= address_.first_reserved_descriptor()) {
    ::close(descriptor);
    address_.admission().refuse(Refusal::descriptors);
    pause();
    return false;
  }
  if (descriptor >= 0) {
    place(descriptor, Address::from_raw(reinterpret_cast<sockaddr*>(&peer), length));
    return true;
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) pause();
  // A connection that died in the queue says ECONNABORTED and the like: the next may be well.
  return errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
}

void Acceptor::place(int descriptor, const Address& peer) {
  const auto own = static_cast<std::size_t>(self_.id());
  const std::size_t emptiest = address_.emptiest_worker();
  const bool keep = address_.connections(own) <= address_.connections(emptiest);
  const std::size_t target = keep ? own : emptiest;
  if (!address_.add_connection(target, address_.key_of(peer))) {
    ::close(descriptor);
    return;
  }
  if (target == own) {
    on_connection_(own, descriptor, peer);
    return;
  }
  workers_[target]->post([this_connection = on_connection_, target, descriptor, peer] {
    this_connection(target, descriptor, peer);
  });
}

// The listening descriptor is level-triggered: without this a full table would spin the loop.
void Acceptor::pause() {
  const int descriptor = address_.descriptor(static_cast<std::size_t>(self_.id()));
  self_.rewatch(descriptor, 0, this);
  self_.deadlines().set(*this, self_.now() + kPauseWhenExhausted);
}

void Acceptor::on_deadline() {
  if (!open_) return;
  self_.rewatch(address_.descriptor(static_cast<std::size_t>(self_.id())), EPOLLIN, this);
}

void Acceptor::close() {
  if (!open_) return;
  while (accept_one()) {
  }
  open_ = false;
  const int descriptor = address_.descriptor(static_cast<std::size_t>(self_.id()));
  self_.forget(descriptor);
  // Or the kernel goes on queueing connections that nobody will ever accept.
  ::shutdown(descriptor, SHUT_RD);
}

}  // namespace sluice::net
