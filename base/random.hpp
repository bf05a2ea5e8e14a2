#pragma once
// Fast seeded randomness for placement and jitter, and an exact way to draw below a bound.
//
// Thread: one generator a worker; not shared.
// Invariant: the same seed gives the same sequence everywhere. Not for secrets: see random_bytes.
// Source: Blackman & Vigna, xoshiro256** 1.0 and splitmix64; Lemire, Fast Random Integer
//         Generation in an Interval, ACM TOMACS 2019.
#include <array>
#include <cassert>
#include <cstdint>
#include <limits>

namespace sluice {

class Xoshiro256 {
 public:
  using result_type = std::uint64_t;

  explicit constexpr Xoshiro256(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = next_splitmix(seed);
  }

  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }

  constexpr result_type operator()() noexcept {
    const std::uint64_t result = rotate(state_[1] * 5U, 7) * 9U;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // A uniform integer in [0, bound), exactly uniform for every bound. bound must not be 0.
  // Path: hot; one multiplication, a division only in the rare rejection zone.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    assert(bound != 0);
    Wide product = static_cast<Wide>((*this)()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = (0U - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold) {
        product = static_cast<Wide>((*this)()) * bound;
      }
    }
    return static_cast<std::uint64_t>(product >> 64U);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  static constexpr std::uint64_t rotate(std::uint64_t value, unsigned bits) noexcept {
    return (value << bits) | (value >> (64U - bits));
  }
  static constexpr std::uint64_t next_splitmix(std::uint64_t& state) noexcept {
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace sluice
