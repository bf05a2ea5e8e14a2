// The floor: a TCP relay on one edge-triggered epoll set that knows no HTTP. What it costs is the
// kernel's price of receive and send; what a proxy costs more is its own.
//
// usage: bare_relay LISTEN_PORT UPSTREAM_PORT     (127.0.0.1 both; ends on SIGTERM)
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

int epoll_set = -1;
char scratch[65536];

struct End {
  int descriptor;
  End* peer = nullptr;
  std::string unsent;  // for this descriptor, while it takes no more
  bool closed = false;
};
std::vector<End*> dead;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void watch(End* end) {
  const int on = 1;
  ::setsockopt(end->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = end}};
  ::epoll_ctl(epoll_set, EPOLL_CTL_ADD, end->descriptor, &event);
}

void close_pair(End* end) {
  for (End* one : {end, end->peer}) {
    if (one->closed) continue;
    one->closed = true;
    ::close(one->descriptor);
    dead.push_back(one);
  }
}

bool flush(End* end) {
  while (!end->unsent.empty()) {
    const ssize_t sent =
        ::send(end->descriptor, end->unsent.data(), end->unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    end->unsent.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

bool forward(End* from) {
  while (from->peer->unsent.empty()) {
    const ssize_t got = ::recv(from->descriptor, scratch, sizeof scratch, 0);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    const ssize_t sent =
        ::send(from->peer->descriptor, scratch, static_cast<std::size_t>(got), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    const ssize_t taken = sent < 0 ? 0 : sent;
    if (taken < got)
      from->peer->unsent.assign(scratch + taken, static_cast<std::size_t>(got - taken));
    if (got < static_cast<ssize_t>(sizeof scratch)) return true;
  }
  return true;
}

void accept_all(int listener, std::uint16_t upstream_port) {
  for (;;) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (client < 0) return;
    const int upstream = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const sockaddr_in address = loopback(upstream_port);
    ::connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    End* const near = new End{client, nullptr, {}, false};
    End* const far = new End{upstream, near, {}, false};
    near->peer = far;
    watch(near);
    watch(far);
  }
}

std::uint16_t port_of(const char* text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), port);
  return error == std::errc{} && *end == '\0' ? port : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: bare_relay LISTEN_PORT UPSTREAM_PORT\n"), 2;
  const std::uint16_t upstream_port = port_of(argv[2]);
  const sockaddr_in address = loopback(port_of(argv[1]));
  epoll_set = ::epoll_create1(0);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4096) != 0)
    return std::perror("bare_relay"), 1;
  epoll_event event{EPOLLIN, {.ptr = nullptr}};
  ::epoll_ctl(epoll_set, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    epoll_event events[256];
    const int count = ::epoll_wait(epoll_set, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      End* const end = static_cast<End*>(events[i].data.ptr);
      if (end == nullptr) {
        accept_all(listener, upstream_port);
      } else if (!end->closed) {
        // Room at this end may mean that its peer has been waiting to forward.
        if (!flush(end) || !forward(end) || (!end->closed && !forward(end->peer))) close_pair(end);
      }
    }
    for (End* const end : dead) delete end;
    dead.clear();
  }
}
