#pragma once
// Seeded chance: the same seed plans the same run.
#include <cstddef>
#include <cstdint>

#include "loadtest/ledger/content.hpp"

namespace ledger {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) noexcept : state_(mix(seed)) {}
  std::uint64_t draw() noexcept { return mix(state_++); }
  // In [0, bound); the bias of the remainder does not matter here.
  std::uint64_t below(std::uint64_t bound) noexcept { return draw() % bound; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    return low + below(high - low + 1);
  }
  bool chance_in_10000(std::uint64_t count) noexcept { return below(10'000) < count; }

 private:
  std::uint64_t state_;
};

template <class T>
struct Chance {
  T what;
  std::uint64_t in_10000;
};

// One of the rows, or `otherwise` with the chance that they leave.
template <class T, std::size_t N>
T draw_one(Dice& dice, const Chance<T> (&rows)[N], T otherwise) noexcept {
  std::uint64_t draw = dice.below(10'000);
  for (const Chance<T>& row : rows) {
    if (draw < row.in_10000) return row.what;
    draw -= row.in_10000;
  }
  return otherwise;
}

}  // namespace ledger
