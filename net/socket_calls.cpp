#include "net/socket_calls.hpp"

#include <sys/syscall.h>
#include <unistd.h>

namespace sluice::net {

ssize_t receive_from_socket(int descriptor, void* bytes, std::size_t size) noexcept {
  return ::syscall(SYS_recvfrom, descriptor, bytes, size, 0, nullptr, nullptr);
}

ssize_t send_to_socket(int descriptor, const msghdr& message) noexcept {
  return ::syscall(SYS_sendmsg, descriptor, &message, MSG_NOSIGNAL);
}

}  // namespace sluice::net
