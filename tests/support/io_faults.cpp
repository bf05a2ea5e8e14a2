#include "tests/support/io_faults.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/socket_calls.hpp"

namespace sluice::test {
namespace {

thread_local IoFaultPlan* armed = nullptr;

struct Registration {
  int epoll;
  epoll_event event;
};
thread_local std::map<int, Registration> registrations;

int raw_epoll_ctl(int epoll, int op, int descriptor, epoll_event* event) {
  return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, op, descriptor, event));
}

// The kernel tells of an edge once. After a call that did less than it could have done, there must
// be another.
void tell_again(int descriptor) {
  const auto found = registrations.find(descriptor);
  if (found == registrations.end()) return;
  raw_epoll_ctl(found->second.epoll, EPOLL_CTL_MOD, descriptor, &found->second.event);
}

// What this thread has connected; the rest it has accepted.
thread_local std::set<int> connected;

// True when this is the step that fails.
bool strikes(const char* call, int descriptor) {
  if (armed == nullptr || armed->fired || armed->seen++ != armed->step) return false;
  armed->fired = true;
  armed->on_upstream = connected.contains(descriptor);
  armed->call = call;
  return true;
}

bool is_silent(int descriptor) {
  return armed != nullptr && armed->silent == descriptor;
}

int fail(int error) {
  errno = error;
  return -1;
}

// A connection that has failed in one way has failed in the other, and epoll says so.
ssize_t fail_transfer(int descriptor, int end_of_it) {
  if (armed->fault == IoFault::silence) {
    armed->silent = descriptor;
    return fail(EAGAIN);
  }
  ::shutdown(descriptor, SHUT_RDWR);
  if (armed->fault == IoFault::reset) return fail(ECONNRESET);
  return end_of_it == 0 ? 0 : fail(end_of_it);
}

ssize_t raw_recv(int descriptor, void* bytes, std::size_t size, int flags) {
  return ::syscall(SYS_recvfrom, descriptor, bytes, size, flags, nullptr, nullptr);
}

ssize_t faulty_recv(int descriptor, void* bytes, std::size_t size) {
  if (is_silent(descriptor)) return fail(EAGAIN);
  char peeked;
  const ssize_t there = raw_recv(descriptor, &peeked, 1, MSG_PEEK | MSG_DONTWAIT);
  if (there < 0 || !strikes("recv", descriptor)) return raw_recv(descriptor, bytes, size, 0);
  if (armed->fault != IoFault::shortened) return fail_transfer(descriptor, 0);
  const ssize_t count = raw_recv(descriptor, bytes, std::min<std::size_t>(size, 1), 0);
  tell_again(descriptor);
  return count;
}

ssize_t raw_sendmsg(int descriptor, const msghdr& message) {
  return ::syscall(SYS_sendmsg, descriptor, &message, MSG_NOSIGNAL);
}

// One byte goes out; the next call finds no room, once.
ssize_t send_one_byte(int descriptor, const msghdr& message) {
  iovec first = *std::find_if(message.msg_iov, message.msg_iov + message.msg_iovlen,
                              [](const iovec& piece) { return piece.iov_len > 0; });
  first.iov_len = 1;
  msghdr little{};
  little.msg_iov = &first;
  little.msg_iovlen = 1;
  armed->silent = descriptor;
  return raw_sendmsg(descriptor, little);
}

ssize_t faulty_sendmsg(int descriptor, const msghdr& message) {
  if (is_silent(descriptor)) {
    if (armed->fault == IoFault::shortened) {
      armed->silent = -1;
      tell_again(descriptor);
    }
    return fail(EAGAIN);
  }
  if (!strikes("sendmsg", descriptor)) return raw_sendmsg(descriptor, message);
  if (armed->fault == IoFault::shortened) return send_one_byte(descriptor, message);
  return fail_transfer(descriptor, EPIPE);
}

int raw_connect(int descriptor, const sockaddr* address, socklen_t length) {
  return static_cast<int>(::syscall(SYS_connect, descriptor, address, length));
}

int faulty_connect(int descriptor, const sockaddr* address, socklen_t length) {
  connected.insert(descriptor);
  if (armed->fault == IoFault::shortened || !strikes("connect", descriptor))
    return raw_connect(descriptor, address, length);
  if (armed->fault == IoFault::reset) return fail(ECONNREFUSED);
  return fail(armed->fault == IoFault::eof ? ETIMEDOUT : EADDRNOTAVAIL);
}

}  // namespace

const char* to_string(IoFault fault) {
  constexpr const char* kNames[] = {"reset", "eof", "silence", "shortened"};
  return kNames[static_cast<int>(fault)];
}

void IoFaults::arm(IoFaultPlan* plan) {
  armed = plan;
}

}  // namespace sluice::test

// In the place of net/socket_calls.cpp, which the linker then leaves out.
namespace sluice::net {

ssize_t receive_from_socket(int descriptor, void* bytes, std::size_t size) noexcept {
  using namespace sluice::test;
  if (armed == nullptr) return raw_recv(descriptor, bytes, size, 0);
  return faulty_recv(descriptor, bytes, size);
}

ssize_t send_to_socket(int descriptor, const msghdr& message) noexcept {
  using namespace sluice::test;
  if (armed == nullptr) return raw_sendmsg(descriptor, message);
  return faulty_sendmsg(descriptor, message);
}

}  // namespace sluice::net

extern "C" {

int connect(int descriptor, const sockaddr* address, socklen_t length) {
  using namespace sluice::test;
  if (armed == nullptr) return raw_connect(descriptor, address, length);
  return faulty_connect(descriptor, address, length);
}

int accept4(int listener, sockaddr* address, socklen_t* length, int flags) {
  using namespace sluice::test;
  pollfd waiting{listener, POLLIN, 0};
  // Whoever waits stays in the queue.
  if (armed != nullptr && armed->fault == IoFault::reset && ::poll(&waiting, 1, 0) == 1 &&
      strikes("accept4", listener))
    return fail(EMFILE);
  const auto descriptor =
      static_cast<int>(::syscall(SYS_accept4, listener, address, length, flags));
  if (armed != nullptr) connected.erase(descriptor);
  return descriptor;
}

int epoll_ctl(int epoll, int op, int descriptor, epoll_event* event) noexcept {
  using namespace sluice::test;
  if (armed != nullptr && op != EPOLL_CTL_DEL) registrations[descriptor] = {epoll, *event};
  return raw_epoll_ctl(epoll, op, descriptor, event);
}
}
