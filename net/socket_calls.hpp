#pragma once
// recv(2) and sendmsg(2) as the kernel has them. What libc puts around them in a process of several
// threads, so that a thread could be cancelled within (two locked instructions a call), is of no
// use to us: 118 instructions of a request.
//
// Thread: any.   Path: hot.   Errors: -1 and errno, as there.
// Shape:  a file of its own, so that a test can put faults in their place.
#include <cstddef>

#include <sys/socket.h>
#include <sys/types.h>

namespace sluice::net {

ssize_t receive_from_socket(int descriptor, void* bytes, std::size_t size) noexcept;
// Never raises SIGPIPE.
ssize_t send_to_socket(int descriptor, const msghdr& message) noexcept;

}  // namespace sluice::net
