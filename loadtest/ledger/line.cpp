#include "loadtest/ledger/line.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ledger {
namespace {

constexpr std::size_t kReadMax = 64 * 1024;

std::size_t step(Pace& pace) {
  if (pace.times == 0) return kReadMax;
  --pace.times;
  std::this_thread::sleep_for(pace.pause);
  return pace.at_a_time;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Line::Line(int descriptor) : descriptor_(descriptor) {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
}

Line::~Line() {
  ::close(descriptor_);
}

void Line::consume(std::size_t size) noexcept {
  consumed_ += size;
  if (consumed_ < input_.size()) return;
  input_.clear();
  consumed_ = 0;
}

bool Line::wait(short& events, Clock::time_point until) {
  pollfd entry{descriptor_, events, 0};
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<long long>(left, 0, 60'000)));
  events = entry.revents;
  return ready > 0 || (ready < 0 && errno == EINTR);
}

void Line::send_some() {
  const std::size_t most = std::min(step(writing_), output_.size() - unsent_);
  const ssize_t taken = ::send(descriptor_, output_.data() + unsent_, most, MSG_NOSIGNAL);
  if (taken < 0 && errno != EAGAIN && errno != EINTR) write_broken_ = true;
  if (taken <= 0) return;
  unsent_ += static_cast<std::size_t>(taken);
  sent_ += static_cast<std::uint64_t>(taken);
  if (unsent_ < output_.size()) return;
  output_.clear();
  unsent_ = 0;
}

Arrival Line::receive_some() {
  std::array<char, kReadMax> scratch;
  const ssize_t got =
      ::recv(descriptor_, scratch.data(), std::min(step(reading_), scratch.size()), 0);
  if (got == 0) return Arrival::ended;
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Arrival::timed_out : Arrival::reset;
  if (consumed_ > 0) input_.erase(0, std::exchange(consumed_, 0));
  input_.append(scratch.data(), static_cast<std::size_t>(got));
  return Arrival::bytes;
}

Arrival Line::more(Clock::time_point until) {
  for (;;) {
    const bool unsent = !all_sent() && !write_broken_;
    if (unsent) send_some();
    short events = POLLIN;
    if (!all_sent() && !write_broken_) events |= POLLOUT;
    if (!wait(events, until)) return Arrival::timed_out;
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    const Arrival arrival = receive_some();
    if (arrival != Arrival::timed_out) return arrival;
  }
}

bool Line::flush(Clock::time_point until) {
  while (!all_sent() && !write_broken_) {
    send_some();
    if (all_sent() || write_broken_) break;
    short events = POLLIN | POLLOUT;
    if (!wait(events, until)) return false;
    if ((events & POLLIN) != 0 && receive_some() != Arrival::bytes) return false;
  }
  return all_sent();
}

void Line::shutdown_write() noexcept {
  ::shutdown(descriptor_, SHUT_WR);
}

void Line::reset_on_close() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

int connect_to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return descriptor;
  ::close(descriptor);
  return -1;
}

int bind_port(std::uint16_t port, bool listens) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      (!listens || ::listen(descriptor, 4096) == 0))
    return descriptor;
  ::close(descriptor);
  return -1;
}

std::uint16_t port_of(int descriptor) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

}  // namespace ledger
