#pragma once
// How many bytes the kernel may hold for a peer beyond what is on its way (TCP_NOTSENT_LOWAT).
//
// Without a bound a client with a tiny window makes the kernel cut megabytes into packets of its
// size at once: measured with 2,000 of them (./dev bench --slow), seconds in which nobody else is
// served. A peer that has shown that it reads has none: it is woken for half of what the kernel may
// hold, and with a bound 1 MiB responses to 512 clients cost up to a tenth more CPU.
//
// Thread: any.   Units: bytes.
#include <climits>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sluice::net {

constexpr int kUnsentMax = 128 * 1024;
constexpr int kUnsentMaxOfReader = INT_MAX;

// Shape: does nothing to a socket that is not of TCP; accepted sockets inherit it.
inline void bound_unsent(int descriptor, int bytes) noexcept {
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

}  // namespace sluice::net
