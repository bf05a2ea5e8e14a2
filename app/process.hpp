#pragma once
// What the program asks of the system that it runs on.
#include <cstddef>
#include <cstdint>
#include <string>

namespace sluice::app {

// Cores that this process may use, which in a container are fewer than the machine has.
std::size_t usable_cores();

// Descriptors up to the hard limit, and no death by a peer that closes.
void prepare_process();

std::uint64_t random_seed();

// Of this machine, or "localhost".
std::string host_name();

}  // namespace sluice::app
