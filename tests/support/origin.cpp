#include "tests/support/origin.hpp"

#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sluice::test {
namespace {

int listen_on(const std::string& host, std::uint16_t& port) {
  int descriptor = -1;
  if (host.starts_with("unix:")) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, host.c_str() + 5, sizeof address.sun_path - 1);
    descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else if (host.find(':') != std::string::npos) {
    sockaddr_in6 address{};
    socklen_t length = sizeof address;
    address.sin6_family = AF_INET6;
    ::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr);
    descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin6_port);
  } else {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
  }
  ::listen(descriptor, 128);
  return descriptor;
}

}  // namespace

Origin::Origin(Script script, const std::string& address)
    : script_(std::move(script)), host_(address), listener_(listen_on(host_, port_)) {
  acceptor_ = std::thread([this] { accept_loop(); });
}

std::string Origin::address() const {
  if (host_.starts_with("unix:")) return host_;
  const bool v6 = host_.find(':') != std::string::npos;
  return (v6 ? "[" + host_ + "]:" : host_ + ":") + std::to_string(port_);
}

Origin::~Origin() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  if (host_.starts_with("unix:")) ::unlink(host_.c_str() + 5);
}

void Origin::accept_loop() {
  while (!stopping_) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] {
      Wire wire(descriptor);
      script_(wire, *this);
      const std::lock_guard guard(mutex_);
      std::erase(open_, descriptor);
    });
  }
}

void Origin::remember(const WireMessage& message) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(message);
}

std::vector<WireMessage> Origin::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

Origin::Script always(std::string response) {
  return [response = std::move(response)](Wire& wire, Origin& origin) {
    for (;;) {
      const WireMessage request = wire.read_message();
      if (!request.complete) return;
      origin.remember(request);
      if (!wire.send(response)) return;
    }
  };
}

Origin::Script echo(std::string name) {
  return [name = std::move(name)](Wire& wire, Origin& origin) {
    for (;;) {
      const WireMessage request = wire.read_message();
      if (!request.complete) return;
      origin.remember(request);
      const std::string body = request.head + request.body;
      const bool to_head = request.head.starts_with("HEAD ");
      if (!wire.send("HTTP/1.1 200 OK\r\nX-Backend: " + name + "\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + (to_head ? "" : body)))
        return;
    }
  };
}

}  // namespace sluice::test
