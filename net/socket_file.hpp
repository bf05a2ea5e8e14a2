#pragma once
// The file of a Unix socket, which outlives whoever bound it.
#include "net/address.hpp"

namespace sluice::net {

// Makes way for bind(): removes the file if it is a socket that nobody listens behind any more.
// Leaves alone what may be somebody's: a live socket, another kind of file, anything unclear.
void remove_stale_socket(const Address& address) noexcept;

// The path of a Unix address.
const char* unix_path(const Address& address) noexcept;

}  // namespace sluice::net
