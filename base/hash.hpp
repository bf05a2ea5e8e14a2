#pragma once
// A 64-bit hash whose values may leave the process: into cookies, stores and other replicas.
//
// Invariant: the value of (bytes, seed) never changes, over machines, compilers and releases.
// Source: XXH3 64-bit, frozen since xxHash 0.8.0; tests pin known answers.
#include <cstdint>
#include <string_view>

#include <xxhash.h>

namespace sluice {

// Path: hot, no allocation. Not a defence against chosen keys: use HmacSha256 for that.
inline std::uint64_t stable_hash(std::string_view bytes, std::uint64_t seed = 0) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

// Mixes a hash with a second number into an independent-looking hash (the finaliser of splitmix64).
// Path: hot. Invariant: bijective in `hash` for each `salt`, and as stable as stable_hash.
constexpr std::uint64_t stable_mix(std::uint64_t hash, std::uint64_t salt) noexcept {
  std::uint64_t z = hash ^ (salt * 0x9e3779b97f4a7c15U + 0xd1b54a32d192ed03U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace sluice
