#pragma once
// Memory for coroutine frames and other short-lived blocks of a worker: per-thread free lists by
// size, so that a warm request allocates nothing.
//
// Thread:    a block is returned on the thread that took it.
// Path:      hot.
// Invariant: under AddressSanitizer every block is a real allocation, so that it sees use after
// free.
#include <cstddef>

namespace sluice::net {

void* take_block(std::size_t size);
void return_block(void* block, std::size_t size) noexcept;

}  // namespace sluice::net
